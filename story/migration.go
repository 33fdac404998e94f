package story

import (
	"net/netip"
	"time"

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

// Limits of a guess that a connection moved.
const (
	// maxStill bounds the pairs of client and server whose last connection is remembered in case it moved, oldest forgotten
	// first. A guess needs no more than the pairs of half a minute.
	maxStill = 1 << 12
	// minValidation is the least size of the first datagram of each end on a new path: RFC 9000 §8.2.1 and §8.2.2 want
	// PATH_CHALLENGE and PATH_RESPONSE in datagrams of 1,200 bytes.
	minValidation = 1200
	// maxPause is how long a connection can have been silent before it goes on elsewhere. Clients give up an idle one after
	// some 30 seconds, in which most NATs forget it (RFC 9000 §10.1.2).
	maxPause = 30 * time.Second
	// maxOverlap is how long packets may still come on the old path: those that were under way.
	maxOverlap = time.Second
)

// quicPair is a client's address without its port, and a server's with it.
type quicPair struct {
	client netip.Addr
	server netip.AddrPort
}

// still is a connection that ended without a word, by its last packet.
type still struct {
	flow *hanalyze.Flow
	last hanalyze.Time
	more bool // another one of the same two ended shortly before, so that it is unknown which moved
}

// rememberStill remembers an established connection in case it went on at another port.
func (j *Joiner) rememberStill(r *hanalyze.QUIC) {
	if !r.Established || r.Close != nil || r.StatelessReset != nil {
		return
	}
	k := quicPair{r.Flow.Client.Addr(), r.Flow.Server}
	old, known := j.quicStill.m[k]
	j.quicStill.put(k, still{r.Flow, r.Last.Time, known && r.Last.Time.Sub(old.last) <= maxPause})
}

// guessPath finds the connection that may have gone on in a flow, where no connection ID tells: a client that moves on
// purpose takes new ones (RFC 9000 §9.5), which came under encryption.
func (j *Joiner) guessPath(r *hanalyze.QUICPath) {
	if r.Bytes[0] < minValidation || r.Bytes[1] < minValidation {
		return
	}
	s, known := j.quicStill.m[quicPair{r.Flow.Client.Addr(), r.Flow.Server}]
	pause := r.Start.Time.Sub(s.last)
	if !known || s.more || s.flow == r.Flow || pause > maxPause || pause < -maxOverlap {
		return
	}
	r.Of, r.From, r.Guessed = s.flow.ID, s.flow.Client.String(), true
}

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
	if len(j.quicIDs.m)+len(j.quicStill.m) == 0 {
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
	j.guessPath(r)
}

func (e quicEnd) server() netip.AddrPort { return e.flow.Server }

// pick returns which end of a packet that goes to the ID is the server.
func (e quicEnd) pick(sender, receiver netip.AddrPort) netip.AddrPort {
	if e.end == hanalyze.S2C {
		return receiver
	}
	return sender
}
