package output

import (
	"strings"

	"hanalyze"
)

// The columns of explanations.
const (
	severityColumns = len("warning")
	explainIndent   = 2 + len("incidents") + 2
)

// AppendExplanation appends what an identifier means, as text.
func AppendExplanation(b []byte, o Options, e *hanalyze.Explanation) []byte {
	p := newPage(o)
	b = p.wrap(b, 0, 2, []chunk{{Printable(e.ID), bold}, {e.Severity.String(), severityColor(e.Severity)}, {Printable(e.Title), plain}})
	b = append(b, '\n')
	row := func(label string, words ...chunk) {
		b = append(b, "  "...)
		b = p.paint(b, chunk{pad(label, explainIndent-2), dim})
		b = p.wrap(b, explainIndent, explainIndent, words)
	}
	row("why", chunk{Printable(e.Why), plain})
	row("to do", chunk{Printable(e.Advice), plain})
	for _, l := range []struct {
		label string
		items []string
	}{{"evidence", e.Evidence}, {"incidents", e.Incidents}, {"see", e.See}} {
		var words []chunk
		for _, s := range l.items {
			words = append(words, chunk{Printable(s), plain})
		}
		if len(words) > 0 {
			row(l.label, words...)
		}
	}
	return b
}

// AppendExplanations appends a table of identifiers: severity, identifier, title.
func AppendExplanations(b []byte, o Options, list []hanalyze.Explanation) []byte {
	p := newPage(o)
	columns := 0
	for i := range list {
		columns = max(columns, textColumns(list[i].ID))
	}
	indent := columns + 2 + severityColumns + 2
	group := ""
	for i := range list {
		e := &list[i]
		if g, _, _ := strings.Cut(e.ID, "."); g != group {
			if group != "" {
				b = append(b, '\n')
			}
			group = g
		}
		b = p.paint(b, chunk{pad(Printable(e.ID), columns), bold})
		b = append(b, ' ', ' ')
		b = p.paint(b, chunk{pad(e.Severity.String(), severityColumns), severityColor(e.Severity)})
		b = append(b, ' ', ' ')
		b = p.wrap(b, indent, indent, []chunk{{Printable(e.Title), plain}})
	}
	return b
}
