package findings

import (
	"fmt"
	"slices"

	"hanalyze"
)

// ending judges how a connection ended.
func (e *Engine) ending(r *hanalyze.Conn) {
	c := &r.TCP.Close
	if c.Kind == "reset" && !undelivered(r) && !forgot(r.TCP) {
		e.reset(r)
	}
	if d, ok := c.CloseWait.Get(); ok && d >= forgotten {
		e.tell(r, told{id: "tcp.half_closed", severity: hanalyze.Note, frames: stepFrames(r.TCP, "fin_1", "fin_2"),
			title: fmt.Sprintf("The %s closed %s after the %s", other(c.By), lasting(d), c.By)})
	}
}

// forgot reports whether the RST that ended a connection says that its sender does not know it: that is told as such.
func forgot(t *hanalyze.TCPConn) bool {
	x := t.Close.Reset
	if x == nil {
		return false
	}
	y := find(t, hanalyze.IncidentHalfOpen, x.By)
	return y != nil && slices.Contains(y.Frames, x.Frame)
}

// reset judges the RST that ended a connection.
func (e *Engine) reset(r *hanalyze.Conn) {
	c := &r.TCP.Close
	by := c.By
	if by == "" {
		by = "other end"
	}
	t := told{id: "tcp.reset", severity: hanalyze.Note, title: "The " + by + " reset the connection", frames: stepFrames(r.TCP, "rst")}
	x := c.Reset
	if x == nil {
		e.tell(r, t)
		return
	}
	t.frames, t.count = []uint64{x.Frame}, x.Count
	t.title += resetAfter(x)
	if x.Unread > 0 || x.After == "request" || x.After == "client_hello" {
		t.severity = hanalyze.Warning // somebody waited for an answer, or lost what he sent
	}
	e.tell(r, t)
	if i := x.Injection; i != nil && i.Confidence != "low" {
		severity := hanalyze.Note
		if i.Confidence == "high" {
			severity = hanalyze.Warning
		}
		e.tell(r, told{id: "tcp.reset_injection", severity: severity, basis: hanalyze.Inferred, frames: t.frames,
			title: fmt.Sprintf("The reset may not come from the %s: it has another %s", x.By, evidence(i.Evidence))})
	}
}

// resetAfter tells when the reset came, in words that follow "reset the connection".
func resetAfter(x *hanalyze.TCPReset) string {
	silence, _ := x.Silence.Get()
	switch x.After {
	case "syn", "syn_ack":
		return " while it was opened"
	case "handshake":
		return " right after it was opened"
	case "client_hello":
		return " after the ClientHello"
	case "request":
		return " after a request"
	case "data":
		return " after data"
	case "acknowledgment":
		return " after an acknowledgment"
	case "idle":
		return " after " + lasting(silence) + " of silence"
	case "fin":
		return " after the other end had closed"
	case "unread_data":
		return " and left " + count(x.Unread, "byte") + " of the " + other(x.By) + " unacknowledged"
	}
	return ""
}
