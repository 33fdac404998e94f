package troublelink

import (
	"fmt"
	"testing"

	"hanalyze"
)

// account is what is told of the segments of one end, or is true of them.
type account struct {
	resent, rto, fast, probe, spurious, other, outOfOrder int

	// unproven retransmissions are needless, and nothing in the capture proves it, or needed, and seem to be needless:
	// they may be told by either cause.
	unproven int
}

// truth returns the account of what one host sent, as the capture point can know it.
func (s *sight) truth(from Side) (a account) {
	for _, f := range s.Frames {
		if f.From == from && (f.Needless && !f.Proven && !f.Hidden || f.Accused) {
			a.unproven++
		}
		switch {
		case f.From != from:
		case f.Kind == Late && !f.Repeated: // else a retransmission came first, and it may pass for a copy of that
			a.outOfOrder++
		case f.Kind != Again || f.Hidden:
		case f.Needless && (f.Proven || f.From != s.Side):
			a.spurious++
		case f.Cause == Timeout:
			a.rto++
		case f.Cause == Fast:
			a.fast++
		case f.Cause == TailProbe:
			a.probe++
		default:
			a.other++
		}
	}
	a.resent = a.rto + a.fast + a.probe + a.spurious + a.other
	return a
}

// duplicates counts the copies that the link made.
func (s *sight) duplicates() (n int) {
	for _, f := range s.Frames {
		if f.Kind == Duplicate {
			n++
		}
	}
	return n
}

// duplicates counts the copies that are told.
func (r *records) duplicates() (n int) {
	for _, c := range r.conns {
		n += int(c.TCP.DuplicatePackets)
	}
	return n
}

// told is what hanalyze tells of what one host sent.
func (r *records) told(from Side) (a account) {
	for _, c := range r.conns {
		side := [2]*hanalyze.TCPSide{c.TCP.Client, c.TCP.Server}[from]
		if side == nil {
			continue
		}
		a.outOfOrder += int(side.OutOfOrder)
		if n := side.Retransmissions; n != nil {
			a.resent += int(n.Total)
			a.rto += int(n.RTO)
			a.fast += int(n.Fast)
			a.probe += int(n.TailLossProbe)
			a.spurious += int(n.Spurious)
			a.other += int(n.Other)
		}
	}
	return a
}

// against lists truth and what is told, with a mark where they differ.
func (a account) against(told account) string {
	line := ""
	for _, f := range []struct {
		name        string
		truth, told int
	}{
		{"resent", a.resent, told.resent}, {"rto", a.rto, told.rto}, {"fast", a.fast, told.fast}, {"probe", a.probe, told.probe},
		{"spurious", a.spurious, told.spurious}, {"other", a.other, told.other}, {"late", a.outOfOrder, told.outOfOrder},
	} {
		mark := ' '
		if f.truth != f.told {
			mark = '!'
		}
		line += fmt.Sprintf("%s %4d/%-4d%c ", f.name, f.truth, f.told, mark)
	}
	return line
}

// judge compares what hanalyze tells of a capture with the truth. Near the sender everything that it sent is in the
// capture, and the counts must be exact. What is decided by clues is collected in total.
func (s *sight) judge(t *testing.T, total *score) *records {
	t.Helper()
	r := analyze(t, s.pcap)
	near, far := s.Side, s.Side.Other()
	for _, from := range []Side{near, far} {
		t.Logf("%-18s at the %-5s, from the %-5s: %s", s.Run, s.Side, from, s.truth(from).against(r.told(from)))
	}
	truth, told := s.truth(near), r.told(near)
	if *details && truth != told {
		for _, c := range r.conns {
			for _, i := range c.TCP.Incidents {
				t.Logf("%s by the %s in packets %d", i.Kind, i.By, i.Frames)
			}
		}
	}
	if told.resent != truth.resent || told.outOfOrder != 0 {
		t.Errorf("at the %s: its host sent %d segments again, %d are told; %d are told to be out of order", s.Side, truth.resent, told.resent, told.outOfOrder)
	}
	total.causes(truth, told)
	total.count("far out_of_order, counted", s.truth(far).outOfOrder, r.told(far).outOfOrder)
	total.count("duplicate_packets, counted", s.duplicates(), r.duplicates())
	total.kinds(t, s, r.packets)
	for _, c := range r.conns {
		if c.TCP.GapBytes != 0 || c.TCP.LostBytes != 0 || c.Missing != 0 {
			t.Errorf("at the %s: %d bytes of gap, %d lost, missing %b: the capture has everything", s.Side, c.TCP.GapBytes, c.TCP.LostBytes, c.Missing)
		}
		closed(t, c)
	}
	r.whole(t, false)
	return r
}

// closed checks the end of a connection that both hosts have closed: as the kernels know, neither has it open any more.
func closed(t *testing.T, c *hanalyze.Conn) {
	t.Helper()
	tcp := c.TCP
	if tcp.Handshake.Kind != "three_way" {
		t.Errorf("the handshake is told to be %s", tcp.Handshake.Kind)
	}
	for _, side := range []hanalyze.Side{c.ClientSide, c.ServerSide} {
		if side.State != hanalyze.Closed && side.State != hanalyze.TimeWait {
			t.Errorf("an end is told to be in %s, and the close %s", side.State, tcp.Close.Kind)
		}
	}
	switch tcp.Close.Kind {
	case "fin_4", "fin_3_merged", "simultaneous":
	default:
		t.Errorf("the close is told to be %s", tcp.Close.Kind)
	}
}
