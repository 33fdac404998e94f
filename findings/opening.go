package findings

import (
	"fmt"
	"slices"
	"time"

	"hanalyze"
)

// opening judges how a connection was opened.
func (e *Engine) opening(r *hanalyze.Conn) {
	t := r.TCP
	frames := stepFrames(t, "syn", "synack", "rst")
	switch {
	case undelivered(r): // net.unreachable tells why
	case t.Close.Kind == "refused":
		e.tell(r, told{id: "tcp.refused", severity: hanalyze.Warning, frames: frames,
			title: fmt.Sprintf("Port %d refused the connection", r.Flow.Server.Port())})
	case unanswered(r):
		title := "The SYN got no answer"
		if n := t.Handshake.SynRetries; n > 0 {
			title = fmt.Sprintf("%s in %s got no answer", count(n+1, "SYN"), lasting(waitedFor(openingRetries(t))))
		}
		e.tell(r, told{id: "tcp.unanswered", severity: hanalyze.Warning, title: title, basis: hanalyze.Inferred, frames: frames})
	case opened(t):
		if severity := byCost(waitedFor(openingRetries(t))); severity != 0 {
			e.tell(r, told{id: "tcp.slow_handshake", severity: severity, title: slowHandshake(t), basis: hanalyze.Inferred, frames: frames})
		}
	}
}

func slowHandshake(t *hanalyze.TCPConn) string {
	h := &t.Handshake
	what, n := "SYN", h.SynRetries
	if n == 0 {
		what, n = "SYN-ACK", h.SynAckRetries
	}
	return fmt.Sprintf("The %s had to be sent %s before the connection opened, which took %s longer",
		what, times(n+1), lasting(waitedFor(openingRetries(t))))
}

// opened reports whether both ends took part in the opening, captured or not.
func opened(t *hanalyze.TCPConn) bool {
	return t.Handshake.Kind != "incomplete" && t.Handshake.Kind != "refused"
}

// unanswered reports whether nothing at all came back. A client that goes on after its SYN was answered, though that is not
// in the capture; and after a single SYN at the end of the capture the answer may have been to come.
func unanswered(r *hanalyze.Conn) bool {
	h := &r.TCP.Handshake
	switch {
	case h.Kind != "incomplete" || h.Server != nil || r.ServerSide.Packets > 0:
		return false
	case r.ClientSide.Packets > h.SynRetries+1+r.TCP.DuplicatePackets:
		return false
	}
	return h.SynRetries > 0 || r.Missing&hanalyze.MissingEndOfCapture == 0
}

// retry is a SYN or SYN-ACK that an end sent again, and how long after the one before.
type retry struct {
	by     string
	frame  uint64
	waited time.Duration
}

// openingRetries lists the SYNs and SYN-ACKs sent again.
func openingRetries(t *hanalyze.TCPConn) (list []retry) {
	last := map[string]hanalyze.Time{}
	for _, s := range t.Steps {
		if s.Step != "syn" && s.Step != "synack" {
			continue
		}
		kind := s.Step + s.Dir.String()
		if at, ok := last[kind]; ok && s.Retry > 0 {
			list = append(list, retry{s.Dir.Sender(), s.Frame, max(s.TS.Sub(at), 0)})
		}
		last[kind] = s.TS
	}
	return list
}

// waitedFor is how long the repetitions took; the ends waited at the same time, so that of the one that waited longer.
func waitedFor(list []retry) (longest time.Duration) {
	sum := map[string]time.Duration{}
	for _, x := range list {
		sum[x.by] += x.waited
		longest = max(longest, sum[x.by])
	}
	return longest
}

// stepFrames lists the packets of the steps named, as many as a finding holds.
func stepFrames(t *hanalyze.TCPConn, names ...string) (frames []uint64) {
	for _, s := range t.Steps {
		if slices.Contains(names, s.Step) && len(frames) < hanalyze.MaxFindingFrames {
			frames = append(frames, s.Frame)
		}
	}
	return frames
}
