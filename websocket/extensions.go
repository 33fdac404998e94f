package websocket

import (
	"slices"
	"strconv"
	"strings"

	"hanalyze"
)

// permessageDeflate is the extension of RFC 7692, the only one in IANA's registry that is in use.
const permessageDeflate = "permessage-deflate"

// extension is one element of Sec-WebSocket-Extensions, RFC 6455 §9.1.
type extension struct {
	name   string
	params []param
}

// param is a parameter; value is "" where there is none.
type param struct{ name, value string }

func parseExtension(s string) (e extension) {
	name, rest, more := strings.Cut(s, ";")
	e.name = strings.ToLower(strings.TrimSpace(name))
	for more {
		var p string
		p, rest, more = strings.Cut(rest, ";")
		k, v, _ := strings.Cut(p, "=")
		e.params = append(e.params, param{strings.ToLower(strings.TrimSpace(k)), strings.Trim(strings.TrimSpace(v), `"`)})
	}
	return e
}

// String returns the extension as it is usually written.
func (e extension) String() string {
	var b strings.Builder
	b.WriteString(e.name)
	for _, p := range e.params {
		b.WriteString("; " + p.name)
		if p.value != "" {
			b.WriteString("=" + p.value)
		}
	}
	return b.String()
}

func (e extension) has(name string) bool {
	return slices.ContainsFunc(e.params, func(p param) bool { return p.name == name })
}

// extensions matches what the server chose with what the client offered.
func (h *Handshake) extensions(offered, chosen []string) {
	offers := make([]extension, len(offered))
	for i := range offered {
		offers[i] = parseExtension(offered[i])
	}
	used := map[string]bool{}
	for _, s := range chosen {
		e := parseExtension(s)
		h.Extensions = append(h.Extensions, e.String())
		if !slices.ContainsFunc(offers, func(o extension) bool { return o.name == e.name }) {
			h.problem("the server chose the extension %q, which the client did not offer", e.name)
		}
		switch {
		case e.name != permessageDeflate:
			h.Params.Strange = true
		case used[e.name]:
			h.problem("the server chose permessage-deflate twice")
		default:
			h.deflate(e, offers)
		}
		used[e.name] = true
	}
	for _, o := range offers {
		if !used[o.name] && !slices.Contains(h.Declined, o.name) {
			h.Declined = append(h.Declined, o.name)
		}
	}
}

// deflate reads the parameters of the server's answer, RFC 7692 §7.1.
func (h *Handshake) deflate(e extension, offers []extension) {
	h.Params.Deflate = true
	client, server := &h.Params.Side[hanalyze.C2S], &h.Params.Side[hanalyze.S2C]
	seen := map[string]bool{}
	for _, p := range e.params {
		if seen[p.name] {
			h.problem("permessage-deflate has %s twice", p.name)
			continue
		}
		seen[p.name] = true
		switch p.name {
		case "client_no_context_takeover", "server_no_context_takeover":
			if p.value != "" {
				h.problem("%s has a value", p.name)
			}
			if p.name[0] == 'c' {
				client.NoContextTakeover = true
			} else {
				server.NoContextTakeover = true
			}
		case "client_max_window_bits":
			// RFC 7692 §7.1.2.2: only a client that says that it can is told to use a smaller window.
			if !slices.ContainsFunc(offers, func(o extension) bool { return o.name == permessageDeflate && o.has(p.name) }) {
				h.problem("the server limits the client's window, which the client did not offer")
			}
			h.windowBits(p)
		case "server_max_window_bits":
			h.windowBits(p)
		default:
			h.problem("permessage-deflate has no parameter %q", p.name)
			h.Params.Strange = true
		}
	}
}

// windowBits checks one of the two window parameters: 8 to 15 in decimal without leading zeros. A smaller window needs no
// other decompression than the largest.
func (h *Handshake) windowBits(p param) {
	n, err := strconv.Atoi(p.value)
	if err != nil || n < 8 || n > 15 || strconv.Itoa(n) != p.value {
		h.problem("%s is %q, not 8 to 15", p.name, p.value)
	}
}
