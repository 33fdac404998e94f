package reassembly

import (
	"testing"

	"hanalyze"
)

func TestStreams(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"in order, closed by both", opened + `
			> PA seq=101 ack=501 "GET"
			< PA seq=501 ack=104 "200"
			< FA seq=504 ack=104
			> FA seq=104 ack=505
			< . seq=505 ack=105`, `
			open 10.0.0.1:40000 syn
			c2s 4 "GET"
			s2c 5 "200"
			s2c 6 end
			c2s 7 end
			close 8 fin`},
		{"a hole is filled: what waited carries the packet that filled it", opened + `
			> . seq=104 ack=501 "def"
			> . seq=110 ack=501 "j"
			> . seq=101 ack=501 "abc"
			> . seq=107 ack=501 "ghi"`, `
			open 10.0.0.1:40000 syn
			c2s 6 "abc"
			c2s 6 "def"
			c2s 7 "ghi"
			c2s 7 "j"
			close 7 end_of_capture`},
		{"a segment that fills the hole reaches beyond what waits", opened + `
			> . seq=104 ack=501 "def"
			> . seq=101 ack=501 "abcdefghi"`, `
			open 10.0.0.1:40000 syn
			c2s 5 "abc"
			c2s 5 "def"
			c2s 5 "ghi"
			close 5 end_of_capture`},
		{"the first copy of a byte wins", opened + `
			> . seq=101 ack=501 "abc"
			> . seq=101 ack=501 "ABCd"
			> . seq=107 ack=501 "gh"
			> . seq=106 ack=501 "fGHi"
			> . seq=105 ack=501 "e"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			c2s 5 "d"
			c2s 8 "e"
			c2s 8 "f"
			tcp.overlap_differs c2s: two copies of bytes 7 to 8 of the stream, in packets 6 and 7, differ from byte 7 on
			c2s 8 "gh"
			c2s 8 "i"
			close 8 end_of_capture`},
		{"sequence numbers cross zero", `
			> S seq=4294967290
			< SA seq=500 ack=4294967291
			> . seq=1 ack=501 "ghi"
			> . seq=4294967291 ack=501 "abcdef"
			> . seq=4 ack=501 "jkl"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abcdef"
			c2s 4 "ghi"
			c2s 5 "jkl"
			close 5 end_of_capture`},
		{"data on the SYN", `
			> S seq=100 "GET"
			< SA seq=500 ack=104
			> PA seq=104 ack=501 "x"`, `
			open 10.0.0.1:40000 syn
			c2s 1 "GET"
			c2s 3 "x"
			close 3 end_of_capture`},
		{"the snaplen cuts in order and behind a hole", opened + `
			> . seq=101 ack=501 len=10 "abc"
			> . seq=121 ack=501 len=10 "ABC"
			> . seq=131 ack=501 "k"
			> . seq=111 ack=501 len=10 ""`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			c2s 4 missing 7 snaplen
			c2s 7 missing 10 snaplen
			c2s 7 "ABC"
			c2s 7 missing 7 snaplen
			c2s 7 "k"
			close 7 end_of_capture`},
		{"a FIN waits for the hole before it", opened + `
			> FA seq=104 ack=501
			> . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			c2s 5 "abc"
			c2s 5 end
			close 5 end_of_capture`},
		{"data after the FIN is ignored", opened + `
			> FA seq=101 ack=501 "abc"
			> . seq=105 ack=501 "xyz"
			> . seq=101 ack=501 "abcdef"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			c2s 4 end
			close 6 end_of_capture`},
		{"a direction that begins beyond its first byte has a hole", opened + `
			> . seq=111 ack=501 "k"`, `
			open 10.0.0.1:40000 syn
			c2s 4 missing 10 gap
			c2s 4 "k"
			close 4 end_of_capture`},
		{"in mid-stream the first segment of each direction is its beginning", `
			> PA seq=7000 ack=900 "abc"
			< PA seq=1400 ack=7003 "ok"
			< PA seq=900 ack=7003 "old"
			> PA seq=7003 ack=1402 "d"`, `
			open 10.0.0.1:40000 port
			c2s 1 "abc"
			s2c 2 "ok"
			c2s 4 "d"
			close 4 end_of_capture`},
		{"acknowledged and never seen: told at the end", opened + `
			> . seq=101 ack=501 "abc"
			> . seq=104 ack=801`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			s2c 5 missing 300 gap
			close 5 end_of_capture`},
		{"a missing FIN is no missing byte", opened + `
			< FA seq=501 ack=101
			< . seq=502 ack=102`, `
			open 10.0.0.1:40000 syn
			s2c 4 end
			close 5 end_of_capture`},
		{"a RST ends it and its text is no data", opened + `
			> . seq=101 ack=501 "abc"
			< RA seq=501 ack=104 "go away"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			close 5 reset`},
		{"the SYN-ACK comes first", `
			< SA seq=500 ack=101
			> . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn_ack
			c2s 2 "abc"
			close 2 end_of_capture`},
		{"the SYN cookie changes", `
			> S seq=100
			< SA seq=500 ack=101
			< SA seq=90000 ack=101
			> . seq=101 ack=90001
			< . seq=90001 ack=101 "ok"`, `
			open 10.0.0.1:40000 syn
			s2c 5 "ok"
			close 5 end_of_capture`},
		{"a segment further ahead than any window is dropped", opened + `
			> . seq=1073741926 ack=501 "x"
			> . seq=101 ack=501 "a"`, `
			open 10.0.0.1:40000 syn
			c2s 5 "a"
			close 5 end_of_capture`},
		{"datagrams, empty and cut", `
			> U "abc"
			< U
			> U len=9 "d"`, `
			open 10.0.0.1:40000 port
			c2s 1 "abc"
			s2c 2 ""
			c2s 3 "d"
			c2s 3 missing 8 snaplen
			close 3 end_of_capture`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, Limits{})
			p.run(tt.script)
			p.end()
			p.want(tt.want)
			if p.held != 0 || p.holders.head != nil || p.cfg.Pool.episodes() != 0 || len(p.flows) != 0 {
				t.Errorf("left over: %d bytes, holes %v, %d episodes, %d flows", p.held, p.holders.head, p.cfg.Pool.episodes(), len(p.flows))
			}
		})
	}
}

func TestMissingOfConn(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `
		> . seq=111 ack=501 len=9 "k"`)
	p.run(`> :41000 PA seq=7000 ack=900 "abc"`)
	p.end()
	want := []hanalyze.Missing{
		hanalyze.MissingGap | hanalyze.MissingSnaplen | hanalyze.MissingEndOfCapture,
		hanalyze.MissingMidStream | hanalyze.MissingEndOfCapture,
	}
	for i, c := range p.conns {
		if c.Missing != want[i] {
			t.Errorf("conn %d: missing %b, want %b", i, c.Missing, want[i])
		}
	}
	c := p.conns[0]
	if c.ClientSide.Packets != 3 || c.ClientSide.Bytes != 129 || c.ClientSide.PayloadBytes != 9 || c.ServerSide.Packets != 1 {
		t.Errorf("sides: %+v %+v", c.ClientSide, c.ServerSide)
	}
}
