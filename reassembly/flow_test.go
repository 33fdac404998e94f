package reassembly

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/packet"
)

const closed = `
	> FA seq=101 ack=501
	< FA seq=501 ack=102
	> . seq=102 ack=502
`

func TestLives(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"stragglers are absorbed, then swallowed, then forgotten", opened + closed + `
			+4s < FA seq=501 ack=102
			+2s < FA seq=501 ack=102
			+50s > . seq=102 ack=502
			+10s > . seq=102 ack=502`, `
			open 10.0.0.1:40000 syn
			c2s 4 end
			s2c 5 end
			close 7 fin
			open 10.0.0.1:40000 port
			close 10 end_of_capture`},
		{"ports used again at once", opened + closed + `
			> S seq=9000
			< SA seq=7000 ack=9001
			> . seq=9001 ack=7001 "new"`, `
			open 10.0.0.1:40000 syn
			c2s 4 end
			s2c 5 end
			close 6 fin
			open 10.0.0.1:40000 syn
			c2s 9 "new"
			close 9 end_of_capture`},
		{"ports used again behind a tombstone", opened + closed + `
			+20s > . seq=102 ack=502
			> S seq=9000
			+20s > . seq=9001 ack=7001 "new"`, `
			open 10.0.0.1:40000 syn
			c2s 4 end
			s2c 5 end
			close 6 fin
			open 10.0.0.1:40000 syn
			c2s 9 "new"
			close 9 end_of_capture`},
		{"a late copy of the SYN behind a tombstone", opened + closed + `
			+20s > S seq=100`, `
			open 10.0.0.1:40000 syn
			c2s 4 end
			s2c 5 end
			close 6 fin`},
		{"ports used again without a close", opened + `
			> . seq=101 ack=501 "abc"
			> S seq=900000
			< SA seq=7000 ack=900001
			> . seq=900001 ack=7001 "new"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "abc"
			close 4 timeout
			open 10.0.0.1:40000 syn
			c2s 7 "new"
			close 7 end_of_capture`},
		{"the server's port opens the next connection", opened + `
			< S seq=900000
			> SA seq=7000 ack=900001`, `
			open 10.0.0.1:40000 syn
			close 3 timeout
			open 10.0.0.2:80 syn
			close 5 end_of_capture`},
		{"stale SYNs open nothing", opened + `
			> S seq=900000
			< SA seq=7000 ack=900001
			> . seq=900001 ack=7001 "abc"
			> S seq=100
			> S seq=900000
			> S seq=900002
			> . seq=900004 ack=7001 "d"`, `
			open 10.0.0.1:40000 syn
			close 3 timeout
			open 10.0.0.1:40000 syn
			c2s 6 "abc"
			c2s 10 "d"
			close 10 end_of_capture`},
		{"a SYN sent again, and another one", `
			> S seq=100
			+1s > S seq=100
			+1s > S seq=800`, `
			open 10.0.0.1:40000 syn
			close 2 timeout
			open 10.0.0.1:40000 syn
			close 3 end_of_capture`},
		{"simultaneous open", `
			> S seq=100
			< S seq=500
			> SA seq=100 ack=501
			< SA seq=500 ack=101
			> . seq=101 ack=501 "abc"
			< . seq=501 ack=104 "ok"`, `
			open 10.0.0.1:40000 syn
			c2s 5 "abc"
			s2c 6 "ok"
			close 6 end_of_capture`},
		{"a refused SYN sent again with the same number", `
			> S seq=100
			< RA seq=0 ack=101
			+1s > S seq=100
			< RA seq=0 ack=101
			+6s > S seq=100`, `
			open 10.0.0.1:40000 syn
			close 4 reset`},
		{"a refused SYN sent again is answered", `
			> S seq=100
			< RA seq=0 ack=101
			+1s > S seq=100
			< SA seq=500 ack=101
			> . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			c2s 5 "abc"
			close 5 end_of_capture`},
		{"a refused SYN sent again is answered, but was not captured again", `
			> S seq=100
			< RA seq=0 ack=101
			+1s < SA seq=500 ack=101
			> . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			close 2 reset
			open 10.0.0.1:40000 syn_ack
			c2s 4 "abc"
			close 4 end_of_capture`},
		{"a refused SYN is answered behind a tombstone", `
			> S seq=100
			< RA seq=0 ack=101
			+6s > S seq=100
			< SA seq=500 ack=101
			> . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			close 2 reset
			open 10.0.0.1:40000 syn_ack
			c2s 5 "abc"
			close 5 end_of_capture`},
		{"payload behind a tombstone of a connection that had none", `
			> S seq=100
			< SA seq=500 ack=101
			> R seq=101
			+16s > . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			close 3 reset
			open 10.0.0.1:40000 port
			c2s 4 "abc"
			close 4 end_of_capture`},
		{"a handshake that is never completed", `
			> S seq=100
			+121s > . seq=101 ack=501 "abc"`, `
			open 10.0.0.1:40000 syn
			close 1 timeout
			open 10.0.0.1:40000 port
			c2s 2 "abc"
			close 2 end_of_capture`},
		{"idle for an hour", opened + `
			+59m > . seq=101 ack=501 "a"
			+61m > . seq=102 ack=501 "b"`, `
			open 10.0.0.1:40000 syn
			c2s 4 "a"
			close 4 timeout
			open 10.0.0.1:40000 port
			c2s 5 "b"
			close 5 end_of_capture`},
		{"idle datagrams", `
			> U "a"
			+2m < U "b"
			+4m > U "c"`, `
			open 10.0.0.1:40000 port
			c2s 1 "a"
			s2c 2 "b"
			close 2 timeout
			open 10.0.0.1:40000 port
			c2s 3 "c"
			close 3 end_of_capture`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, Limits{})
			p.run(tt.script)
			p.end()
			p.want(tt.want)
		})
	}
}

