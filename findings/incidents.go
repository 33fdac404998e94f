package findings

import (
	"fmt"
	"slices"
	"time"

	"hanalyze"
)

// timeouts leaves out the SYNs sent again, which are told with the opening.
func timeouts(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	waited := cost(x)
	for _, again := range openingRetries(r.TCP) {
		if i := slices.Index(x.Frames, again.frame); i >= 0 {
			x.Frames = without(x.Frames, again.frame)
			x.Count--
			waited -= again.waited
		}
	}
	if x.Count == 0 || !opened(r.TCP) {
		return 0, ""
	}
	return max(byCost(waited), hanalyze.Info),
		fmt.Sprintf("The %s waited %s for %s", x.By, lasting(waited), count(x.Count, "retransmission timeout"))
}

// fast leaves out what turned out to be needless, and says nothing where the losses of that end are told in all.
func fast(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	l := lossesOf(r, x.By)
	if l.fast == 0 || byShare(l.total(), sideOf(r, x.By)) > hanalyze.Info {
		return 0, ""
	}
	x.Count, x.Frames = l.fast, needed(r.TCP, x)
	return hanalyze.Info, fmt.Sprintf("The %s sent %s again when the loss was signalled", x.By, count(x.Count, "segment"))
}

// tailProbes leaves out those that turned out to be needless.
func tailProbes(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	l := lossesOf(r, x.By)
	if l.probes == 0 {
		return 0, ""
	}
	x.Count, x.Frames = l.probes, needed(r.TCP, x)
	return hanalyze.Info, fmt.Sprintf("The %s probed %s whether the end of what it sent had arrived", x.By, times(x.Count))
}

func spurious(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return min(byShare(x.Count, sideOf(r, x.By)), hanalyze.Note),
		fmt.Sprintf("The %s sent %s again that had arrived", x.By, count(x.Count, "segment"))
}

// outOfOrder says nothing of a few: equal paths of one network reorder now and then, and nobody waits for it.
func outOfOrder(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	if x.Count < several {
		return 0, ""
	}
	return min(byShare(x.Count, sideOf(r, x.By)), hanalyze.Note),
		fmt.Sprintf("%s from the %s were overtaken on the way", count(x.Count, "segment"), x.By)
}

func duplicates(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Info, fmt.Sprintf("%s from the %s %s captured twice", count(x.Count, "packet"), x.By, was(x.Count))
}

func gaps(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Note, fmt.Sprintf("%s from the %s %s not in the capture", count(x.Bytes, "byte"), x.By, is(x.Bytes))
}

func lostBytes(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Note, fmt.Sprintf("%s from the %s never arrived", count(x.Bytes, "byte"), x.By)
}

func headOfLine(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return byCost(cost(x)), fmt.Sprintf("What came from the %s waited %s behind missing bytes%s", x.By, lasting(cost(x)), repeated(x.Count))
}

// zeroWindow says nothing of a window that nobody was seen to wait for.
func zeroWindow(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	severity := hanalyze.Note
	switch {
	case cost(x) == 0:
		return 0, ""
	case cost(x) >= felt:
		severity = hanalyze.Warning
	}
	return severity, fmt.Sprintf("The %s's receive window was closed for %s%s", x.By, lasting(cost(x)), repeated(x.Count))
}

// windowFull says nothing where the window was closed for the same reason, and nothing of a wait that is not felt.
func windowFull(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	if find(r.TCP, hanalyze.IncidentZeroWindow, other(x.By)) != nil {
		return 0, ""
	}
	return byCost(cost(x)),
		fmt.Sprintf("The %s filled the %s's receive window and waited %s%s", x.By, other(x.By), lasting(cost(x)), repeated(x.Count))
}

// sillyWindow says nothing of a single one, which may be chance.
func sillyWindow(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	if x.Count < 2 {
		return 0, ""
	}
	what := "sent"
	if find(r.TCP, hanalyze.IncidentWindowFull, other(x.By)) != nil {
		what = "offered"
	}
	return hanalyze.Note, fmt.Sprintf("The %s %s only %d bytes at a time (%s)", x.By, what, x.Bytes/x.Count, times(x.Count))
}

func noScaling(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return byCost(cost(x)), fmt.Sprintf("The %s does not scale windows: the sender waited %s after every 64 KB, %s in all",
		x.By, lasting(cost(x)/time.Duration(x.Count)), lasting(cost(x)))
}

func delayedAck(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return max(byCost(cost(x)), hanalyze.Note),
		fmt.Sprintf("The %s waited %s for the %s's delayed ACK%s", other(x.By), lasting(cost(x)), x.By, repeated(x.Count))
}

// keepAlive tells how many probes were not answered, by what the other end's answers leave.
func keepAlive(r *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	title := fmt.Sprintf("The %s asked %s whether the %s is still there", x.By, times(x.Count), other(x.By))
	unanswered := x.Count
	if side := tcpSide(r.TCP, other(x.By)); side != nil {
		unanswered -= min(side.KeepAliveAcks, x.Count)
	}
	if unanswered < several {
		return hanalyze.Info, title
	}
	return hanalyze.Note, fmt.Sprintf("%s: no answer to %d", title, unanswered)
}

func staleSYN(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Note, fmt.Sprintf("%s of an older connection came from the %s", count(x.Count, "SYN"), x.By)
}

func challengeACK(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Info, fmt.Sprintf("The %s asked with an ACK whether a SYN or reset is meant%s", x.By, repeated(x.Count))
}

func invalidReset(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Note, fmt.Sprintf("%s from the %s %s outside the window", count(x.Count, "reset"), x.By, was(x.Count))
}

func implausible(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Note, fmt.Sprintf("%s from the %s %s outside every window", count(x.Count, "segment"), x.By, was(x.Count))
}

func halfOpen(_ *hanalyze.Conn, x *hanalyze.TCPIncident) (hanalyze.Severity, string) {
	return hanalyze.Warning, fmt.Sprintf("The %s had forgotten the connection", x.By)
}
