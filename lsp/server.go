// Package lsp is nnc's language server: it tells an editor what is wrong with the .nn file that is being written, what can stand
// at the cursor, which shapes flow where, and what names mean. It reads what the editor sends and nothing else, and writes nothing
// to disk.
//
// Framing, calls and notifications are github.com/creachadair/jrpc2's; what the protocol says in them stands in protocol.go. A
// document's versions are snapshots that never change: a request works on the version that it found, whatever is typed meanwhile.
package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"
)

// ErrNoShutdown is what Serve ends with where the client went away without having said that it would.
var ErrNoShutdown = errors.New("the client ended the session without a shutdown request")

// Serve speaks the Language Server Protocol with the client that writes to r and reads from w, until that says exit or closes r.
// What went wrong inside is written to problems. version is what the server calls its version.
func Serve(r io.Reader, w io.WriteCloser, problems io.Writer, version string) error {
	s := &server{version: version, problems: log.New(problems, "nnc lsp: ", 0), documents: map[string]*document{}, exited: make(chan struct{})}
	s.rpc = jrpc2.NewServer(s.methods(), &jrpc2.ServerOptions{AllowPush: true, DisableBuiltin: true})
	s.rpc.Start(channel.LSP(r, w))
	gone := make(chan error, 1)
	go func() { gone <- s.rpc.Wait() }()
	var err error
	select {
	case err = <-gone:
	case <-s.exited: // there may be nobody who closes r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.state != ending {
		err = ErrNoShutdown
	}
	return err
}

// state is how far a session is.
type state int

const (
	starting state = iota // before initialize
	serving
	ending // after shutdown
)

// server is one session.
type server struct {
	rpc      *jrpc2.Server
	version  string
	problems *log.Logger
	once     sync.Once
	exited   chan struct{}

	mu        sync.Mutex
	state     state
	client    clientCapabilities
	documents map[string]*document // open ones, by URI

	publishing sync.Mutex // taken before mu
}

// document is an open document.
type document struct {
	latest   *snapshot
	checking bool // a goroutine is, and will check later versions as well
}

func (s *server) methods() handler.Map {
	return handler.Map{
		"initialize":                     on(s, s.initialize),
		"initialized":                    on(s, func(struct{}) (any, error) { return nil, nil }),
		"shutdown":                       on(s, s.shutdown),
		"exit":                           on(s, func(struct{}) (any, error) { s.exit(); return nil, nil }),
		"$/cancelRequest":                on(s, func(p cancelParams) (any, error) { s.rpc.CancelRequest(string(p.ID)); return nil, nil }),
		"$/setTrace":                     on(s, func(struct{}) (any, error) { return nil, nil }),
		"textDocument/didOpen":           on(s, s.didOpen),
		"textDocument/didChange":         on(s, s.didChange),
		"textDocument/didClose":          on(s, s.didClose),
		"textDocument/didSave":           on(s, func(documentParams) (any, error) { return nil, nil }),
		"textDocument/completion":        on(s, s.completion),
		"textDocument/hover":             on(s, s.hover),
		"textDocument/definition":        on(s, s.definition),
		"textDocument/references":        on(s, s.references),
		"textDocument/documentHighlight": on(s, s.highlights),
		"textDocument/documentSymbol":    on(s, s.symbols),
		"textDocument/formatting":        on(s, s.formatting),
		"textDocument/prepareRename":     on(s, s.prepareRename),
		"textDocument/rename":            on(s, s.rename),
		"textDocument/codeAction":        on(s, s.codeActions),
	}
}

// The protocol's own error codes.
const (
	notInitialized jrpc2.Code = -32002
	requestFailed  jrpc2.Code = -32803
)

