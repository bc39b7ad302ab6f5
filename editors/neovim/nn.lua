-- nnc's language server for .nn files. Put this file into ~/.config/nvim/plugin/. It needs nnc in the PATH and Neovim 0.7 or newer.

vim.api.nvim_create_autocmd({ 'BufRead', 'BufNewFile' }, {
  pattern = '*.nn',
  callback = function() vim.bo.filetype = 'nn' end,
})

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'nn',
  callback = function(args)
    vim.bo[args.buf].commentstring = '// %s'
    vim.bo[args.buf].expandtab = false
    vim.bo[args.buf].omnifunc = 'v:lua.vim.lsp.omnifunc'
    local config = { name = 'nnc', cmd = { 'nnc', 'lsp' }, root_dir = vim.fn.expand('<afile>:p:h') }
    if vim.lsp.start then
      vim.lsp.start(config)
    else -- Neovim 0.7
      vim.lsp.buf_attach_client(args.buf, vim.lsp.start_client(config))
    end
  end,
})
