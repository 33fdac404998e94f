// Package findings holds the rules over finished records: what is wrong, why, and what to do.
//
// A connection gets at most one finding of a kind, and of what TCP did one for each end, with a count and the packets that
// show it, told just before its conn record: that is what keeps a reset storm from becoming a storm of findings.
package findings

import (
	"fmt"

	"hanalyze"
)

// maxFlowFindings bounds the kinds of findings kept for one flow; there are fewer kinds than this.
const maxFlowFindings = 64

// An Engine sees every record in capture order. It is not safe for concurrent use.
type Engine struct {
	flows     map[*hanalyze.Flow][]*hanalyze.Finding
	limit     uint64
	fruitless fruitless
	questions questions
}

// New returns an Engine without any findings.
func New() *Engine { return &Engine{flows: map[*hanalyze.Flow][]*hanalyze.Finding{}} }

// Record judges one record. It returns the findings to be told before it, which is none unless r is a conn record.
func (e *Engine) Record(r hanalyze.Record) []*hanalyze.Finding {
	switch r := r.(type) {
	case *hanalyze.Notice:
		e.add(&r.Envelope, r.ID, r.Detail, "")
	case *hanalyze.DNS:
		e.dns(r)
	case *hanalyze.TLS:
		e.tls(r)
	case *hanalyze.HTTP:
		e.http(r)
		e.content(r)
	case *hanalyze.QUIC:
		e.quic(r)
	case *hanalyze.QUICPath:
		e.quicPath(r)
	case *hanalyze.WebSocket:
		e.webSocket(r)
	case *hanalyze.Conn:
		e.conn(r)
		told := e.flows[r.Flow]
		delete(e.flows, r.Flow)
		return told
	}
	return nil
}

// add notes a finding of kind id on the envelope's flow. A second one of the same kind only adds its packets and counts.
func (e *Engine) add(env *hanalyze.Envelope, id, title string, basis hanalyze.Basis, frames ...uint64) {
	k, known := Lookup(id)
	if !known {
		k = Kind{ID: id, Severity: hanalyze.Note, Title: id}
	}
	if len(frames) == 0 {
		frames = []uint64{env.Last.Packet}
	}
	for _, f := range e.flows[env.Flow] {
		if f.ID != id {
			continue
		}
		f.Count = max(f.Count, 1) + 1
		f.Last = env.Last
		for _, n := range frames {
			if len(f.Frames) < hanalyze.MaxFindingFrames && f.Frames[len(f.Frames)-1] != n {
				f.Frames = append(f.Frames, n)
			}
		}
		return
	}
	if len(e.flows[env.Flow]) >= maxFlowFindings {
		e.limit++
		return
	}
	f := k.finding(title, frames)
	f.Envelope, f.Basis = *env, basis
	f.Conns = []uint64{env.Flow.ID}
	e.flows[env.Flow] = append(e.flows[env.Flow], f)
}

// finding makes a finding of kind k; an empty title takes the kind's.
func (k Kind) finding(title string, frames []uint64) *hanalyze.Finding {
	if title == "" {
		title = k.Title
	}
	return &hanalyze.Finding{ID: k.ID, Severity: k.Severity, Title: title, Why: k.Why, Advice: k.Advice, Frames: frames}
}

func (e *Engine) http(r *hanalyze.HTTP) {
	if r.GRPC != nil {
		e.grpc(r)
	}
	switch {
	case r.Status >= 500:
		e.add(&r.Envelope, "http.server_error", fmt.Sprintf("%s %s was answered with %d", r.Method, r.PathQuery, r.Status), "")
	case r.MetClose != nil:
		e.metClose(r)
	case r.Response == nil && r.Method != "" && r.Missing == 0 && r.Reset == nil:
		e.add(&r.Envelope, "http.unanswered", fmt.Sprintf("%s %s got no answer", r.Method, r.PathQuery), "", r.Start.Packet)
	}
	e.unexpectedBody(r)
	e.http2Reset(r)
	e.httpMeaning(r)
}

// unexpectedBody judges the body of a method that has none (RFC 9110 §9.3.1, §9.3.2 and §9.3.8). Over HTTP/2 nobody can
// mistake it for a request.
func (e *Engine) unexpectedBody(r *hanalyze.HTTP) {
	if r.Request == nil || r.Request.BodyBytes == 0 || r.StreamID != 0 {
		return
	}
	switch r.Method {
	case "GET", "HEAD", "TRACE":
		e.add(&r.Envelope, "http.unexpected_body", fmt.Sprintf("%s %s has a body of %d bytes", r.Method, r.PathQuery, r.Request.BodyBytes), "")
	}
}

// conn judges a flow as a whole.
func (e *Engine) conn(r *hanalyze.Conn) {
	if r.TCP != nil && e.fruitless.fold(r) {
		return
	}
	e.unreachable(r)
	e.stale(r)
	if r.TCP != nil {
		e.tcp(r)
	}
	if r.HTTP2 != nil {
		e.http2(r)
	}
}

// Stats judges the stats record. The findings concern the capture, so they have no flow.
func (e *Engine) Stats(s *hanalyze.Stats) []*hanalyze.Finding {
	var told []*hanalyze.Finding
	add := func(id, title string, frames ...uint64) {
		k, _ := Lookup(id)
		f := k.finding(title, frames)
		f.Start.Time, f.Last.Time = s.TS, s.TS
		told = append(told, f)
	}
	for i := range s.Inputs {
		inputFindings(&s.Inputs[i], add)
	}
	if c := s.Checksums; c != nil && (c.Left > 0 || c.Bad*2 > c.Checked) {
		add("capture.checksum_offload", fmt.Sprintf("%d of %d TCP checksums looked at are not those of the wire", c.Left+c.Bad, c.Checked))
	}
	if g := s.Fragments; g != nil && g.Differing+g.Contradictory > 0 {
		add("net.fragment_overlap", fragmentTitle(g), g.Frames...)
	}
	if s.Kernel != nil && s.Kernel.Dropped > 0 {
		add("capture.kernel_drops", fmt.Sprintf("The kernel dropped %d of %d packets", s.Kernel.Dropped, s.Kernel.Received))
	}
	return append(told, e.fruitless.summary()...)
}

// inputFindings judges one input.
func inputFindings(in *hanalyze.StatsInput, add func(id, title string, frames ...uint64)) {
	switch {
	case in.Truncated && in.Resynchronised == 0:
		add("capture.truncated", in.Name+" ends in the middle of a packet")
	case in.DamagedAt > 0:
		add("capture.damaged", in.Name+" is damaged: "+in.Error)
	}
	if in.Format == "live" {
		return // the kernel's counts tell
	}
	for _, f := range in.Interfaces {
		var lost uint64
		for _, n := range []*uint64{f.Dropped, f.OSDropped} {
			if n != nil {
				lost += *n
			}
		}
		if lost > 0 {
			add("capture.kernel_drops", fmt.Sprintf("%s: %d packets were dropped while it was captured", in.Name, lost))
		}
	}
}

// Limits adds how often each limit was reached.
func (e *Engine) Limits(m map[string]uint64) {
	m["findings_dropped"] += e.limit
	m["findings_folded"] += e.fruitless.folded
	m["addresses_not_counted"] += e.fruitless.unfollowed
}
