package websocket

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"hanalyze"
)

// Params are what a connection's frames have to be read with.
type Params struct {
	Deflate bool          // permessage-deflate is in use
	Side    [2]SideParams // by the direction of the messages
	Strange bool          // an extension nobody here knows is in use, or nobody knows which: reserved bits mean anything
}

// SideParams are the parameters of permessage-deflate for the messages of one direction, RFC 7692 §7.1.
type SideParams struct {
	NoContextTakeover bool // every message is compressed by itself
}

// Handshake is what the header fields of an opening handshake say.
type Handshake struct {
	Version     string   // Sec-WebSocket-Version of the client
	Offered     []string // subprotocols the client offers
	Subprotocol string   // the one the server chose
	Extensions  []string // those in use, with their parameters, in canonical spelling
	Declined    []string // names of those offered and not taken
	AcceptValid bool     // Sec-WebSocket-Accept answers Sec-WebSocket-Key
	Ancient     bool     // a draft before RFC 6455, whose frames are other ones (draft-hixie-thewebsocketprotocol-76)
	Params      Params
	Problems    []string // what RFC 6455 §4 or RFC 7692 §7.1 forbids, in words
}

// acceptGUID is appended to the key before hashing, RFC 6455 §1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Accept returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key, RFC 6455 §1.3.
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Check judges an opening handshake by the fields of its request and its response. Over HTTP/2 (RFC 8441 §5) there is no
// key to answer: keyless is set.
func Check(request, response []hanalyze.Header, keyless bool) *Handshake {
	h := &Handshake{Version: first(request, "Sec-WebSocket-Version")}
	switch h.Version {
	case "13":
	case "":
		h.problem("there is no Sec-WebSocket-Version")
	default:
		h.problem("Sec-WebSocket-Version is %q, not 13", h.Version)
	}
	h.Ancient = first(request, "Sec-WebSocket-Key1") != ""
	if !keyless {
		h.key(first(request, "Sec-WebSocket-Key"), first(response, "Sec-WebSocket-Accept"))
	}
	h.Offered = list(request, "Sec-WebSocket-Protocol")
	h.Subprotocol = first(response, "Sec-WebSocket-Protocol")
	if h.Subprotocol != "" && !slices.Contains(h.Offered, h.Subprotocol) {
		h.problem("the server chose the subprotocol %q, which the client did not offer", h.Subprotocol)
	}
	h.extensions(list(request, "Sec-WebSocket-Extensions"), list(response, "Sec-WebSocket-Extensions"))
	return h
}

func (h *Handshake) problem(format string, args ...any) {
	h.Problems = append(h.Problems, fmt.Sprintf(format, args...))
}

// key checks the two fields that prove that the server means WebSocket.
func (h *Handshake) key(key, accept string) {
	nonce, err := base64.StdEncoding.DecodeString(key)
	switch h.AcceptValid = key != "" && accept == Accept(key); {
	case key == "":
		h.problem("the request has no Sec-WebSocket-Key")
	case err != nil || len(nonce) != 16:
		h.problem("Sec-WebSocket-Key is not 16 bytes in base64")
	}
	switch {
	case accept == "":
		h.problem("the response has no Sec-WebSocket-Accept")
	case key != "" && !h.AcceptValid:
		h.problem("Sec-WebSocket-Accept does not answer Sec-WebSocket-Key")
	}
}

// first returns the value of the first field called name, "" without one.
func first(fields []hanalyze.Header, name string) string {
	for i := range fields {
		if strings.EqualFold(fields[i].Name, name) {
			return fields[i].Value
		}
	}
	return ""
}

// maxListed bounds the elements of a list field; browsers offer one or two extensions.
const maxListed = 16

// list returns the elements of all fields called name, RFC 9110 §5.6.1.
func list(fields []hanalyze.Header, name string) (elements []string) {
	for i := range fields {
		if !strings.EqualFold(fields[i].Name, name) {
			continue
		}
		for e := range strings.SplitSeq(fields[i].Value, ",") {
			if e = strings.TrimSpace(e); e != "" && len(elements) < maxListed {
				elements = append(elements, e)
			}
		}
	}
	return elements
}
