package reassembly

import (
	"net/netip"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/packet"
)

// icmp gives the tracker an ICMP error of 10.0.0.254 about the packet a script line describes.
func (p *play) icmp(kind, code byte, mtu uint32, line string) {
	p.t.Helper()
	k := p.parse(line)
	k.ICMP = packet.ICMPError{From: netip.MustParseAddr("10.0.0.254"), Type: kind, Code: code, MTU: mtu}
	p.ICMP(k)
}

func TestICMPRefusesAnOpening(t *testing.T) {
	const hostUnreachable, prohibited, ttlExceeded = 1, 13, 0
	tests := []struct {
		name        string
		play        func(p *play)
		kind, close string
		reason      string
		count       uint64
		implausible uint64
	}{
		{"host unreachable", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, hostUnreachable, 0, "> S seq=100")
		}, "refused", "refused", "host_unreachable", 1, 0},
		{"every SYN is answered so, the first is kept", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, prohibited, 0, "> S seq=100")
			p.run("+1s > S seq=100")
			p.icmp(3, hostUnreachable, 0, "> S seq=100")
		}, "refused", "refused", "admin_prohibited", 2, 0},
		{"ttl exceeded is soft", func(p *play) {
			p.run("> S seq=100")
			p.icmp(11, ttlExceeded, 0, "> S seq=100")
		}, "incomplete", "open", "ttl_exceeded", 1, 0},
		{"a SYN-ACK followed: the way was mended", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, hostUnreachable, 0, "> S seq=100")
			p.run("+1s > S seq=100\n < SA seq=500 ack=101\n > . seq=101 ack=501")
		}, "three_way", "open", "host_unreachable", 1, 0},
		{"an open connection takes it as a hint", func(p *play) {
			p.run(opened + `> . seq=101 ack=501 "abc"`)
			p.icmp(3, hostUnreachable, 0, "> . seq=101 ack=501")
		}, "three_way", "open", "host_unreachable", 1, 0},
		{"an ACK carries the next number", func(p *play) {
			p.run(opened)
			p.icmp(3, hostUnreachable, 0, "< . seq=501 ack=101")
		}, "three_way", "open", "host_unreachable", 1, 0},
		{"a FIN and what waits behind a hole were sent too", func(p *play) {
			p.run(opened + `> . seq=110 ack=501 "abc"`)
			p.icmp(3, hostUnreachable, 0, "> . seq=112 ack=501")
			p.run("> FA seq=113 ack=501")
			p.icmp(3, hostUnreachable, 0, "> FA seq=113 ack=501")
		}, "three_way", "half_closed", "host_unreachable", 2, 0},
		{"RFC 5927: a number that was never sent", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, hostUnreachable, 0, "> S seq=99")
			p.icmp(3, hostUnreachable, 0, "> S seq=102")
			p.icmp(3, hostUnreachable, 0, "< SA seq=0")
		}, "incomplete", "open", "", 0, 3},
		{"too late", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, hostUnreachable, 0, "+3m > S seq=100")
		}, "incomplete", "timeout", "", 0, 0},
		{"another flow's", func(p *play) {
			p.run("> S seq=100")
			p.icmp(3, hostUnreachable, 0, ":40001 > S seq=100")
		}, "incomplete", "open", "", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, Limits{})
			tt.play(p)
			p.end()
			if len(p.conns) != 1 {
				t.Fatalf("%d flows", len(p.conns))
			}
			c := p.conns[0]
			if c.TCP.Handshake.Kind != tt.kind || c.TCP.Close.Kind != tt.close {
				t.Errorf("handshake %s, close %s", c.TCP.Handshake.Kind, c.TCP.Close.Kind)
			}
			var u hanalyze.Unreachable
			if c.Unreachable != nil {
				u = *c.Unreachable
			}
			if u.Reason != tt.reason || u.Count != tt.count || tt.count > 0 && u.From != "10.0.0.254" {
				t.Errorf("%+v", u)
			}
			if n := p.Stats().ICMPImplausible; n != tt.implausible {
				t.Errorf("%d implausible", n)
			}
		})
	}
}

// The word of the server itself is the server's; what it complains about is no packet of the flow, and moves no timer.
func TestICMPOfTheServerItself(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run("> S seq=100")
	k := p.parse("+1s > S seq=100")
	k.ICMP = packet.ICMPError{From: k.Dst.Addr(), Type: 3, Code: 3}
	p.ICMP(k)
	p.Expire(p.now.Add(DefaultOpening - time.Second/2))
	c := p.conns[0]
	if c.TCP.Close.By != "server" || c.Unreachable.Frame != 2 || c.Last.Packet != 1 || c.ServerSide.Packets != 0 {
		t.Errorf("%+v %+v", c, c.TCP.Close)
	}
}

func TestICMPAboutDatagrams(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(`U > "question"`)
	p.icmp(3, 4, 1400, "U > ")
	p.icmp(3, 4, 1300, "U > ")
	p.icmp(3, 4, 1500, "U > ")
	p.icmp(3, 3, 0, "U < ") // nothing was sent that way
	p.end()
	u := p.conns[0].Unreachable
	if u == nil || u.Hard || u.Reason != "fragmentation_needed" || u.MTU != 1300 || u.Count != 3 || p.Stats().ICMPImplausible != 1 {
		t.Errorf("%+v, %d implausible", u, p.Stats().ICMPImplausible)
	}
}
