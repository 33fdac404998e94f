package findings

import (
	"time"

	"hanalyze"
)

// What costs how much. Every TCP connection that is long enough loses, delays and repeats something; a finding says that
// it was felt.
const (
	// felt is a delay that a person who waits for a page notices. It is also the shortest retransmission timeout of Linux.
	felt = 200 * time.Millisecond
	// annoying is a delay after which attention wanders.
	annoying = time.Second
	// feltShare and annoyingShare are of an end's packets. From one loss in a hundred on, the loss rather than the link
	// bounds what a long connection carries (Mathis et al., 1997: to 12 segments per round trip).
	feltShare, annoyingShare = 0.01, 0.05
	// several is how many must be lost or late before their share says something.
	several = 3
	// forgotten is how long one end is left half closed before its system forgets the connection: Linux's tcp_fin_timeout.
	forgotten = 60 * time.Second
)

// tcp judges a connection: how it opened, each incident in the order in which they began, what was lost in all, and how it
// ended. What happened to each end has its own finding.
func (e *Engine) tcp(r *hanalyze.Conn) {
	e.opening(r)
	for _, x := range r.TCP.Incidents {
		rule, ok := incidentRules[x.Kind]
		if !ok {
			continue
		}
		if severity, title := rule.judge(r, &x); severity != 0 {
			e.tell(r, told{rule.id, severity, title, rule.basis, x.Count, x.Frames})
		}
	}
	e.losses(r, hanalyze.C2S.Sender())
	e.losses(r, hanalyze.S2C.Sender())
	e.ending(r)
}

// told is a finding about a connection.
type told struct {
	id       string
	severity hanalyze.Severity
	title    string
	basis    hanalyze.Basis
	count    uint64
	frames   []uint64
}

// tell adds a finding to those of the connection, whose last packet is its evidence when it has no other.
func (e *Engine) tell(r *hanalyze.Conn, t told) {
	if len(e.flows[r.Flow]) >= maxFlowFindings {
		e.limit++
		return
	}
	if len(t.frames) == 0 {
		t.frames = []uint64{r.Last.Packet}
	}
	k, _ := Lookup(t.id)
	f := k.finding(t.title, append([]uint64{}, t.frames...))
	f.Envelope, f.Severity, f.Basis, f.Conns = r.Envelope, t.severity, t.basis, []uint64{r.Flow.ID}
	if t.count > 1 {
		f.Count = t.count
	}
	e.flows[r.Flow] = append(e.flows[r.Flow], f)
}

// incidentRule makes a finding of an incident, or none: then judge returns severity 0. judge may take from its copy of the
// incident what another finding tells.
type incidentRule struct {
	id    string
	basis hanalyze.Basis
	judge func(*hanalyze.Conn, *hanalyze.TCPIncident) (hanalyze.Severity, string)
}

// incidentRules are by kind of incident. Kinds that are not here are told as part of another finding, or are normal:
// window probes with the closed window, idle times, and segments resent for no known reason with the losses.
var incidentRules = map[string]incidentRule{
	hanalyze.IncidentTimeout:      {"tcp.retransmission_timeout", hanalyze.Inferred, timeouts},
	hanalyze.IncidentFast:         {"tcp.fast_retransmission", hanalyze.Inferred, fast},
	hanalyze.IncidentTailProbe:    {"tcp.tail_loss_probe", hanalyze.Inferred, tailProbes},
	hanalyze.IncidentSpurious:     {"tcp.spurious_retransmission", hanalyze.Inferred, spurious},
	hanalyze.IncidentOutOfOrder:   {"tcp.out_of_order", hanalyze.Inferred, outOfOrder},
	hanalyze.IncidentDuplicate:    {"tcp.duplicate_packets", hanalyze.Inferred, duplicates},
	hanalyze.IncidentGap:          {"tcp.gap", "", gaps},
	hanalyze.IncidentLost:         {"tcp.lost_bytes", hanalyze.Inferred, lostBytes},
	hanalyze.IncidentHeadOfLine:   {"tcp.head_of_line", hanalyze.Inferred, headOfLine},
	hanalyze.IncidentZeroWindow:   {"tcp.zero_window", "", zeroWindow},
	hanalyze.IncidentWindowFull:   {"tcp.window_full", "", windowFull},
	hanalyze.IncidentSillyWindow:  {"tcp.silly_window", "", sillyWindow},
	hanalyze.IncidentNoScaling:    {"tcp.no_window_scaling", hanalyze.Inferred, noScaling},
	hanalyze.IncidentDelayedAck:   {"tcp.delayed_ack", hanalyze.Inferred, delayedAck},
	hanalyze.IncidentKeepAlive:    {"tcp.keep_alive", hanalyze.Inferred, keepAlive},
	hanalyze.IncidentStaleSYN:     {"tcp.stale_syn", hanalyze.Inferred, staleSYN},
	hanalyze.IncidentChallengeACK: {"tcp.challenge_ack", hanalyze.Inferred, challengeACK},
	hanalyze.IncidentInvalidReset: {"tcp.invalid_reset", hanalyze.Inferred, invalidReset},
	hanalyze.IncidentImplausible:  {"tcp.implausible", hanalyze.Inferred, implausible},
	hanalyze.IncidentHalfOpen:     {"tcp.half_open", hanalyze.Inferred, halfOpen},
}

// byCost is the severity of what cost so much time: none when it was not felt.
func byCost(d time.Duration) hanalyze.Severity {
	switch {
	case d >= annoying:
		return hanalyze.Warning
	case d >= felt:
		return hanalyze.Note
	}
	return 0
}

// byShare is the severity of n of the packets an end sent: info below what is felt.
func byShare(n uint64, of hanalyze.Side) hanalyze.Severity {
	switch share := float64(n) / float64(max(of.Packets, 1)); {
	case n < several || share < feltShare:
		return hanalyze.Info
	case share < annoyingShare:
		return hanalyze.Note
	}
	return hanalyze.Warning
}
