package lsp

import (
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// symbols lists what a document declares, as far as it can be parsed.
func (s *server) symbols(p documentParams) (any, error) {
	snap, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	all := []documentSymbol{}
	for _, d := range snap.parsed().best.Decls {
		all = append(all, snap.declSymbol(d))
	}
	s.mu.Lock()
	hierarchy := s.client.TextDocument.DocumentSymbol.Hierarchical
	s.mu.Unlock()
	if hierarchy {
		return all, nil
	}
	return flat(snap.uri, "", all), nil
}

// flat lists symbols without their hierarchy.
func flat(uri, container string, symbols []documentSymbol) []symbolInformation {
	all := []symbolInformation{}
	for _, y := range symbols {
		all = append(all, symbolInformation{y.Name, y.Kind, location{uri, y.SelectionRange}, container})
		all = append(all, flat(uri, y.Name, y.Children)...)
	}
	return all
}

func (s *snapshot) symbol(name string, kind int, detail string, whole, at diag.Span) documentSymbol {
	return documentSymbol{Name: name, Kind: kind, Detail: detail, Range: s.span(whole), SelectionRange: s.span(at)}
}

func (s *snapshot) declSymbol(d *dsl.Decl) documentSymbol {
	switch {
	case d.Const != nil:
		return s.symbol(d.Const.Name, symbolConstant, d.Const.Value.String(), d.Span, d.Const.NameSpan)
	case d.Param != nil:
		return s.symbol(d.Param.Name, symbolProperty, d.Param.Value.String(), d.Span, d.Param.NameSpan)
	case d.Block != nil:
		y := s.symbol(d.Block.Name, symbolFunction, "block", d.Span, d.Block.NameSpan)
		y.Children = s.bodySymbols(d.Block.Body)
		return y
	}
	y := s.symbol(d.Model.Name, symbolClass, "model", d.Span, d.Model.NameSpan)
	for _, it := range d.Model.Items {
		y.Children = append(y.Children, s.itemSymbol(it))
	}
	return y
}

func (s *snapshot) itemSymbol(it *dsl.Item) documentSymbol {
	detail := func(from, to diag.Span) string { return s.src[from.End.Offset:to.End.Offset] }
	switch {
	case it.Const != nil:
		return s.symbol(it.Const.Name, symbolConstant, it.Const.Value.String(), it.Span, it.Const.NameSpan)
	case it.Param != nil:
		return s.symbol(it.Param.Name, symbolProperty, it.Param.Value.String(), it.Span, it.Param.NameSpan)
	case it.Input != nil:
		return s.symbol(it.Input.Name, symbolField, it.Keyword+detail(it.Input.NameSpan, it.Input.Span), it.Span, it.Input.NameSpan)
	case it.Target != nil:
		return s.symbol(it.Target.Name, symbolField, it.Keyword+detail(it.Target.NameSpan, it.Target.Span), it.Span, it.Target.NameSpan)
	case it.Shared != nil:
		y := s.symbol(it.Shared.Name, symbolFunction, it.Keyword, it.Span, it.Shared.NameSpan)
		if it.Shared.Body != nil {
			y.Children = s.bodySymbols(it.Shared.Body)
		}
		return y
	case it.Layers != nil:
		y := s.symbol(it.Keyword, symbolModule, "", it.Span, it.KeywordSpan)
		y.Children = s.bodySymbols(it.Layers)
		return y
	case it.Loss != nil:
		return s.symbol(it.Keyword, symbolObject, it.Loss.String(), it.Span, it.KeywordSpan)
	case it.Metric != nil:
		return s.symbol(it.Keyword, symbolObject, it.Metric.String(), it.Span, it.KeywordSpan)
	case it.Optimizer != nil:
		return s.symbol(it.Keyword, symbolObject, it.Optimizer.String(), it.Span, it.KeywordSpan)
	case it.Data != nil:
		return s.symbol(it.Keyword, symbolObject, it.Data.String(), it.Span, it.KeywordSpan)
	}
	y := s.symbol(it.Keyword, symbolObject, "", it.Span, it.KeywordSpan)
	for _, t := range it.Train.Items {
		y.Children = append(y.Children, s.symbol(t.Name, symbolProperty, t.Value.String(), t.Span, t.NameSpan))
	}
	return y
}

// bodySymbols lists the lines of a body that have names, those in repeats too.
func (s *snapshot) bodySymbols(b *dsl.Body) []documentSymbol {
	var all []documentSymbol
	for _, st := range b.Stmts {
		switch {
		case st.Repeat != nil:
			all = append(all, s.bodySymbols(st.Repeat.Body)...)
		case st.Name != "":
			all = append(all, s.symbol(st.Name, symbolVariable, st.Pipe.String(), st.Span, st.NameSpan))
		}
	}
	return all
}
