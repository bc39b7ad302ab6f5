// The scanner finds where an item ends: at a newline, unless the next line starts with "->"; before "}"; and at the end of the
// file. Comments and empty lines may stand before the "->". The end has no width: what follows is read again.

#include "tree_sitter/parser.h"

enum { END, ERROR_SENTINEL };

void *tree_sitter_nn_external_scanner_create(void) { return NULL; }
void tree_sitter_nn_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_nn_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_nn_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool is_space(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// continues says whether the next thing that is no comment is "->".
static bool continues(TSLexer *lexer) {
  for (;;) {
    while (is_space(lexer->lookahead)) {
      advance(lexer);
    }
    switch (lexer->lookahead) {
    case '/':
      advance(lexer);
      if (lexer->lookahead != '/') {
        return false;
      }
      while (lexer->lookahead != '\n' && !lexer->eof(lexer)) {
        advance(lexer);
      }
      break;
    case '-':
      advance(lexer);
      return lexer->lookahead == '>';
    default:
      return false;
    }
  }
}

bool tree_sitter_nn_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  (void)payload;
  if (!valid_symbols[END] || valid_symbols[ERROR_SENTINEL]) { // the second is valid only where the parser recovers from an error
    return false;
  }
  lexer->result_symbol = END;
  lexer->mark_end(lexer);
  while (lexer->lookahead == ' ' || lexer->lookahead == '\t' || lexer->lookahead == '\r') {
    advance(lexer);
  }
  if (lexer->eof(lexer) || lexer->lookahead == '}') {
    return true;
  }
  return lexer->lookahead == '\n' && !continues(lexer);
}