// on makes a handler of a function: it reads the parameters, and a mistake of ours fails the request and not the session.
func on[P, R any](s *server, f func(P) (R, error)) jrpc2.Handler {
	return func(_ context.Context, req *jrpc2.Request) (result any, err error) {
		defer func() {
			if r := recover(); r != nil {
				s.problems.Printf("%s: internal fault: %v\n%s", req.Method(), r, debug.Stack())
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "internal fault in nnc: %v", r)
			}
		}()
		if err := s.admit(req); err != nil {
			return nil, err
		}
		var p P
		if err := req.UnmarshalParams(&p); err != nil {
			return nil, err
		}
		r, err := f(p)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

// admit refuses what comes before initialize or after shutdown.
func (s *server) admit(req *jrpc2.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch method := req.Method(); {
	case method == "exit":
	case s.state == starting && method != "initialize":
		return jrpc2.Errorf(notInitialized, "%s came before initialize", method)
	case s.state != starting && method == "initialize":
		return jrpc2.Errorf(jrpc2.InvalidRequest, "initialize came twice")
	case s.state == ending:
		return jrpc2.Errorf(jrpc2.InvalidRequest, "%s came after shutdown", method)
	}
	return nil
}

func (s *server) initialize(p initializeParams) (*initializeResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.client = serving, p.Capabilities
	c := serverCapabilities{
		PositionEncoding:          "utf-16",
		TextDocumentSync:          syncOptions{OpenClose: true, Change: incremental},
		CompletionProvider:        completionOptions{TriggerCharacters: []string{"(", ":", ">"}},
		HoverProvider:             true,
		DefinitionProvider:        true,
		ReferencesProvider:        true,
		DocumentHighlightProvider: true,
		DocumentSymbolProvider:    true,
		DocumentFormatting:        true,
		RenameProvider:            renameOptions{PrepareProvider: true},
	}
	if p.Capabilities.TextDocument.CodeAction.Literals != nil {
		c.CodeActionProvider = &codeActionOptions{CodeActionKinds: []string{quickFix}}
	}
	return &initializeResult{c, serverInfo{"nnc", s.version}}, nil
}

func (s *server) shutdown(struct{}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = ending
	return nil, nil
}

func (s *server) exit() { s.once.Do(func() { close(s.exited) }) }

func (s *server) didOpen(p didOpenParams) (any, error) {
	s.update(p.TextDocument.URI, func(*snapshot) *snapshot {
		return newSnapshot(p.TextDocument.URI, p.TextDocument.Version, newText(p.TextDocument.Text))
	})
	return nil, nil
}

func (s *server) didChange(p didChangeParams) (any, error) {
	if _, err := s.document(p.TextDocument.URI); err != nil {
		return nil, err
	}
	s.update(p.TextDocument.URI, func(old *snapshot) *snapshot {
		t := old.text
		for _, c := range p.ContentChanges {
			t = t.apply(c)
		}
		return newSnapshot(p.TextDocument.URI, p.TextDocument.Version, t)
	})
	return nil, nil
}

func (s *server) didClose(p documentParams) (any, error) {
	s.mu.Lock()
	delete(s.documents, p.TextDocument.URI)
	s.mu.Unlock()
	s.publishing.Lock()
	defer s.publishing.Unlock()
	return nil, s.rpc.Notify(context.Background(), "textDocument/publishDiagnostics", publishDiagnosticsParams{URI: p.TextDocument.URI, Diagnostics: []diagnostic{}})
}

// update puts a new version in place of a document's latest, and has it checked.
func (s *server) update(uri string, next func(old *snapshot) *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.documents[uri]
	if d == nil {
		d = &document{}
		s.documents[uri] = d
	}
	d.latest = next(d.latest)
	if !d.checking {
		d.checking = true
		go s.check(uri, d)
	}
}

// check publishes the faults of a document's latest version, until there is none that is later.
func (s *server) check(uri string, d *document) {
	for {
		s.mu.Lock()
		snap := d.latest
		s.mu.Unlock()
		s.publish(d, snap)
		s.mu.Lock()
		done := d.latest == snap || s.documents[uri] != d
		d.checking = !done
		s.mu.Unlock()
		if done {
			return
		}
	}
}

// publish sends the faults of a version, unless there is a later one by now.
func (s *server) publish(d *document, snap *snapshot) {
	defer func() {
		if r := recover(); r != nil {
			s.problems.Printf("check: internal fault: %v\n%s", r, debug.Stack())
			s.rpc.Notify(context.Background(), "window/logMessage", logMessageParams{logError, fmt.Sprintf("internal fault in nnc: %v", r)})
		}
	}()
	found := snap.diagnostics()
	s.publishing.Lock()
	defer s.publishing.Unlock()
	s.mu.Lock()
	current := s.documents[snap.uri] == d && d.latest == snap
	s.mu.Unlock()
	if current {
		// An error means that the client is gone, and then nobody is left to be told.
		s.rpc.Notify(context.Background(), "textDocument/publishDiagnostics", publishDiagnosticsParams{snap.uri, &snap.version, found})
	}
}

// document gives the latest version of an open document.
func (s *server) document(uri string) (*snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.documents[uri]
	if d == nil {
		return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s is not open", uri)
	}
	return d.latest, nil
}

// place gives the latest version of an open document and the offset of a position in it.
func (s *server) place(p placeParams) (*snapshot, int, error) {
	snap, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, 0, err
	}
	return snap, snap.offset(p.Position), nil
}

// markup writes a text in the format that the client prefers.
func markup(formats []string, md, plain string) *markupContent {
	if slices.Contains(formats, markdown) {
		return &markupContent{markdown, md}
	}
	return &markupContent{plaintext, plain}
}
