package lsp

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// client is an editor at the other end of two pipes.
type client struct {
	*jrpc2.Client
	t         *testing.T
	published chan publishDiagnosticsParams
	ended     chan error // what Serve returned
	problems  strings.Builder
	close     func()
}

// everything is what an editor can do.
const everything = `{"textDocument": {
	"completion": {"completionItem": {"snippetSupport": true, "documentationFormat": ["markdown", "plaintext"]}},
	"hover": {"contentFormat": ["markdown"]},
	"documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
	"codeAction": {"codeActionLiteralSupport": {}}
}}`

// dial starts a server and a client that is not initialized.
func dial(t *testing.T) *client {
	t.Helper()
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	c := &client{t: t, published: make(chan publishDiagnosticsParams, 1000), ended: make(chan error, 1)}
	go func() {
		c.ended <- Serve(toServer, fromServer, &c.problems, "test")
		fromServer.Close()
	}()
	c.close = func() { fromClient.Close() }
	c.Client = jrpc2.NewClient(channel.LSP(toClient, fromClient), &jrpc2.ClientOptions{OnNotify: func(r *jrpc2.Request) {
		if r.Method() != "textDocument/publishDiagnostics" {
			t.Errorf("the server says %s: %s", r.Method(), r.ParamString())
			return
		}
		var p publishDiagnosticsParams
		if err := r.UnmarshalParams(&p); err != nil {
			t.Error(err)
		}
		c.published <- p
	}})
	t.Cleanup(func() {
		c.close()
		c.Client.Close()
		if c.problems.Len() > 0 {
			t.Error(c.problems.String())
		}
	})
	return c
}

// connect starts a server and a client that can do what capabilities say.
func connect(t *testing.T, capabilities string) *client {
	t.Helper()
	c := dial(t)
	call[initializeResult](c, "initialize", map[string]any{"capabilities": json.RawMessage(capabilities)})
	c.notify("initialized", struct{}{})
	return c
}

// call makes a request and gives its result.
func call[R any](c *client, method string, params any) R {
	c.t.Helper()
	var r R
	if err := c.CallResult(context.Background(), method, params, &r); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return r
}

// fails makes a request that must fail, and gives its error.
func (c *client) fails(method string, params any) *jrpc2.Error {
	c.t.Helper()
	_, err := c.Call(context.Background(), method, params)
	if err == nil {
		c.t.Fatalf("%s does not fail", method)
	}
	e, ok := err.(*jrpc2.Error)
	if !ok {
		c.t.Fatalf("%s: %v", method, err)
	}
	return e
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	if err := c.Notify(context.Background(), method, params); err != nil {
		c.t.Fatal(err)
	}
}

// open opens a document and gives its diagnostics.
func (c *client) open(uri, src string) []diagnostic {
	c.t.Helper()
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "nn", "version": 1, "text": src}})
	return c.diagnostics(uri, 1)
}

// change sends changes and gives the diagnostics of the version that they make.
func (c *client) change(uri string, version int, changes ...contentChange) []diagnostic {
	c.t.Helper()
	c.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": uri, "version": version}, "contentChanges": changes})
	return c.diagnostics(uri, version)
}

// diagnostics waits for those of a version.
func (c *client) diagnostics(uri string, version int) []diagnostic {
	c.t.Helper()
	for {
		select {
		case p := <-c.published:
			if p.URI == uri && p.Version != nil && *p.Version == version {
				return p.Diagnostics
			}
		case <-time.After(time.Minute):
			c.t.Fatalf("there are no diagnostics of version %d of %s", version, uri)
		}
	}
}

func at(uri string, p position) placeParams { return placeParams{documentID{uri}, p} }

// applied makes edits that do not overlap.
func applied(src string, edits []textEdit) string {
	t := newText(src)
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b textEdit) int { return t.offset(b.Range.Start) - t.offset(a.Range.Start) })
	for _, e := range edits { // from the last to the first, so that the others stay where they are
		src = src[:t.offset(e.Range.Start)] + e.NewText + src[t.offset(e.Range.End):]
	}
	return src
}
