package decode

import (
	"testing"

	"hanalyze"
)

// A DATA frame's record ends with the packet in which the frame ends, on whatever stream it is.
func TestDataFramePackets(t *testing.T) {
	for _, stream := range []uint32{1, 0} {
		for _, cut := range []bool{false, true} {
			p := newH2Play(t)
			p.decoder = New(Config{Emit: p.emit, Frames: true})
			p.stream = p.decoder.Open(p.flow)
			p.c.fr.AllowIllegalWrites = true
			p.open(nil, nil)
			p.c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/")
			p.client()
			p.c.data(stream, false, 10)
			b, first := p.c.take(), p.now.Packet+1
			if cut {
				p.data(hanalyze.C2S, b[:12])
				b = b[12:]
			}
			p.data(hanalyze.C2S, b)
			last := p.now.Packet
			p.server()
			p.close("fin")
			n := 0
			for _, r := range p.records {
				f, ok := r.(*hanalyze.HTTP2Frame)
				if !ok || f.FrameType != "DATA" {
					continue
				}
				n++
				if f.Start.Packet != first || f.Last.Packet != last || f.Missing != 0 {
					t.Errorf("stream %d, cut %v: packets %d to %d, missing %v; sent in %d to %d", stream, cut, f.Start.Packet, f.Last.Packet, f.Missing, first, last)
				}
			}
			if n != 1 {
				t.Errorf("stream %d, cut %v: %d records", stream, cut, n)
			}
		}
	}
}

// The records of a request and of its frame begin with the packet of the first byte, and end with that of the last one.
func TestHeadersPackets(t *testing.T) {
	for _, tt := range []struct {
		name string
		cuts []int
		gap  bool // the piece before the last one is missing
	}{
		{"in one packet", nil, false},
		{"the payload is cut", []int{15, 20}, false},
		{"the header is cut", []int{3}, false},
		{"the header is cut twice", []int{3, 6, 20}, false},
		{"a gap in the payload", []int{15, 20}, true},
	} {
		p := newH2Play(t)
		p.decoder = New(Config{Emit: p.emit, Frames: true})
		p.stream = p.decoder.Open(p.flow)
		p.open(nil, nil)
		p.c.check(p.c.fr.WritePing(true, [8]byte{}))
		ping := p.c.take()
		p.c.get(1, "/")
		b := p.c.take()
		first := p.now.Packet + 1
		at := 0
		for i, cut := range tt.cuts {
			if tt.gap && i == len(tt.cuts)-1 {
				p.gap(hanalyze.C2S, int64(cut-at), hanalyze.MissingGap)
			} else {
				p.data(hanalyze.C2S, append(ping, b[at:cut]...))
			}
			ping, at = nil, cut
		}
		p.data(hanalyze.C2S, b[at:])
		last := p.now.Packet
		p.s.headers(1, true, ":status", "204")
		p.server()
		answer := p.now.Packet
		p.close("fin")
		for _, r := range p.records {
			switch r := r.(type) {
			case *hanalyze.HTTP2Frame:
				if r.FrameType == "HEADERS" && r.Dir == hanalyze.C2S && (r.Start.Packet != first || r.Last.Packet != last) {
					t.Errorf("%s: the frame is of the packets %d to %d; sent in %d to %d", tt.name, r.Start.Packet, r.Last.Packet, first, last)
				}
			case *hanalyze.HTTP:
				if r.Start.Packet != first || r.Last.Packet != answer {
					t.Errorf("%s: the exchange is of the packets %d to %d; sent in %d to %d", tt.name, r.Start.Packet, r.Last.Packet, first, answer)
				}
			}
		}
	}
}

// A frame that the end of the capture cuts ends with the packet that told it.
func TestCutFramePackets(t *testing.T) {
	p := newH2Play(t)
	p.decoder = New(Config{Emit: p.emit, Frames: true})
	p.stream = p.decoder.Open(p.flow)
	p.open(nil, nil)
	p.c.get(1, "/")
	p.data(hanalyze.C2S, p.c.take()[:20])
	first := p.now.Packet
	p.close("end_of_capture")
	for _, r := range p.records {
		if f, ok := r.(*hanalyze.HTTP2Frame); ok && f.FrameType == "HEADERS" && f.Start.Packet != first {
			t.Errorf("the frame begins with packet %d, not %d", f.Start.Packet, first)
		}
	}
}
