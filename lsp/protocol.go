package lsp

import "encoding/json"

// The messages of the Language Server Protocol 3.17 that this server takes and gives, as far as it reads and fills them
// (Microsoft, "Language Server Protocol Specification - 3.17"). The names are the specification's.

type position struct {
	Line      int `json:"line"`      // from 0
	Character int `json:"character"` // from 0, in units of UTF-16
}

type textRange struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

type location struct {
	URI   string    `json:"uri"`
	Range textRange `json:"range"`
}

type initializeParams struct {
	Capabilities clientCapabilities `json:"capabilities"`
}

type clientCapabilities struct {
	TextDocument struct {
		Completion struct {
			CompletionItem struct {
				SnippetSupport      bool     `json:"snippetSupport"`
				DocumentationFormat []string `json:"documentationFormat"`
			} `json:"completionItem"`
		} `json:"completion"`
		Hover struct {
			ContentFormat []string `json:"contentFormat"`
		} `json:"hover"`
		DocumentSymbol struct {
			Hierarchical bool `json:"hierarchicalDocumentSymbolSupport"`
		} `json:"documentSymbol"`
		CodeAction struct {
			Literals *json.RawMessage `json:"codeActionLiteralSupport"`
		} `json:"codeAction"`
	} `json:"textDocument"`
}

type initializeResult struct {
	Capabilities serverCapabilities `json:"capabilities"`
	ServerInfo   serverInfo         `json:"serverInfo"`
}

type serverInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type serverCapabilities struct {
	PositionEncoding          string             `json:"positionEncoding"`
	TextDocumentSync          syncOptions        `json:"textDocumentSync"`
	CompletionProvider        completionOptions  `json:"completionProvider"`
	HoverProvider             bool               `json:"hoverProvider"`
	DefinitionProvider        bool               `json:"definitionProvider"`
	ReferencesProvider        bool               `json:"referencesProvider"`
	DocumentHighlightProvider bool               `json:"documentHighlightProvider"`
	DocumentSymbolProvider    bool               `json:"documentSymbolProvider"`
	DocumentFormatting        bool               `json:"documentFormattingProvider"`
	RenameProvider            renameOptions      `json:"renameProvider"`
	CodeActionProvider        *codeActionOptions `json:"codeActionProvider,omitempty"`
}

type syncOptions struct {
	OpenClose bool `json:"openClose"`
	Change    int  `json:"change"`
}

const incremental = 2 // syncOptions.Change

type completionOptions struct {
	TriggerCharacters []string `json:"triggerCharacters"`
}

type renameOptions struct {
	PrepareProvider bool `json:"prepareProvider"`
}

type codeActionOptions struct {
	CodeActionKinds []string `json:"codeActionKinds"`
}

type documentID struct {
	URI string `json:"uri"`
}

// documentParams is what requests about a whole document are given.
type documentParams struct {
	TextDocument documentID `json:"textDocument"`
}

// placeParams is what requests about a place in a document are given.
type placeParams struct {
	TextDocument documentID `json:"textDocument"`
	Position     position   `json:"position"`
}

type didOpenParams struct {
	TextDocument struct {
		URI     string `json:"uri"`
		Version int    `json:"version"`
		Text    string `json:"text"`
	} `json:"textDocument"`
}

// versionedID names a document at a version.
type versionedID struct {
	URI     string `json:"uri"`
	Version int    `json:"version"`
}

type didChangeParams struct {
	TextDocument   versionedID     `json:"textDocument"`
	ContentChanges []contentChange `json:"contentChanges"`
}

// contentChange puts Text in place of Range, or of all where there is none.
type contentChange struct {
	Range *textRange `json:"range"`
	Text  string     `json:"text"`
}

type publishDiagnosticsParams struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version,omitempty"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type diagnostic struct {
	Range    textRange     `json:"range"`
	Severity int           `json:"severity"`
	Code     string        `json:"code"`
	Source   string        `json:"source"`
	Message  string        `json:"message"`
	Related  []relatedInfo `json:"relatedInformation,omitempty"`
}

const severityError = 1

type relatedInfo struct {
	Location location `json:"location"`
	Message  string   `json:"message"`
}

type textEdit struct {
	Range   textRange `json:"range"`
	NewText string    `json:"newText"`
}

type workspaceEdit struct {
	Changes map[string][]textEdit `json:"changes"`
}

type markupContent struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

const (
	markdown  = "markdown"
	plaintext = "plaintext"
)

type hover struct {
	Contents markupContent `json:"contents"`
	Range    *textRange    `json:"range,omitempty"`
}

type completionItem struct {
	Label            string         `json:"label"`
	Kind             int            `json:"kind"`
	Detail           string         `json:"detail,omitempty"`
	Documentation    *markupContent `json:"documentation,omitempty"`
	SortText         string         `json:"sortText,omitempty"`
	FilterText       string         `json:"filterText,omitempty"`
	InsertTextFormat int            `json:"insertTextFormat,omitempty"`
	TextEdit         *textEdit      `json:"textEdit,omitempty"`
}

const snippetFormat = 2 // completionItem.InsertTextFormat

// The kinds of completionItem.
const (
	kindFunction   = 3
	kindField      = 5
	kindVariable   = 6
	kindModule     = 9
	kindProperty   = 10
	kindValue      = 12
	kindKeyword    = 14
	kindEnumMember = 20
	kindConstant   = 21
)

type documentSymbol struct {
	Name           string           `json:"name"`
	Detail         string           `json:"detail,omitempty"`
	Kind           int              `json:"kind"`
	Range          textRange        `json:"range"`
	SelectionRange textRange        `json:"selectionRange"`
	Children       []documentSymbol `json:"children,omitempty"`
}

// symbolInformation is documentSymbol for clients that know no hierarchy.
type symbolInformation struct {
	Name          string   `json:"name"`
	Kind          int      `json:"kind"`
	Location      location `json:"location"`
	ContainerName string   `json:"containerName,omitempty"`
}

// The kinds of documentSymbol.
const (
	symbolModule   = 2
	symbolClass    = 5
	symbolProperty = 7
	symbolField    = 8
	symbolFunction = 12
	symbolVariable = 13
	symbolConstant = 14
	symbolObject   = 19
)

type renameParams struct {
	TextDocument documentID `json:"textDocument"`
	Position     position   `json:"position"`
	NewName      string     `json:"newName"`
}

type prepareRenameResult struct {
	Range       textRange `json:"range"`
	Placeholder string    `json:"placeholder"`
}

type referenceParams struct {
	TextDocument documentID `json:"textDocument"`
	Position     position   `json:"position"`
	Context      struct {
		IncludeDeclaration bool `json:"includeDeclaration"`
	} `json:"context"`
}

type documentHighlight struct {
	Range textRange `json:"range"`
	Kind  int       `json:"kind"`
}

// The kinds of documentHighlight.
const (
	highlightRead  = 2
	highlightWrite = 3
)

type codeActionParams struct {
	TextDocument documentID `json:"textDocument"`
	Range        textRange  `json:"range"`
	Context      struct {
		Only []string `json:"only"`
	} `json:"context"`
}

type codeAction struct {
	Title       string        `json:"title"`
	Kind        string        `json:"kind"`
	Diagnostics []diagnostic  `json:"diagnostics"`
	IsPreferred bool          `json:"isPreferred"`
	Edit        workspaceEdit `json:"edit"`
}

const quickFix = "quickfix"

type cancelParams struct {
	ID json.RawMessage `json:"id"`
}

type logMessageParams struct {
	Type    int    `json:"type"`
	Message string `json:"message"`
}

const logError = 1 // logMessageParams.Type
