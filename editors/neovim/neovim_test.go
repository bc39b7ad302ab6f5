// Package neovim_test has Neovim, headless and without anybody's settings but nn.lua, talk to nnc lsp, and holds what a user
// then sees. It is skipped where there is no nvim; Debian's package is called neovim.
package neovim_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const faulty = `model Net {
	input  image [1, 28, 28]
	target digit class(10)
	layers {
		flatten
		dense(128)   -> reluu
		Head(10)
	}
	loss cross_entropy
}

block Head(n) {
	dense(n) -> softmax
}
`

// A user opens a file with a mistake and mends it, formats it, completes a layer, looks at a shape, goes to a block's declaration
// and calls the block otherwise.
func TestSession(t *testing.T) {
	n := start(t, faulty)

	// The mistake is shown as the file is opened.
	n.waitFor("the diagnostics", `map(luaeval("vim.diagnostic.get(0)"), {_, d -> d.lnum . ":" . d.col . " " . d.source . " " . d.message})`,
		`["5:18 nnc there is no layer reluu\nhelp: did you mean relu?"]`)

	// The last letter goes by the key x, and the mistake with it.
	n.keys(`/reluu/e<CR>x`)
	n.waitFor("no diagnostics", `luaeval("#vim.diagnostic.get(0)")`, `0`)

	// Formatted as nnc fmt does it.
	n.keys(`:lua (vim.lsp.buf.format or vim.lsp.buf.formatting)()<CR>`)
	n.waitFor("the layout", `getline(6)`, `"\t\tdense(128) -> relu"`)

	// On a line of its own below it, drop is completed.
	n.keys(`:set completeopt=menuone,noinsert<CR>:6<CR>odrop<C-x><C-o>`)
	n.waitFor("the completion", `map(complete_info(["items"]).items, {_, i -> i.word . " " . i.kind})`, `["dropout Function"]`)
	n.keys(`<C-y>(0.2)<Esc>`)
	n.waitFor("the completed line", `getline(7)`, `"\t\tdropout(0.2)"`)
	n.waitFor("no diagnostics", `luaeval("#vim.diagnostic.get(0)")`, `0`)

	// Hovering a layer shows the shapes that flow through it.
	n.keys(`:call cursor(6, 3)<CR>`)
	n.keys(`:lua vim.lsp.buf.hover()<CR>`)
	const window = `map(filter(nvim_list_wins(), {_, w -> nvim_win_get_config(w).relative != ""}), {_, w -> getbufline(winbufnr(w), 1, "$")})`
	hover := n.waitUntil("the window", window, func(got string) bool { return strings.Contains(got, "dense") })
	for _, want := range []string{"[B, 784] -> [B, 128]", "A fully connected layer", "y = x·Wᵀ + b", "the number of units"} {
		if !strings.Contains(hover, want) {
			t.Errorf("the window does not say %q: %s", want, hover)
		}
	}
	n.keys(`<Esc>`)

	// From a use to the declaration.
	n.keys(`/Head(10)<CR>:lua vim.lsp.buf.definition()<CR>`)
	n.waitFor("the declaration", `getline(".")`, `"block Head(n) {"`)

	// A block gets another name, wherever it stands.
	n.keys(`:lua vim.lsp.buf.rename("Classifier")<CR>`)
	n.waitFor("the new name", `filter(getline(1, "$"), {_, l -> l =~ "Head\\|Classifier"})`, `["\t\tClassifier(10)","block Classifier(n) {"]`)

	// A name that cannot be is refused, with the reason.
	n.keys(`:lua vim.lsp.buf.rename("classifier")<CR>`)
	n.waitUntil("the refusal", `execute("messages")`, func(got string) bool {
		return strings.Contains(got, "Classifier cannot be called classifier: the name of a block starts with a capital letter")
	})

	// Nothing has been written.
	if text, err := os.ReadFile(n.file); err != nil || string(text) != faulty {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// nvim is a Neovim that runs.
type nvim struct {
	t      *testing.T
	socket string
	file   string
	log    string
}

// start builds nnc and opens a file in Neovim.
func start(t *testing.T, text string) *nvim {
	t.Helper()
	if _, err := exec.LookPath("nvim"); err != nil {
		t.Skip("there is no nvim; Debian's package is called neovim")
	}
	dir, err := os.MkdirTemp("", "nvim") // short enough for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	bin := filepath.Join(dir, "bin")
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "nnc"), "../../cmd/nnc").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	n := &nvim{t: t, socket: filepath.Join(dir, "s"), file: filepath.Join(dir, "net.nn"), log: filepath.Join(dir, "nvim", "lsp.log")}
	if err := os.WriteFile(n.file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command("nvim", "--headless", "--clean", "--listen", n.socket, "-c", "source nn.lua", "-c", "edit "+n.file)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("nvim", "--server", n.socket, "--remote-send", "<Esc>:qall!<CR>").Run()
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			log, _ := os.ReadFile(n.log)
			t.Logf("nvim wrote: %s\nits log: %s", out.String(), log)
		}
	})
	for range 100 {
		if _, err := os.Stat(n.socket); err == nil {
			return n
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nvim does not listen: %s", out.String())
	return nil
}

// keys types keys.
func (n *nvim) keys(keys string) {
	n.t.Helper()
	if out, err := exec.Command("nvim", "--server", n.socket, "--remote-send", keys).CombinedOutput(); err != nil {
		n.t.Fatalf("typing %s: %v\n%s", keys, err, out)
	}
}

// waitUntil evaluates an expression until its value, as JSON, is as it should be.
func (n *nvim) waitUntil(what, expression string, good func(string) bool) string {
	n.t.Helper()
	var got string
	for range 100 {
		out, err := exec.Command("nvim", "--server", n.socket, "--remote-expr", "json_encode("+expression+")").CombinedOutput()
		got = strings.TrimSpace(string(out))
		if err == nil && good(got) {
			return got
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.t.Fatalf("%s: %s is\n%s", what, expression, got)
	return ""
}

// waitFor waits for a value, written as JSON.
func (n *nvim) waitFor(what, expression, want string) {
	n.t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		n.t.Fatal(err)
	}
	n.waitUntil(what, expression, func(got string) bool {
		var g any
		if json.Unmarshal([]byte(got), &g) != nil {
			return false
		}
		a, _ := json.Marshal(g)
		b, _ := json.Marshal(w)
		return bytes.Equal(a, b)
	})
}
