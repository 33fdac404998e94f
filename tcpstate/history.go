package tcpstate

import "hanalyze"

// maxHistory bounds Zeek's history. S, H, F and R may repeat with every sequence number, so only a limit ends a flood;
// an ordinary connection has eight to twelve letters.
const maxHistory = 48

// history is Zeek's conn.log history: a letter per kind of event in the order in which they first happened, upper case
// for the originator. See https://docs.zeek.org, script base/protocols/conn.
//
//	S SYN   H SYN-ACK   A pure ACK   D data   F FIN   R RST   T data sent again   G gap   W zero window
//	I inconsistent flags (FIN and RST)   Q several of SYN, FIN, RST   ^ the responder's packet came first
//
// A, D, I and Q are told once a direction; S, H, F and R again when their sequence number differs; T, G and W at the
// first, tenth, hundredth … time. C, a bad checksum, is not told: such packets do not come here.
type history struct {
	b       [maxHistory]byte
	n       int
	dropped uint64
	dir     [2]historyDir
}

// historyDir is what one direction has told.
type historyDir struct {
	once                  uint8 // letters told that are told once
	told                  uint8 // letters of S, H, F, R told
	seq                   [4]int64
	retrans, gaps, zeroes uint64
}

// Letters as bits of historyDir.once and as indices of historyDir.seq.
const (
	onceA = 1 << iota
	onceD
	onceI
	onceQ
)
const (
	seqS = iota
	seqH
	seqF
	seqR
)

// begin takes the direction of the first segment.
func (y *history) begin(d hanalyze.Dir) {
	if d == hanalyze.S2C {
		y.put(hanalyze.C2S, '^')
	}
}

// note takes a segment.
func (y *history) note(d hanalyze.Dir, s *Segment, class Class) {
	h := &y.dir[d]
	if class <= ClassPureAck && s.Window != 0 && h.once&(onceA|onceD) == onceA|onceD &&
		s.Flags&(hanalyze.SYN|hanalyze.FIN|hanalyze.RST) == 0 {
		return // nearly every segment: nothing that was not told
	}
	const syn, fin, rst = hanalyze.SYN, hanalyze.FIN, hanalyze.RST
	switch f := s.Flags & (syn | fin | rst); {
	case f == 0 && s.Len > 0:
		y.once(d, onceD, 'D')
	case f == 0:
		if s.Flags&hanalyze.ACK != 0 && h.once&onceA == 0 {
			y.once(d, onceA, 'A')
		}
	case f == syn && s.Flags&hanalyze.ACK != 0:
		y.bySeq(d, seqH, 'H', s.Seq)
	case f == syn:
		y.bySeq(d, seqS, 'S', s.Seq)
	case f == fin:
		if s.Len > 0 {
			y.once(d, onceD, 'D')
		}
		y.bySeq(d, seqF, 'F', s.Seq+s.Len)
	case f == rst:
		y.bySeq(d, seqR, 'R', s.Seq)
	case f == fin|rst:
		y.once(d, onceI, 'I')
	default:
		y.once(d, onceQ, 'Q')
	}
	if class == ClassRetransmission && s.Len > 0 {
		y.count(d, &h.retrans, 'T')
	}
	if s.Window == 0 && s.Flags&rst == 0 {
		y.count(d, &h.zeroes, 'W')
	}
}

// gaps takes n holes in what direction d sent that nobody will fill.
func (y *history) gaps(d hanalyze.Dir, n int) {
	for range n {
		y.count(d, &y.dir[d].gaps, 'G')
	}
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

// zeekState is Zeek's conn_state. Zeek asks, in this order: did both close; did the responder, then the originator
// reset; did one close; and how far did the opening go. An end whose SYN was not seen is not there for it.
func (c *Conn) zeekState() string {
	orig, resp := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	nothing := orig.next == orig.opened && resp.next == resp.opened // neither sent data
	switch {
	case c.teardown.fins == 2 && !c.teardown.aborted:
		return "SF"
	case resp.reset && (orig.synSeen && !resp.synSeen || orig.reset && nothing):
		return "REJ"
	case resp.reset && !orig.synSeen:
		return "RSTRH"
	case resp.reset:
		return "RSTR"
	case orig.reset && resp.synSeen:
		return "RSTO"
	case orig.reset && orig.synSeen && !resp.based && !orig.finKnown:
		return "RSTOS0"
	case orig.reset:
		return "OTH"
	case orig.finKnown && resp.synSeen:
		return "S2"
	case orig.finKnown:
		return "SH"
	case resp.finKnown && orig.synSeen:
		return "S3"
	case resp.finKnown:
		return "SHR"
	case orig.synSeen && !resp.based:
		return "S0"
	case orig.synSeen && resp.synSeen:
		return "S1"
	}
	return "OTH"
}
