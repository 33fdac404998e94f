package decode

import "hanalyze"

// maxPayload bounds what is kept of a WebSocket message: as much as package websocket collects of a compressed one. It is
// kept while the message arrives, so a connection holds two at most.
const maxPayload = 1 << 20

// payload is the beginning of a message that is not over.
type payload struct {
	kept []byte
	more bool // bytes followed that are not kept
	gap  bool // bytes are missing: what follows them is not the beginning
}

// add takes the next bytes of a message, of which at most room are kept. b is borrowed.
func (p *payload) add(b []byte, room int) {
	n := min(len(b), max(min(room, maxPayload)-len(p.kept), 0))
	if p.gap {
		return
	}
	p.kept = append(p.kept, b[:n]...)
	p.more = p.more || n < len(b)
}

// tell gives what was kept to the record of the message, and forgets it.
func (p *payload) tell(r *hanalyze.WebSocketMessage) {
	r.Kept, r.BodyTruncated = p.kept, p.more && len(p.kept) > 0
	*p = payload{}
}
