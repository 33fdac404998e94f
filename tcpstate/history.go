package tcpstate

import (
	"strings"

	"hanalyze"
)

// maxHistory bounds Zeek's history. S, H, F and R may repeat with every sequence number, so only a limit ends a flood;
// an ordinary connection has eight to twelve letters.
const maxHistory = 48

// history is Zeek's conn.log history: a letter per kind of event in the order in which they first happened, upper case
// for the originator. See https://docs.zeek.org, script base/protocols/conn.
//
//	S SYN   H SYN-ACK   A pure ACK   D data   F FIN   R RST   T data sent again   G gap   W zero window
//	C bad checksum   I inconsistent flags (FIN and RST)   Q several of SYN, FIN, RST   ^ the responder's packet came first
//
// A, D, I and Q are told once a direction; S or H, F and R again when their sequence number differs; C, T, G and W at the
// first, tenth, hundredth … time. Zeek drops what has a bad checksum; here it counts, as the capture may be what is bad,
// and C stands only for segments whose checksum was looked at.
type history struct {
	b       [maxHistory]byte
	n       int
	dropped uint64
	dir     [2]historyDir
}

// historyDir is what one direction has told.
type historyDir struct {
	end                   zeekEnd
	once                  uint8    // letters told that are told once
	told                  uint8    // letters of S, F, R told
	seq                   [3]int64 // their last sequence numbers, from start on
	acked                 int64    // offset up to which holes acknowledged by the peer are told
	retrans, gaps, zeroes uint64
	badSums               uint64
}

// Letters as bits of historyDir.once and as indices of historyDir.seq.
const (
	onceA = 1 << iota
	onceD
	onceI
	onceQ
)
const (
	seqS = iota // a SYN with or without ACK: one number for both
	seqF
	seqR
)

// begin takes the direction of the first segment.
func (y *history) begin(d hanalyze.Dir) {
	if d == hanalyze.S2C {
		y.put(hanalyze.C2S, '^')
	}
}

// note takes every segment, whatever it is worth: Zeek asks neither whether a receiver would take it nor whether it was
// captured twice.
func (y *history) note(d hanalyze.Dir, s *Segment) {
	const syn, fin, rst = hanalyze.SYN, hanalyze.FIN, hanalyze.RST
	h := &y.dir[d]
	if s.Sum == SumBad {
		y.count(d, &h.badSums, 'C')
	}
	if s.Flags&(syn|fin|rst|hanalyze.ACK) == hanalyze.ACK && s.Window != 0 && h.end.state == zeekEstablished {
		end := s.Seq + s.Len
		switch { // nearly every segment: its letter is told, and it repeats nothing
		case s.Len == 0 && h.once&onceA != 0 && end <= h.end.last:
			return
		case s.Len > 0 && h.once&onceD != 0 && end > h.end.last:
			h.end.last = end
			return
		}
	}
	y.noteFirst(d, s)
}

// noteFirst takes a segment of which something may be told.
func (y *history) noteFirst(d hanalyze.Dir, s *Segment) {
	const fin, rst = hanalyze.FIN, hanalyze.RST
	h, peer := &y.dir[d], &y.dir[d.Reverse()]
	h.end.begin(s)
	y.flags(d, s)
	// The window of who is reset, or whose peer has closed, is of no interest.
	if s.Window == 0 && s.Flags&rst == 0 && peer.end.state != zeekClosed && h.end.state != zeekReset {
		y.count(d, &h.zeroes, 'W')
	}
	if s.Flags&fin != 0 {
		h.end.hasFIN, h.end.fin = true, zeekEndOf(s)-1
	}
	if h.end.advance(s) {
		y.count(d, &h.retrans, 'T')
	}
	h.end.move(&peer.end, d, s)
}

// flags tells the letters of the control bits.
func (y *history) flags(d hanalyze.Dir, s *Segment) {
	const syn, fin, rst = hanalyze.SYN, hanalyze.FIN, hanalyze.RST
	at := s.Seq - y.dir[d].end.start
	switch f := s.Flags & (syn | fin | rst); {
	case f == 0 && s.Len > 0:
		y.once(d, onceD, 'D')
	case f == 0 && s.Flags&hanalyze.ACK != 0:
		y.once(d, onceA, 'A')
	case f == 0:
	case f == syn && s.Flags&hanalyze.ACK != 0:
		y.bySeq(d, seqS, 'H', at)
	case f == syn:
		y.bySeq(d, seqS, 'S', at)
	case f == fin:
		y.bySeq(d, seqF, 'F', at+s.Len)
	case f == rst:
		y.bySeq(d, seqR, 'R', at)
	case f&(fin|rst) == fin|rst:
		y.once(d, onceI, 'I')
	default:
		y.once(d, onceQ, 'Q')
	}
}

// acked takes an ACK sent in direction d, after note. What it covers and was never seen is a gap, as nobody will send it
// any more: each hole, and each part of one that an ACK ends in. next is the offset after the last one the peer was seen
// to send, and holes are what is missing before it. Gaps of connections whose opening was not seen, or that are reset,
// are often none.
func (y *history) acked(d hanalyze.Dir, ack, next int64, holes []hole) {
	h, peer := &y.dir[d], &y.dir[d.Reverse()]
	from := peer.acked
	if peer.end.hasFIN {
		ack = min(ack, peer.end.fin)
	}
	if ack <= from {
		return
	}
	peer.acked = ack
	if !peer.end.clean() || !h.end.clean() {
		return
	}
	for i := range holes {
		if o := &holes[i]; o.from < ack && o.to > from {
			y.count(d.Reverse(), &peer.gaps, 'G')
		}
	}
	if max(from, next) < ack {
		y.count(d.Reverse(), &peer.gaps, 'G')
	}
}

// abandoned reports whether the originator reset its own SYN before anything else was worth a letter.
func (y *history) abandoned() bool {
	b := y.b[:y.n]
	if len(b) > 0 && b[0] == '^' {
		b = b[1:]
	}
	for i, letter := range b {
		switch {
		case i == 0 && letter != 'S':
			return false
		case letter == 'R':
			return true
		case strings.IndexByte("HAFGIQ", letter) >= 0:
			return false
		}
	}
	return false
}

func (y *history) once(d hanalyze.Dir, bit uint8, letter byte) {
	if y.dir[d].once&bit == 0 {
		y.dir[d].once |= bit
		y.put(d, letter)
	}
}

func (y *history) bySeq(d hanalyze.Dir, i int, letter byte, seq int64) {
	h := &y.dir[d]
	if h.told&(1<<i) != 0 && h.seq[i] == seq {
		return
	}
	h.told |= 1 << i
	h.seq[i] = seq
	y.put(d, letter)
}

// count tells the first, tenth, hundredth … occurrence.
func (y *history) count(d hanalyze.Dir, n *uint64, letter byte) {
	*n++
	v := *n
	for v%10 == 0 {
		v /= 10
	}
	if v == 1 {
		y.put(d, letter)
	}
}

// put writes a letter in the case of its direction.
func (y *history) put(d hanalyze.Dir, letter byte) {
	if y.n == maxHistory {
		y.dropped++
		return
	}
	if d == hanalyze.S2C {
		letter += 'a' - 'A'
	}
	y.b[y.n] = letter
	y.n++
}

func (y *history) String() string { return string(y.b[:y.n]) }
