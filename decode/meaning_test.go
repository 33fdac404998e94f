package decode

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"hanalyze"
)

// writeMeaning writes what an exchange means, as records print it. Without times it leaves out what depends on them.
func writeMeaning(b *strings.Builder, r *hanalyze.HTTP, times bool) {
	if r.PipelineDepth != 0 {
		fmt.Fprintf(b, "\tdepth=%d", r.PipelineDepth)
		if times && r.BlockedBy != 0 {
			fmt.Fprintf(b, " blocked_by=%d", r.BlockedBy)
		}
		b.WriteByte('\n')
	}
	for _, m := range []struct {
		name  string
		value any
	}{
		{"persistence", r.Persistence}, {"met_close", r.MetClose}, {"expect", r.Expect}, {"range", r.Range},
		{"conditional", r.Conditional}, {"caching", r.Caching}, {"cookies", r.Cookies}, {"redirect", r.Redirect},
		{"negotiation", r.Negotiation}, {"auth", r.Auth}, {"delivery", r.Delivery},
	} {
		if v := reflect.ValueOf(m.value); !v.IsNil() {
			fmt.Fprintf(b, "\t%s %s\n", m.name, meaningText(m.value, times))
		}
	}
	if !r.RetryAfter.IsZero() {
		fmt.Fprintf(b, "\tretry_after=%s\n", r.RetryAfter.AppendMS(nil))
	}
}

// meaningText is the JSON of one fact.
func meaningText(v any, times bool) string {
	if !times {
		v = timeless(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// timeless returns a copy of a fact without what depends on packets.
func timeless(v any) any {
	switch f := v.(type) {
	case *hanalyze.HTTPMetClose:
		c := *f
		c.After = hanalyze.Span{}
		return &c
	case *hanalyze.HTTPExpect:
		c := *f
		c.Waited = hanalyze.Span{}
		return &c
	case *hanalyze.HTTPCookies:
		c := *f
		c.Set = slices.Clone(c.Set)
		for i := range c.Set {
			c.Set[i].Expires = ""
		}
		return &c
	}
	return v
}
