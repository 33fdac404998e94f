package quic

import "errors"

// Frame types that Initial packets may hold (RFC 9000 §12.4), and the second kind of CONNECTION_CLOSE, which they may not.
const (
	framePadding  = 0x00
	framePing     = 0x01
	frameAck      = 0x02
	frameAckECN   = 0x03
	frameCrypto   = 0x06
	frameClose    = 0x1c
	frameCloseApp = 0x1d
)

// frame is one frame. Its slices are borrowed.
type frame struct {
	typ    uint64
	offset int64  // CRYPTO
	data   []byte // CRYPTO
	n      int    // PADDING: bytes
	code   uint64 // CONNECTION_CLOSE
	faulty uint64 // CONNECTION_CLOSE: type of the frame at fault
	reason []byte // CONNECTION_CLOSE
}

var (
	errFrameType = errors.New("a frame that Initial packets do not hold")
	errFrame     = errors.New("a frame is cut short")
)

// consumeFrame reads the frame at the beginning of b, which is not empty. n is the number of bytes it takes.
func consumeFrame(b []byte) (f frame, n int, err error) {
	f.typ, n = consumeVarint(b)
	if n == 0 {
		return f, 0, errFrame
	}
	switch f.typ {
	case framePadding:
		for n < len(b) && b[n] == 0 {
			n++
		}
		f.n = n
		return f, n, nil
	case framePing:
		return f, n, nil
	}
	var used int
	switch rest := b[n:]; f.typ {
	case frameAck, frameAckECN:
		used = ackSize(rest, f.typ == frameAckECN)
	case frameCrypto:
		used = f.crypto(rest)
	case frameClose, frameCloseApp:
		used = f.close(rest)
	default:
		return f, 0, errFrameType
	}
	if used == 0 {
		return f, 0, errFrame
	}
	return f, n + used, nil
}

// ackSize returns the length of an ACK frame after its type, 0 when it is cut short.
func ackSize(b []byte, ecn bool) int {
	at := 0
	next := func() (v uint64, ok bool) {
		v, n := consumeVarint(b[at:])
		at += n
		return v, n > 0
	}
	fields := uint64(1) // first range
	for i := range 3 {  // largest, delay, number of ranges
		v, ok := next()
		if !ok {
			return 0
		}
		if i == 2 {
			if v > uint64(len(b)) { // each range takes two bytes at least
				return 0
			}
			fields += 2 * v
		}
	}
	if ecn {
		fields += 3
	}
	for range fields {
		if _, ok := next(); !ok {
			return 0
		}
	}
	return at
}

// crypto reads a CRYPTO frame after its type (RFC 9000 §19.6).
func (f *frame) crypto(b []byte) int {
	off, n := consumeVarint(b)
	if n == 0 {
		return 0
	}
	data, m := consumePrefixed(b[n:])
	if m == 0 || off+uint64(len(data)) > 1<<62-1 {
		return 0
	}
	f.offset, f.data = int64(off), data
	return n + m
}

// close reads a CONNECTION_CLOSE frame after its type (RFC 9000 §19.19).
func (f *frame) close(b []byte) int {
	code, at := consumeVarint(b)
	if at == 0 {
		return 0
	}
	if f.typ == frameClose {
		faulty, n := consumeVarint(b[at:])
		if n == 0 {
			return 0
		}
		f.faulty = faulty
		at += n
	}
	reason, n := consumePrefixed(b[at:])
	if n == 0 {
		return 0
	}
	f.code, f.reason = code, reason
	return at + n
}
