package grpc

import "encoding/base64"

// base64Reader decodes base64 that comes in pieces. Senders of gRPC-Web encode each message by itself, so that padding may
// stand in the middle.
type base64Reader struct {
	group [4]byte
	n     int
	bad   bool
	out   [3 * 256]byte
}

// feed decodes the next bytes and gives what comes out to tell.
func (r *base64Reader) feed(b []byte, tell func([]byte)) {
	n := 0
	for _, c := range b {
		if c == '\r' || c == '\n' || r.bad {
			continue
		}
		r.group[r.n] = c
		if r.n++; r.n < len(r.group) {
			continue
		}
		r.n = 0
		m, err := base64.StdEncoding.Decode(r.out[n:], r.group[:])
		if r.bad = err != nil; r.bad {
			continue
		}
		if n += m; n > len(r.out)-3 {
			tell(r.out[:n])
			n = 0
		}
	}
	if n > 0 {
		tell(r.out[:n])
	}
}
