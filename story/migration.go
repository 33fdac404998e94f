package story

import (
	"net/netip"

	"hanalyze"
)

// Limits of connection IDs.
const (
	// maxQUICIDs bounds the connection IDs that are remembered, two a connection, oldest forgotten first.
	maxQUICIDs = 1 << 14
	// minQUICID is the least length of an ID, in hexadecimal digits, by which a connection is recognised: four bytes are
	// found by chance once in four thousand million.
	minQUICID = 8
)

// quicEnd is the end of a QUIC connection that chose an ID.
type quicEnd struct {
	flow *hanalyze.Flow
	end  hanalyze.Dir // who chose it: C2S is the client
}

// rememberIDs remembers the IDs of both ends of a connection.
func (j *Joiner) rememberIDs(r *hanalyze.QUIC) {
	for end, id := range [...]string{hanalyze.C2S: r.SCID, hanalyze.S2C: r.ServerCID} {
		if len(id) >= minQUICID {
			j.quicIDs.put(id, quicEnd{r.Flow, hanalyze.Dir(end)})
		}
	}
}

// quicPath finds the connection that a flow carries on: packets go to the ID of an end of it, and the server's address is the
// same.
func (j *Joiner) quicPath(r *hanalyze.QUICPath) {
	if len(j.quicIDs.m) == 0 {
		return
	}
	for d, to := range r.To {
		sender, receiver := r.Flow.Client, r.Flow.Server
		if hanalyze.Dir(d) == hanalyze.S2C {
			sender, receiver = receiver, sender
		}
		for n := minQUICID; n <= len(to); n += 2 {
			if e, known := j.quicIDs.m[to[:n]]; known && e.server() == e.pick(sender, receiver) && e.flow != r.Flow {
				r.Of, r.From = e.flow.ID, e.flow.Client.String()
				return
			}
		}
	}
}

func (e quicEnd) server() netip.AddrPort { return e.flow.Server }

// pick returns which end of a packet that goes to the ID is the server.
func (e quicEnd) pick(sender, receiver netip.AddrPort) netip.AddrPort {
	if e.end == hanalyze.S2C {
		return receiver
	}
	return sender
}
