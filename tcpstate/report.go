package tcpstate

import (
	"time"

	"hanalyze"
)

// assumedMSL2 is how long an end is taken to stay in TIME-WAIT: Linux's 2MSL. RFC 9293 §3.4.2 says four minutes.
const assumedMSL2 = 60 * time.Second

// Report gives the tcp part of the conn record, and Zeek's history and conn_state. end is the connection's last packet
// and why tells why it is over: "fin", "reset", "timeout", "end_of_capture" or "evicted". Only "timeout" adds to what the
// segments say. It is called once, at the end: the steps become the record's.
func (c *Conn) Report(end hanalyze.Meta, why string) (tcp *hanalyze.TCPConn, history, zeekState string) {
	c.endStalls(end)
	r := new(report)
	client, server := &r.side[hanalyze.C2S], &r.side[hanalyze.S2C]
	c.reportSide(client, hanalyze.C2S, why)
	c.reportSide(server, hanalyze.S2C, why)
	for d := range c.half {
		c.unseenIncidents(hanalyze.Dir(d), end, why)
	}
	c.forgetSums()
	c.reportPhases(&r.phases, end)
	r.tcp = hanalyze.TCPConn{
		Handshake:        c.reportHandshake(),
		Close:            c.reportClose(end, why),
		Steps:            c.takeSteps(),
		Retransmissions:  sum(client.Retransmissions, server.Retransmissions),
		OutOfOrder:       client.OutOfOrder + server.OutOfOrder,
		DuplicateAcks:    client.DuplicateAcks + server.DuplicateAcks,
		ZeroWindows:      client.ZeroWindows + server.ZeroWindows,
		WindowFull:       client.WindowFull + server.WindowFull,
		KeepAlives:       client.KeepAlives + server.KeepAlives,
		DuplicatePackets: c.duplicatePackets,
		GapBytes:         client.GapBytes + server.GapBytes,
		LostBytes:        client.LostBytes + server.LostBytes,
		RTT:              summarise(&c.half[0].timing.samples, &c.half[1].timing.samples),
		Client:           client,
		Server:           server,
		Phases:           &r.phases,
		Incidents:        c.incidents.report(),
	}
	return &r.tcp, c.history.String(), c.zeekState()
}

// report is what every record has, allocated as one.
type report struct {
	tcp    hanalyze.TCPConn
	side   [2]hanalyze.TCPSide
	phases hanalyze.TCPPhases
}

// takeSteps gives the steps to the record. A few are copied, so that a Conn that is used again has room for its next ones;
// those of a connection that was opened and closed have filled theirs. A list is always a list, if an empty one.
func (c *Conn) takeSteps() []hanalyze.TCPStep {
	s := c.steps
	if len(s) <= usualSteps/2 {
		return append([]hanalyze.TCPStep{}, s...)
	}
	c.steps = nil
	return s
}

// sum adds up the retransmissions of both ends.
func sum(a, b *hanalyze.Retransmissions) (r hanalyze.Retransmissions) {
	for _, x := range []*hanalyze.Retransmissions{a, b} {
		if x != nil {
			r.Total += x.Total
			r.RTO += x.RTO
			r.Fast += x.Fast
			r.TailLossProbe += x.TailLossProbe
			r.Spurious += x.Spurious
			r.Other += x.Other
		}
	}
	return r
}

func (c *Conn) reportPhases(r *hanalyze.TCPPhases, end hanalyze.Meta) {
	if d, ok := c.dataTime(); ok {
		r.Data = hanalyze.Known(d)
	}
	if c.silence.longest > 0 {
		r.MaxIdle = hanalyze.Known(c.silence.longest)
	}
	if k := &c.handshake; c.open && k.syns > 0 {
		r.Handshake = hanalyze.Known(max(c.openAt.Sub(k.firstSYN), 0))
	}
	if t := &c.teardown; t.began {
		r.Teardown = hanalyze.Known(max(end.Time.Sub(t.at), 0))
	}
}