// A SYN sent again after a refusal makes the connection half-open once more, and no more than that.
func TestRefusedSYNSentAgain(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(`
		> S seq=100
		< RA seq=0 ack=101
		+1s > S seq=100`)
	p.lines = nil
	p.Expire(p.now.Add(DefaultOpening + 1))
	p.want(`close 3 timeout`)
}

func TestExpire(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `> :40001 U "x"`)
	p.lines = nil
	p.Expire(p.now.Add(3 * time.Minute))
	p.want("")
	p.Expire(p.now.Add(3*time.Minute + 1))
	p.want(`close 4 timeout`)
	p.Expire(p.now.Add(2 * time.Hour))
	p.want(`close 3 timeout`)
	if s := p.Stats(); s.TimedOut != 2 || s.TCP != 1 || s.UDP != 1 {
		t.Errorf("%+v", s)
	}
}

func TestEviction(t *testing.T) {
	p := newPlay(t, Limits{OneWay: 2})
	p.run(`
		> :1111 U "a"
		> :2222 U "b"
		> :1111 U "c"
		> :3333 U "d"`)
	p.end()
	p.want(`
		open 10.0.0.1:1111 port
		c2s 1 "a"
		open 10.0.0.1:2222 port
		c2s 2 "b"
		c2s 3 "c"
		close 2 evicted
		open 10.0.0.1:3333 port
		c2s 4 "d"
		close 3 end_of_capture
		close 4 end_of_capture`)
	if p.Stats().FlowsEvicted != 1 || p.conns[0].Missing != hanalyze.MissingLimit {
		t.Errorf("%+v %b", p.Stats(), p.conns[0].Missing)
	}
}

func TestTombstonesBounded(t *testing.T) {
	s := newTombstones(2)
	var lost uint64
	for i := range 5 {
		lost += s.add(key{tag: uint64(i)}, tombstone{until: hanalyze.Time(i)})
	}
	if lost != 3 || len(s.byKey) != 2 {
		t.Errorf("%d lost, %d left", lost, len(s.byKey))
	}
	s.add(key{tag: 4}, tombstone{until: 9})
	s.expire(8)
	if _, ok := s.find(key{tag: 4}, 8); !ok || len(s.byKey) != 1 {
		t.Errorf("the newer tombstone of a key is gone: %+v", s)
	}
	s.expire(10)
	if len(s.byKey) != 0 || len(s.queue)-s.head != 0 {
		t.Errorf("%+v", s)
	}
}

