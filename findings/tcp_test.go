package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// An incident of the given end that cost so much time in all.
func incident(kind, by string, n uint64, cost time.Duration) hanalyze.TCPIncident {
	x := hanalyze.TCPIncident{Kind: kind, By: by, Count: n}
	if cost > 0 {
		x.Total = hanalyze.Known(cost)
	}
	for i := range min(n, hanalyze.MaxIncidentFrames) {
		x.Frames = append(x.Frames, 10+i)
	}
	return x
}

// bytes sets how many bytes an incident concerns.
func bytes(n uint64, x hanalyze.TCPIncident) hanalyze.TCPIncident {
	x.Bytes = n
	return x
}

func syn(frame uint64, at time.Duration, retry uint64) hanalyze.TCPStep {
	return hanalyze.TCPStep{Frame: frame, TS: hanalyze.Time(at), Step: "syn", Retry: retry}
}

// connection is an ordinary one of 1,000 packets each way, in which something happened.
func connection(incidents ...hanalyze.TCPIncident) *hanalyze.Conn {
	return &hanalyze.Conn{
		Envelope:   envelope(&hanalyze.Flow{ID: 7, Transport: hanalyze.TCP}, 1, 2000),
		ClientSide: hanalyze.Side{Packets: 1000}, ServerSide: hanalyze.Side{Packets: 1000},
		TCP: &hanalyze.TCPConn{
			Handshake: hanalyze.TCPHandshake{Kind: "three_way", Server: &hanalyze.TCPOffer{}},
			Close:     hanalyze.TCPClose{Kind: "fin_4", By: "client"},
			Client:    &hanalyze.TCPSide{}, Server: &hanalyze.TCPSide{},
			Incidents: incidents,
		},
	}
}

// with changes a connection.
func with(r *hanalyze.Conn, change func(r *hanalyze.Conn, t *hanalyze.TCPConn)) *hanalyze.Conn {
	change(r, r.TCP)
	return r
}

func closed(x hanalyze.TCPClose) *hanalyze.Conn {
	return with(connection(), func(_ *hanalyze.Conn, t *hanalyze.TCPConn) { t.Close = x })
}

func resent(x hanalyze.Retransmissions, incidents ...hanalyze.TCPIncident) *hanalyze.Conn {
	return with(connection(incidents...), func(_ *hanalyze.Conn, t *hanalyze.TCPConn) { t.Server.Retransmissions = &x })
}

func opening(x hanalyze.TCPHandshake, answered bool, steps ...hanalyze.TCPStep) *hanalyze.Conn {
	r := connection()
	r.TCP.Handshake, r.TCP.Steps = x, steps
	if !answered {
		r.ServerSide, r.TCP.Close = hanalyze.Side{}, hanalyze.TCPClose{Kind: "timeout"}
		r.ClientSide.Packets = uint64(len(steps))
	}
	return r
}