func (c *Conn) reportHandshake() hanalyze.TCPHandshake {
	client, server := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	k := &c.handshake
	r := hanalyze.TCPHandshake{
		Kind:          c.handshakeKind(),
		SynRetries:    repeats(client.syns) + repeats(server.syns),
		SynAckRetries: repeats(client.synAcks) + repeats(server.synAcks),
		Client:        client.reportOffer(),
		Server:        server.reportOffer(),
		TFO:           tfoNames[k.tfo],
		SynBackoff:    k.backoff,
	}
	toServer, okServer := k.serverRTT()
	toClient, okClient := k.clientRTT()
	if okServer {
		r.ServerRTT = hanalyze.Known(toServer)
	}
	if okClient {
		r.ClientRTT = hanalyze.Known(toClient)
	}
	if okServer && okClient {
		r.RTT = hanalyze.Known(toServer + toClient)
	}
	return r
}

func repeats(n uint32) uint64 { return uint64(max(n, 1) - 1) }

func (c *Conn) handshakeKind() string {
	client, server := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	switch {
	case c.teardown.refused, c.undelivered():
		return "refused"
	case !client.synSeen && !server.synSeen:
		return "mid_stream"
	case client.bareSYN && server.bareSYN:
		return "simultaneous"
	case c.open:
		return "three_way"
	}
	return "incomplete"
}

func (h *half) reportOffer() *hanalyze.TCPOffer {
	if !h.synSeen {
		return nil
	}
	o := &hanalyze.TCPOffer{
		ISN: h.offer.isn, MSS: h.offer.mss, SACKPermitted: h.offer.sack, Timestamps: h.offer.timestamps,
	}
	if h.offer.hasScale {
		shift := h.offer.windowScale
		o.WindowScale = &shift
	}
	return o
}

func (c *Conn) reportClose(end hanalyze.Meta, why string) hanalyze.TCPClose {
	t := &c.teardown
	r := hanalyze.TCPClose{
		Kind: c.closeKind(why), Segments: t.segments, Reset: c.reportReset(), TimeWait: c.reportTimeWait(),
	}
	switch {
	case t.aborted:
		r.By = t.by.Sender()
	case t.fins > 0:
		r.By = t.first.Sender()
	}
	first, second := &c.half[t.first], &c.half[t.first.Reverse()]
	if first.fins > 0 && second.fins > 0 {
		r.HalfClose = hanalyze.Known(second.finAt.Sub(first.finAt))
	}
	if t.fins == 0 {
		return r
	}
	first.stay.leave(end.Time) // one that is still there has been until now
	second.stay.leave(end.Time)
	if second.stay.closeWaits {
		r.CloseWait = hanalyze.Known(second.stay.closeWait)
	}
	if first.stay.finWaits2 && !t.merged {
		r.FinWait2 = hanalyze.Known(first.stay.finWait2)
	}
	return r
}

func (c *Conn) closeKind(why string) string {
	t := &c.teardown
	switch {
	case t.refused, c.undelivered():
		return "refused"
	case t.aborted:
		return "reset"
	case t.fins == 2 && t.crossed:
		return "simultaneous"
	case t.fins == 2 && t.merged:
		return "fin_3_merged"
	case t.fins == 2:
		return "fin_4"
	case t.fins == 1:
		return "half_closed"
	case why == "timeout":
		return "timeout"
	}
	return "open"
}

// reportTimeWait tells who must remember the connection, from when the first of them must.
func (c *Conn) reportTimeWait() *hanalyze.TCPTimeWait {
	client, server := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	if !client.stay.timeWaits && !server.stay.timeWaits {
		return nil
	}
	r := &hanalyze.TCPTimeWait{Assumed: hanalyze.Known(assumedMSL2), Basis: hanalyze.Inferred}
	switch {
	case client.stay.timeWaits && server.stay.timeWaits:
		r.Side, r.From = "both", min(client.stay.timeWaitAt, server.stay.timeWaitAt)
	case client.stay.timeWaits:
		r.Side, r.From = hanalyze.C2S.Sender(), client.stay.timeWaitAt
	case server.stay.timeWaits:
		r.Side, r.From = hanalyze.S2C.Sender(), server.stay.timeWaitAt
	default:
		return nil
	}
	switch {
	case c.teardown.assassinated:
		r.Ended = "assassinated"
	case c.teardown.reused:
		r.Ended = "reused"
	}
	return r
}
