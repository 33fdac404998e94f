package body

import (
	"errors"
	"strings"

	"hanalyze"
)

var (
	errPartial = errors.New("partial_content")
	errVague   = errors.New("coding_unknown")
	errLayers  = errors.New("limit_layers")
	errPanic   = errors.New("corrupt")
)

// unknownName stands for the name of a field that HPACK could not resolve.
const unknownName = "?"

// Head is what must be known of a message to read its body. It owns its memory.
type Head struct {
	Codings     []string // content codings, then transfer codings, in the order applied, lower case; identity left out
	ContentType string   // as sent, with parameters
	Request     bool
	Partial     bool // a part of a resource that does not begin at its beginning (RFC 9110 §14)
	Vague       bool // fields of the head are not known
}

// NewHead reads the head of m, the message of direction d of an exchange.
func NewHead(r *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) Head {
	// HTTP/1 shows a body only behind a whole head.
	h := Head{Request: d == hanalyze.C2S, Vague: r.Version == "2" && r.Missing&^hanalyze.MissingMidStream != 0}
	var transfer []string
	for i := range m.Headers {
		f := &m.Headers[i]
		if f.Unresolved {
			h.Vague = h.Vague || f.Name == unknownName || strings.EqualFold(f.Name, "content-encoding")
			continue
		}
		switch strings.ToLower(f.Name) {
		case "content-type":
			if h.ContentType == "" {
				h.ContentType = f.Value
			}
		case "content-encoding":
			h.Codings = appendCodings(h.Codings, f.Value)
		case "transfer-encoding":
			transfer = appendCodings(transfer, f.Value)
		case "content-range":
			h.Partial = r.Status == 206 && !strings.HasPrefix(strings.ToLower(f.Value), "bytes 0-")
		}
	}
	h.Codings = append(h.Codings, transfer...)
	return h
}

// appendCodings adds the codings of a field value. Chunked is framing, which is gone already.
func appendCodings(list []string, value string) []string {
	for c := range strings.SplitSeq(value, ",") {
		switch c = strings.ToLower(strings.TrimSpace(c)); c {
		case "", "identity", "chunked":
		default:
			list = append(list, c)
		}
	}
	return list
}

// mediaType returns the declared media type without parameters, lower case.
func (h *Head) mediaType() string {
	t, _, _ := strings.Cut(h.ContentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// charset returns the declared charset, lower case, "" if there is none.
func (h *Head) charset() string { return strings.ToLower(parameter(h.ContentType, "charset")) }

// parameter returns a parameter of a field value like that of Content-Type (RFC 9110 §5.6.6).
func parameter(value, name string) string {
	_, rest, _ := strings.Cut(value, ";")
	for rest != "" {
		var key, v string
		key, v, rest = nextParameter(rest)
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return ""
}

// nextParameter reads one parameter and what follows its semicolon. A quoted value loses its quotes. Browsers write a quote
// in a file name as %22 and a backslash as itself, so a backslash quotes nothing but a quote and itself.
func nextParameter(s string) (key, value, rest string) {
	i := strings.IndexAny(s, "=;")
	if i < 0 || s[i] == ';' {
		return strings.TrimSpace(s[:max(i, 0)]), "", after(s, i)
	}
	key, s = strings.TrimSpace(s[:i]), strings.TrimLeft(s[i+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		i = strings.IndexByte(s, ';')
		if i < 0 {
			return key, strings.TrimSpace(s), ""
		}
		return key, strings.TrimSpace(s[:i]), s[i+1:]
	}
	var v strings.Builder
	for i = 1; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		v.WriteByte(s[i])
	}
	s = s[min(i+1, len(s)):]
	return key, v.String(), after(s, strings.IndexByte(s, ';'))
}

// after returns what follows s[i], "" where i is none.
func after(s string, i int) string {
	if i < 0 {
		return ""
	}
	return s[i+1:]
}
