package findings

import (
	"fmt"
	"slices"
	"strings"

	"hanalyze"
)

// lost counts what an end sent again because it was lost, or seemed to be, by how it learned of that. What was needless,
// and what belongs to the opening, is left out.
type lost struct{ rto, fast, probes, other uint64 }

func (l lost) total() uint64 { return l.rto + l.fast + l.probes + l.other }

// String tells the causes: "3 after a timeout, 2 signalled by the receiver".
func (l lost) String() string {
	var words []string
	for _, x := range []struct {
		n    uint64
		what string
	}{{l.rto, "after a timeout"}, {l.fast, "signalled by the receiver"}, {l.probes, "as a probe of the end"}, {l.other, "for no known reason"}} {
		if x.n > 0 {
			words = append(words, number(x.n)+" "+x.what)
		}
	}
	return strings.Join(words, ", ")
}

// lossesOf counts the losses of an end.
func lossesOf(r *hanalyze.Conn, by string) (l lost) {
	side := tcpSide(r.TCP, by)
	if side == nil || side.Retransmissions == nil || !opened(r.TCP) {
		return l
	}
	x := side.Retransmissions
	l = lost{rto: x.RTO, fast: x.Fast, probes: x.TailLossProbe, other: x.Other}
	for _, again := range openingRetries(r.TCP) {
		if again.by != by {
			continue
		}
		if l.rto > 0 {
			l.rto--
		} else if l.other > 0 {
			l.other--
		}
	}
	return l
}

// losses judges what one end had to send again in all. Where the cause of each is told, only a share that is felt is told
// once more.
func (e *Engine) losses(r *hanalyze.Conn, by string) {
	l := lossesOf(r, by)
	n := l.total()
	severity := byShare(n, sideOf(r, by))
	if n == 0 || severity == hanalyze.Info && l.other == 0 {
		return
	}
	sent := max(sideOf(r, by).Packets, n)
	e.tell(r, told{id: "tcp.retransmissions", severity: severity, count: n, basis: hanalyze.Inferred, frames: resentFrames(r.TCP, by),
		title: fmt.Sprintf("%s of %s from the %s %s sent again (%s): %s", number(n), count(sent, "packet"), by, was(n), percent(n, sent), l)})
}

// resentFrames lists the first packets an end sent again, in order.
func resentFrames(t *hanalyze.TCPConn, by string) (frames []uint64) {
	for _, kind := range []string{hanalyze.IncidentTimeout, hanalyze.IncidentFast, hanalyze.IncidentTailProbe, hanalyze.IncidentResent} {
		if x := find(t, kind, by); x != nil {
			frames = append(frames, x.Frames...)
		}
	}
	slices.Sort(frames)
	return frames[:min(len(frames), hanalyze.MaxFindingFrames)]
}

// needed returns the packets of an incident without those that turned out to be needless.
func needed(t *hanalyze.TCPConn, x *hanalyze.TCPIncident) []uint64 {
	frames := x.Frames
	if y := find(t, hanalyze.IncidentSpurious, x.By); y != nil {
		for _, frame := range y.Frames {
			frames = without(frames, frame)
		}
	}
	return frames
}
