package output

import (
	"strings"

	"hanalyze"
)

// oddHeads returns what is odd about the heads of an exchange: "odd request: bare LF, no Host".
func oddHeads(h *hanalyze.HTTP) string {
	var told []string
	for _, m := range []struct {
		whose string
		*hanalyze.HTTPMessage
	}{{"request", h.Request}, {"response", h.Response}} {
		if m.HTTPMessage == nil {
			continue
		}
		var words []string
		for _, note := range m.Notes {
			if w := noteWords(note); w != "" && len(words) < maxShown {
				words = append(words, w)
			}
		}
		if len(words) > 0 {
			told = append(told, "odd "+m.whose+": "+strings.Join(words, ", "))
		}
	}
	return strings.Join(told, "; ")
}

// noteWords returns a note in words, "" for one that the line tells otherwise.
func noteWords(note string) string {
	switch note {
	case "truncated":
		return "" // the exchange is incomplete
	case "bare_lf":
		return "lines end with LF alone"
	case "bare_cr":
		return "CR within a line"
	case "folded", "leading_fold":
		return "folded header"
	case "no_colon":
		return "header without a colon"
	case "nul_byte":
		return "NUL byte"
	case "host_missing":
		return "no Host"
	case "host_repeated":
		return "several Hosts"
	case "host_differs":
		return "Host differs from the target"
	case "length_repeated":
		return "Content-Length repeated"
	}
	return strings.ReplaceAll(note, "_", " ")
}