func TestOrientation(t *testing.T) {
	tests := []struct {
		script     string
		client     string
		how        hanalyze.Orientation
		midStream  bool
		hinted     bool
		hintClient bool
	}{
		{script: `> S seq=1`, client: "10.0.0.1:40000", how: hanalyze.BySYN},
		{script: `< S seq=1`, client: "10.0.0.2:80", how: hanalyze.BySYN},
		{script: `< SA seq=1 ack=2`, client: "10.0.0.1:40000", how: hanalyze.BySYNACK},
		{script: `> . seq=1 ack=2`, client: "10.0.0.1:40000", how: hanalyze.ByPort, midStream: true},
		{script: `< . seq=1 ack=2`, client: "10.0.0.1:40000", how: hanalyze.ByPort, midStream: true},
		{script: `> :53 . seq=1 ack=2 "x"`, client: "10.0.0.1:53", how: hanalyze.ByContent, midStream: true, hinted: true, hintClient: true},
		{script: `> :443 . seq=1 ack=2 "x"`, client: "10.0.0.2:80", how: hanalyze.ByContent, midStream: true, hinted: true},
		{script: `> :443 . seq=1 ack=2`, client: "10.0.0.1:443", how: hanalyze.ByPort, midStream: true, hinted: true},
		{script: `> :80 . seq=1 ack=2`, client: "10.0.0.1:80", how: hanalyze.ByFirstPacket, midStream: true},
		{script: `< U`, client: "10.0.0.1:40000", how: hanalyze.ByPort},
		{script: `< :53 U`, client: "10.0.0.2:80", how: hanalyze.ByFirstPacket},
	}
	for _, tt := range tests {
		p := newPlay(t, Limits{})
		if tt.hinted {
			p.cfg.Client = func([]byte, uint16, uint16) (bool, bool) { return tt.hintClient, true }
		}
		p.run(tt.script)
		p.end()
		f := p.conns[0].Flow
		got := fmt.Sprintln(f.Client, f.Orientation, f.MidStream)
		if want := fmt.Sprintln(tt.client, tt.how, tt.midStream); got != want || f.CommunityID == "" || p.conns[0].Orientation != tt.how {
			t.Errorf("%s: got %s, want %s", tt.script, got, want)
		}
	}
}

// Flows of different VLANs, and of IPv4 and the same address mapped into IPv6, never mix.
func TestFlowKeys(t *testing.T) {
	p := newPlay(t, Limits{})
	a := p.parse(`> U "a"`)
	p.Packet(a)
	a.Tag = 7
	p.Packet(a)
	p.end()
	if p.Stats().UDP != 2 {
		t.Errorf("%d flows", p.Stats().UDP)
	}
}

// A connection of which not all steps are listed says so, and the counter tells how many there were.
func TestStepsDropped(t *testing.T) {
	var conns []*hanalyze.Conn
	p := newPlay(t, Limits{})
	p.cfg.Emit = func(r hanalyze.Record) {
		if c, ok := r.(*hanalyze.Conn); ok {
			conns = append(conns, c)
		}
	}
	p.run(strings.Repeat("+1s > S seq=100\n", hanalyze.MaxTCPSteps+5))
	p.end()
	if len(conns) != 1 || len(conns[0].TCP.Steps) != hanalyze.MaxTCPSteps || conns[0].Missing&hanalyze.MissingLimit == 0 || p.Stats().StepsDropped != 5 {
		t.Errorf("%d conns, %+v", len(conns), p.Stats())
	}
}

// TestTimeWaitReused tells the old connection that a new SYN took its ports while it was in TIME-WAIT.
func TestTimeWaitReused(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + closed + `
		> S seq=9000
		< SA seq=7000 ack=9001`)
	p.end()
	if len(p.conns) != 2 || p.conns[0].TCP.Close.TimeWait.Ended != "reused" || p.conns[1].TCP.Handshake.Kind != "incomplete" {
		t.Errorf("%d connections, the first ended %+v", len(p.conns), p.conns[0].TCP.Close.TimeWait)
	}
}

// TestDoubtfulReset follows a RST in the window that is not the next number: the flow goes on when its sender does.
func TestDoubtfulReset(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `
		> R seq=150
		< . seq=501 ack=101
		> . seq=101 ack=501 "abc"
		+30s > . seq=104 ack=501 "d"`)
	p.end()
	p.want(`
		open 10.0.0.1:40000 syn
		c2s 6 "abc"
		c2s 7 "d"
		close 7 end_of_capture`)
	if c := p.conns[0]; c.TCP.Close.Kind != "open" || c.ClientSide.State != hanalyze.Established {
		t.Errorf("close %+v, client %s", c.TCP.Close, c.ClientSide.State)
	}
}

// TestChecksums counts what the first packets of each direction say, and looks at no more of them.
func TestChecksums(t *testing.T) {
	frame := func(sum byte) *packet.Packet {
		b := []byte{69, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
			156, 64, 0, 80, 0, 0, 0, 100, 0, 0, 0, 0, 80, 2, 4, 0, 0, sum, 0, 0}
		k := new(packet.Packet)
		if r := k.Parse(hanalyze.LinkRaw12, b, len(b)); r != packet.OK {
			t.Fatal(r)
		}
		return k
	}
	p := newPlay(t, Limits{})
	for i := range checkedPackets + 3 {
		k := frame(byte(i % 2)) // left to the hardware, then wrong
		k.Meta = hanalyze.Meta{Packet: uint64(i + 1), Time: hanalyze.Time(i) * 1e9}
		p.Packet(k)
	}
	if s := p.Stats(); s.SumsChecked != checkedPackets || s.SumsLeft != 2 || s.SumsBad != 2 {
		t.Errorf("%d checked, %d left, %d bad", s.SumsChecked, s.SumsLeft, s.SumsBad)
	}
}
