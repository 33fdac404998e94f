package tcpstate

import "hanalyze"

// scoreboard is what the receiver of a direction reported to have beyond its acknowledgment: the blocks of its latest ACK,
// RFC 2018 §4. Offsets, each the left edge and the first byte not received.
type scoreboard struct {
	blocks [4]span
	n      uint8
	top    int64 // highest right edge
}

type span struct{ left, right int64 }

// covers reports whether one block has all bytes from from to to.
func (b *scoreboard) covers(from, to int64) bool {
	for _, x := range b.blocks[:b.n] {
		if x.left <= from && to <= x.right {
			return true
		}
	}
	return false
}

// meets reports whether a block has some of the bytes from from to to.
func (b *scoreboard) meets(from, to int64) bool {
	for _, x := range b.blocks[:b.n] {
		if x.left < to && from < x.right {
			return true
		}
	}
	return false
}

// selective takes the SACK blocks of a segment of direction d.
func (c *Conn) selective(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	h.sent.sacks++
	b := &peer.loss.sacked
	b.n = 0
	for i, raw := range s.Options.SACK[:s.Options.SACKs] {
		x := span{s.beyondAck(raw.Left), s.beyondAck(raw.Right)}
		if x.right <= x.left || x.right-peer.next > maxAhead || peer.next-x.left > maxAhead {
			continue // no block of this connection
		}
		if i == 0 && c.twice(s, x) {
			h.sent.dsacks++
			c.reported(d.Reverse(), x.left, x.right)
			continue
		}
		b.blocks[b.n] = x
		b.n++
		b.top = max(b.top, x.right)
		peer.loss.heard = s.Meta.Time
		peer.loss.blocked.begin(x.left, s.Meta.Time)
	}
}

// twice reports whether the first block tells of bytes that came twice: RFC 2883 §4, it lies below the acknowledgment or
// inside the second block.
func (c *Conn) twice(s *Segment, x span) bool {
	if x.right <= s.Ack {
		return true
	}
	if s.Options.SACKs < 2 {
		return false
	}
	second := span{s.beyondAck(s.Options.SACK[1].Left), s.beyondAck(s.Options.SACK[1].Right)}
	return second.left <= x.left && x.right <= second.right
}

// beyondAck turns a raw sequence number of the peer's into the offset nearest to the acknowledgment.
func (s *Segment) beyondAck(raw uint32) int64 { return s.Ack + int64(int32(raw-s.WireAck)) }