// TestTCPRules has for each rule a connection that it tells of, and one that is healthy or not worth telling of.
func TestTCPRules(t *testing.T) {
	const ms = time.Millisecond
	reset := func(x hanalyze.TCPReset) *hanalyze.Conn {
		x.By, x.Frame = "server", 1999
		return closed(hanalyze.TCPClose{Kind: "reset", By: "server", Reset: &x})
	}
	injected := func(confidence string) *hanalyze.Conn {
		return reset(hanalyze.TCPReset{Injection: &hanalyze.TCPInjection{Confidence: confidence, Evidence: []string{"ttl", "ip_id"}}})
	}
	answers := func(n uint64, r *hanalyze.Conn) *hanalyze.Conn {
		r.TCP.Server.KeepAliveAcks = n
		return r
	}
	told := map[string]bool{}
	for _, c := range []struct {
		conn *hanalyze.Conn
		want string // id, severity: title; one a line
	}{
		{connection(), ""},
		{closed(hanalyze.TCPClose{Kind: "open"}), ""},

		{opening(hanalyze.TCPHandshake{Kind: "incomplete"}, false, syn(1, 0, 0)), "tcp.unanswered warning: The SYN got no answer"},
		{opening(hanalyze.TCPHandshake{Kind: "incomplete", SynRetries: 2}, false, syn(1, 0, 0), syn(2, time.Second, 1), syn(3, 3*time.Second, 2)),
			"tcp.unanswered warning: 3 SYNs in 3 s got no answer"},
		{opening(hanalyze.TCPHandshake{Kind: "three_way", SynRetries: 1}, true, syn(1, 0, 0), syn(2, time.Second, 1)),
			"tcp.slow_handshake warning: The SYN had to be sent twice before the connection opened, which took 1 s longer"},
		{opening(hanalyze.TCPHandshake{Kind: "three_way", SynAckRetries: 1}, true, hanalyze.TCPStep{Step: "synack", Frame: 2},
			hanalyze.TCPStep{Step: "synack", Retry: 1, Frame: 3, TS: 3e8}),
			"tcp.slow_handshake note: The SYN-ACK had to be sent twice before the connection opened, which took 300 ms longer"},
		{opening(hanalyze.TCPHandshake{Kind: "three_way", SynRetries: 1, SynAckRetries: 1}, true, syn(1, 0, 0),
			hanalyze.TCPStep{Step: "synack", Dir: hanalyze.S2C, Frame: 2, TS: 1e6}, syn(3, time.Second, 1),
			hanalyze.TCPStep{Step: "synack", Dir: hanalyze.S2C, Retry: 1, Frame: 4, TS: 11e8}), // both waited at the same time
			"tcp.slow_handshake warning: The SYN had to be sent twice before the connection opened, which took 1.1 s longer"},
		{opening(hanalyze.TCPHandshake{Kind: "three_way", SynRetries: 1}, true, syn(1, 0, 0), syn(2, time.Millisecond, 1)), ""},
		{with(opening(hanalyze.TCPHandshake{Kind: "incomplete"}, false, syn(1, 0, 0)), func(r *hanalyze.Conn, _ *hanalyze.TCPConn) {
			r.ClientSide.Packets, r.Missing = 1, hanalyze.MissingEndOfCapture
		}), ""},
		{with(opening(hanalyze.TCPHandshake{Kind: "incomplete"}, false, syn(1, 0, 0)), func(r *hanalyze.Conn, _ *hanalyze.TCPConn) {
			r.ClientSide.Packets = 2 // it was answered
		}), ""},
		{with(opening(hanalyze.TCPHandshake{Kind: "three_way", SynRetries: 1}, true, syn(1, 0, 0), syn(10, time.Second, 1)),
			func(_ *hanalyze.Conn, t *hanalyze.TCPConn) { // the repeated SYN is told once
				t.Incidents = []hanalyze.TCPIncident{incident(hanalyze.IncidentTimeout, "client", 1, time.Second)}
				t.Client.Retransmissions = &hanalyze.Retransmissions{Total: 1, RTO: 1}
			}),
			"tcp.slow_handshake warning: The SYN had to be sent twice before the connection opened, which took 1 s longer"},
		{with(closed(hanalyze.TCPClose{Kind: "refused"}), func(r *hanalyze.Conn, t *hanalyze.TCPConn) { t.Handshake.Kind = "refused" }),
			"tcp.refused warning: Port 0 refused the connection"},

		{connection(incident(hanalyze.IncidentTimeout, "server", 1, 250*ms)),
			"tcp.retransmission_timeout note: The server waited 250 ms for 1 retransmission timeout"},
		{connection(incident(hanalyze.IncidentTimeout, "server", 3, 1500*ms)),
			"tcp.retransmission_timeout warning: The server waited 1.5 s for 3 retransmission timeouts"},
		{resent(hanalyze.Retransmissions{Total: 1, Fast: 1}, incident(hanalyze.IncidentFast, "server", 1, 0)),
			"tcp.fast_retransmission info: The server sent 1 segment again when the loss was signalled"},
		{resent(hanalyze.Retransmissions{Total: 1, TailLossProbe: 1}, incident(hanalyze.IncidentTailProbe, "server", 1, 0)),
			"tcp.tail_loss_probe info: The server probed once whether the end of what it sent had arrived"},
		{resent(hanalyze.Retransmissions{Total: 2, Spurious: 2}, incident(hanalyze.IncidentTailProbe, "server", 1, 0),
			incident(hanalyze.IncidentFast, "server", 1, 0), incident(hanalyze.IncidentSpurious, "server", 2, 0)),
			"tcp.spurious_retransmission info: The server sent 2 segments again that had arrived"},
		{connection(incident(hanalyze.IncidentSpurious, "client", 12, 0)),
			"tcp.spurious_retransmission note: The client sent 12 segments again that had arrived"},

		{resent(hanalyze.Retransmissions{Total: 2, Fast: 2}), ""}, // told with the cause, and rare
		{resent(hanalyze.Retransmissions{Total: 60, Spurious: 60}), ""},
		{resent(hanalyze.Retransmissions{Total: 12, Fast: 12}, incident(hanalyze.IncidentFast, "server", 12, 0)),
			"tcp.retransmissions note: 12 of 1,000 packets from the server were sent again (1.2 %): 12 signalled by the receiver"},
		{resent(hanalyze.Retransmissions{Total: 120, Fast: 100, Spurious: 10, Other: 10}, incident(hanalyze.IncidentResent, "server", 10, 0)),
			"tcp.retransmissions warning: 110 of 1,000 packets from the server were sent again (11 %): 100 signalled by the receiver, 10 for no known reason"},
		{resent(hanalyze.Retransmissions{Total: 1, Other: 1}),
			"tcp.retransmissions info: 1 of 1,000 packets from the server was sent again (0.1 %): 1 for no known reason"},

		{connection(incident(hanalyze.IncidentOutOfOrder, "server", 2, 3*ms)), ""},
		{connection(incident(hanalyze.IncidentOutOfOrder, "server", 5, 9*ms)),
			"tcp.out_of_order info: 5 segments from the server were overtaken on the way"},
		{connection(incident(hanalyze.IncidentDuplicate, "server", 1, 0)),
			"tcp.duplicate_packets info: 1 packet from the server was captured twice"},
		{connection(bytes(1448, incident(hanalyze.IncidentGap, "server", 1, 0))),
			"tcp.gap note: 1,448 bytes from the server are not in the capture"},
		{connection(bytes(1, incident(hanalyze.IncidentLost, "client", 1, 0))),
			"tcp.lost_bytes note: 1 byte from the client never arrived"},
		{connection(incident(hanalyze.IncidentHeadOfLine, "server", 2, 90*ms)), ""},
		{connection(incident(hanalyze.IncidentHeadOfLine, "server", 2, 400*ms)),
			"tcp.head_of_line note: What came from the server waited 400 ms behind missing bytes (twice)"},

		{connection(incident(hanalyze.IncidentZeroWindow, "server", 3, 1234*ms), incident(hanalyze.IncidentWindowFull, "client", 3, 1300*ms),
			incident(hanalyze.IncidentWindowProbe, "client", 2, 0)),
			"tcp.zero_window warning: The server's receive window was closed for 1.2 s (3 times)"},
		{connection(incident(hanalyze.IncidentZeroWindow, "client", 1, 20*ms)),
			"tcp.zero_window note: The client's receive window was closed for 20 ms"},
		{connection(incident(hanalyze.IncidentZeroWindow, "client", 1, 0)), ""},
		{connection(incident(hanalyze.IncidentWindowFull, "client", 300, 150*ms)), ""},
		{connection(incident(hanalyze.IncidentWindowFull, "client", 3, 350*ms)),
			"tcp.window_full note: The client filled the server's receive window and waited 350 ms (3 times)"},
		{connection(bytes(50, incident(hanalyze.IncidentSillyWindow, "server", 1, 0))), ""},
		{connection(bytes(100, incident(hanalyze.IncidentSillyWindow, "server", 2, 0)), incident(hanalyze.IncidentWindowFull, "client", 3, 1)),
			"tcp.silly_window note: The server offered only 50 bytes at a time (twice)"},
		{connection(bytes(120, incident(hanalyze.IncidentSillyWindow, "client", 3, 0))),
			"tcp.silly_window note: The client sent only 40 bytes at a time (3 times)"},
		{connection(incident(hanalyze.IncidentNoScaling, "client", 2, 80*ms)), ""},
		{connection(incident(hanalyze.IncidentNoScaling, "client", 20, 1600*ms)),
			"tcp.no_window_scaling warning: The client does not scale windows: the sender waited 80 ms after every 64 KB, 1.6 s in all"},
		{connection(incident(hanalyze.IncidentDelayedAck, "client", 1, 40*ms)),
			"tcp.delayed_ack note: The server waited 40 ms for the client's delayed ACK"},
		{connection(incident(hanalyze.IncidentDelayedAck, "client", 30, 1200*ms)),
			"tcp.delayed_ack warning: The server waited 1.2 s for the client's delayed ACK (30 times)"},
		{answers(2, connection(incident(hanalyze.IncidentKeepAlive, "client", 2, 0))),
			"tcp.keep_alive info: The client asked twice whether the server is still there"},
		{answers(1, connection(incident(hanalyze.IncidentKeepAlive, "client", 9, 0))),
			"tcp.keep_alive note: The client asked 9 times whether the server is still there: no answer to 8"},
		{connection(incident(hanalyze.IncidentIdle, "client", 3, time.Hour)), ""},

		{connection(incident(hanalyze.IncidentStaleSYN, "client", 1, 0)), "tcp.stale_syn note: 1 SYN of an older connection came from the client"},
		{connection(incident(hanalyze.IncidentChallengeACK, "server", 1, 0)),
			"tcp.challenge_ack info: The server asked with an ACK whether a SYN or reset is meant"},
		{connection(incident(hanalyze.IncidentInvalidReset, "server", 2, 0)), "tcp.invalid_reset note: 2 resets from the server were outside the window"},
		{connection(incident(hanalyze.IncidentImplausible, "server", 1, 0)), "tcp.implausible note: 1 segment from the server was outside every window"},
		{connection(incident(hanalyze.IncidentHalfOpen, "server", 1, 0)), "tcp.half_open warning: The server had forgotten the connection"},

		{with(reset(hanalyze.TCPReset{After: "data"}), func(_ *hanalyze.Conn, t *hanalyze.TCPConn) {
			t.Incidents = []hanalyze.TCPIncident{{Kind: hanalyze.IncidentHalfOpen, By: "server", Count: 1, Frames: []uint64{1999}}}
		}), "tcp.half_open warning: The server had forgotten the connection"},
		{closed(hanalyze.TCPClose{Kind: "reset", By: "server"}), "tcp.reset note: The server reset the connection"},
		{reset(hanalyze.TCPReset{After: "data"}), "tcp.reset note: The server reset the connection after data"},
		{reset(hanalyze.TCPReset{After: "idle", Silence: hanalyze.Known(72 * time.Second)}),
			"tcp.reset note: The server reset the connection after 72 s of silence"},
		{reset(hanalyze.TCPReset{After: "unread_data", Unread: 1200}),
			"tcp.reset warning: The server reset the connection and left 1,200 bytes of the client unacknowledged"},
		{reset(hanalyze.TCPReset{After: "request"}), "tcp.reset warning: The server reset the connection after a request"},
		{injected("low"), "tcp.reset note: The server reset the connection"},
		{injected("medium"), "tcp.reset note: The server reset the connection\n" +
			"tcp.reset_injection note: The reset may not come from the server: it has another TTL and IP identification"},
		{injected("high"), "tcp.reset note: The server reset the connection\n" +
			"tcp.reset_injection warning: The reset may not come from the server: it has another TTL and IP identification"},
		{closed(hanalyze.TCPClose{Kind: "fin_4", By: "client", CloseWait: hanalyze.Known(30 * time.Second)}), ""},
		{closed(hanalyze.TCPClose{Kind: "fin_4", By: "client", CloseWait: hanalyze.Known(3 * time.Minute)}),
			"tcp.half_closed note: The server closed 3 min after the client"},
	} {
		var got []string
		for _, f := range New().Record(c.conn) {
			told[f.ID] = true
			got = append(got, fmt.Sprintf("%s %s: %s", f.ID, f.Severity, f.Title))
			if k, known := Lookup(f.ID); !known || f.Why != k.Why || len(f.Frames) == 0 || len(f.Conns) != 1 || f.Flow == nil {
				t.Errorf("incomplete: %+v", f)
			}
		}
		if d := cmp.Diff(c.want, strings.Join(got, "\n")); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
	elsewhere := []string{
		"tcp.overlap_differs",                        // a notice of package reassembly
		"tcp.fruitless", "tcp.scan", "tcp.syn_flood", // of many connections: TestFruitless
	}
	for _, k := range Catalog {
		if strings.HasPrefix(k.ID, "tcp.") && !told[k.ID] && !slices.Contains(elsewhere, k.ID) {
			t.Errorf("no case tells %s", k.ID)
		}
	}
}

// What both ends did has a finding for each.
func TestBothEnds(t *testing.T) {
	told := New().Record(connection(incident(hanalyze.IncidentSpurious, "server", 5, 0), incident(hanalyze.IncidentSpurious, "client", 1, 0)))
	if d := cmp.Diff([]string{"tcp.spurious_retransmission", "tcp.spurious_retransmission"}, ids(told)); d != "" {
		t.Fatal(d)
	}
	if told[0].Count != 5 || len(told[0].Frames) != 5 || told[1].Count != 0 {
		t.Errorf("%+v, %+v", told[0], told[1])
	}
}
