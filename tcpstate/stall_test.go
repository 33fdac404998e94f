package tcpstate

import (
	"testing"

	"hanalyze"
)

// checkStalls holds what is true of the windows and probes of both ends, whatever they sent.
func checkStalls(t *testing.T, tcp *hanalyze.TCPConn) {
	t.Helper()
	for _, ends := range [][2]*hanalyze.TCPSide{{tcp.Client, tcp.Server}, {tcp.Server, tcp.Client}} {
		side, peer := ends[0], ends[1]
		switch {
		case side.KeepAliveAcks > peer.KeepAlives, side.WindowProbeAcks > peer.WindowProbes:
			t.Fatalf("more answers than probes: %+v of %+v", side, peer)
		case side.MaxWindow != nil && (side.MinWindow == nil || *side.MinWindow > *side.MaxWindow || *side.MaxWindow > 65535<<maxShift):
			t.Fatalf("windows from %v to %v", side.MinWindow, side.MaxWindow)
		case side.ZeroWindows > 0 && (side.MinWindow == nil || *side.MinWindow != 0):
			t.Fatalf("%d zero windows, the smallest is %v", side.ZeroWindows, side.MinWindow)
		case side.MaxInFlight > maxAhead:
			t.Fatalf("%d bytes in flight", side.MaxInFlight)
		}
	}
}

// A window that changes with every ACK, as a receiver's does whose program reads, and a sender that fills it, allocate
// nothing once their incident is there.
func TestWindowsNoAllocations(t *testing.T) {
	c := opened(t)
	data := Segment{Seq: 1, Ack: 1, Flags: hanalyze.ACK, Window: 500}
	ack := Segment{Seq: 1, Ack: 1, Flags: hanalyze.ACK, Window: 500}
	c.Segment(hanalyze.C2S, &ack)
	once := func() {
		data.Len = int64(ack.Window) << 7
		data.Meta.Time += 1e6
		c.Segment(hanalyze.S2C, &data)
		data.Seq += data.Len
		ack.Ack, ack.Window = data.Seq, 500+ack.Window%3
		ack.Meta.Time = data.Meta.Time + 1000
		c.Segment(hanalyze.C2S, &ack)
	}
	once()
	if n := testing.AllocsPerRun(1000, once); n != 0 {
		t.Errorf("%v allocations per data segment and ACK", n)
	}
	tcp, _, _ := c.Report(hanalyze.Meta{}, "end_of_capture")
	if tcp.Server.WindowFull == 0 {
		t.Error("the window was never full")
	}
}
