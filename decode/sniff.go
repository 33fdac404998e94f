package decode

import (
	"encoding/hex"

	"hanalyze"
)

// verdict is what a sniffer says of the first bytes of both directions.
type verdict uint8

const (
	no    verdict = iota // it is something else
	maybe                // more bytes will tell
	yes
)

// sniff asks the sniffers about the first bytes of both directions. It sets layer or opaque, or neither when more bytes
// are needed; with final there will be none, and maybe is no.
func (s *Stream) sniff(first [2][]byte, final bool) {
	alone := len(first[0]) == 0 || len(first[1]) == 0
	doubt := alone && len(first[0])+len(first[1]) < maxDoubt
	for d := range first {
		if len(first[d]) >= maxSniff {
			first[d], final = first[d][:maxSniff], true
		}
	}
	if s.tooDeep() {
		s.giveUp()
		return
	}
	for i := range s.decoder.protocols {
		p := &s.decoder.protocols[i]
		switch v := p.sniff(first[hanalyze.C2S], first[hanalyze.S2C]); {
		case v == yes:
			s.open(p)
			return
		case v == maybe && !final:
			return
		}
	}
	if final || !doubt {
		s.giveUp()
	}
}

// open puts a protocol on top.
func (s *Stream) open(p *protocol) {
	s.opaque, s.decoded = false, true
	s.depth++
	s.path = join(s.path, p.name)
	s.layer = p.open(s)
	for d, why := range s.lost {
		if why != 0 {
			s.layer.Gap(hanalyze.Dir(d), -1, why)
		}
	}
	s.lost = [2]hanalyze.Missing{}
}

// giveUp makes the stream opaque, unless a protocol begins with a later piece of the queue.
func (s *Stream) giveUp() {
	s.opaque = true
	for i := range s.queue {
		st := &s.queue[i]
		if len(st.data) > 0 && s.resniff(st.dir, st.data) {
			s.queue = s.queue[i:]
			return
		}
		s.hold(-len(st.data))
		s.lost[st.dir] |= st.why
	}
	s.queue = nil
}

// sniffQueue sniffs what is queued: the bytes of each direction before its first gap. It reports whether there is a layer
// now that wants the queue.
func (s *Stream) sniffQueue(final bool) bool {
	var first [2][]byte
	var stop [2]bool
	bytes := 0
	for i := 0; i < len(s.queue); i++ {
		st := &s.queue[i]
		switch {
		case stop[st.dir]:
		case st.gap != 0 && len(first[st.dir]) == 0:
			// Nothing came before the gap: the decoder will be told of it when there is one.
			s.lost[st.dir] |= st.why
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			i--
		case st.gap != 0 || st.end:
			stop[st.dir] = true
		case len(first[st.dir]) < maxSniff:
			first[st.dir] = append(first[st.dir], st.data...)
			bytes += len(st.data)
		}
	}
	if bytes == 0 {
		return false
	}
	// A direction that has a hole or its end behind what is here cannot tell more. The other may, unless it keeps silent
	// for too long.
	s.sniff(first, final || stop[0] && stop[1] || s.queued > maxSniff)
	return s.layer != nil
}

// resniff looks at the beginning of a segment of an opaque stream. It reports whether a protocol begins there.
func (s *Stream) resniff(d hanalyze.Dir, b []byte) bool {
	if s.resniffs++; s.resniffs > maxResniff || s.tooDeep() {
		return false
	}
	var first [2][]byte
	first[d] = b
	for i := range s.decoder.protocols {
		p := &s.decoder.protocols[i]
		if p.late && p.sniff(first[0], first[1]) == yes {
			s.open(p)
			return true
		}
	}
	return false
}

// datagram takes one UDP datagram.
func (s *Stream) datagram(d hanalyze.Dir, m hanalyze.Meta, b []byte) {
	s.now = m
	if s.layer == nil {
		if s.resniffs++; s.resniffs > maxResniff {
			return
		}
		for _, p := range datagramProtocols() {
			if p.sniff(s.flow, b) {
				s.decoded = true
				s.path = p.name
				s.layer = p.open(s)
				break
			}
		}
	}
	if s.layer == nil {
		s.shortHeader(d, b)
		return
	}
	s.layer.Feed(d, b)
}

// shortHeader keeps what may be the connection ID of a QUIC connection that moved here: of the first datagram of each
// direction, if the flow's very first one looks like it. The bit that is fixed in most connections is not asked for: ends may
// agree to set it at random (RFC 9287).
func (s *Stream) shortHeader(d hanalyze.Dir, b []byte) {
	const longHeader = 0x80
	if len(b) <= hanalyze.QUICPathBytes || b[0]&longHeader != 0 || s.moved == nil && s.resniffs > 1 {
		return
	}
	if s.moved == nil {
		s.moved = &hanalyze.QUICPath{}
	}
	if s.moved.To[d] == "" {
		s.moved.To[d], s.moved.Bytes[d] = hex.EncodeToString(b[1:1+hanalyze.QUICPathBytes]), len(b)
	}
}
