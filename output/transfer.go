package output

import (
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// transferLines tells how the bytes of a connection fared: what was lost, what had to wait for what, how long a round trip
// takes on either side of the capture point, and how fast it went.
func (s *Story) transferLines(k *block, t *hanalyze.TCPConn) {
	lines := func(label chunk, list [][]chunk) {
		for i, words := range list {
			if i > 0 {
				label.text = ""
			}
			s.line(k, nil, " ", label, words)
		}
	}
	lines(chunk{"loss", yellow}, lossLines(t))
	lines(chunk{"wait", yellow}, waitLines(t))
	lines(chunk{"rtt", plain}, rttLines(t))
	lines(chunk{"speed", plain}, speedLines(t))
}

// ends are the two ends with their names. Before the conn record's sides are known there are none.
func ends(t *hanalyze.TCPConn) (list []end) {
	if t.Client != nil {
		list = append(list, end{"client", t.Client})
	}
	if t.Server != nil {
		list = append(list, end{"server", t.Server})
	}
	return list
}

type end struct {
	name string
	side *hanalyze.TCPSide
}

// lossLines tells what went wrong with the segments of each end, and with the capture; nothing when all went well.
func lossLines(t *hanalyze.TCPConn) (list [][]chunk) {
	for _, e := range ends(t) {
		var words []chunk
		if r := e.side.Retransmissions; r != nil {
			words = append(words, chunk{resentWords(r), yellow})
		}
		if n := e.side.OutOfOrder; n > 0 {
			words = append(words, chunk{strconv.FormatUint(n, 10) + " out of order", yellow})
		}
		if n := e.side.LostBytes; n > 0 {
			words = append(words, chunk{size(n) + " never arrived", red})
		}
		if n := e.side.GapBytes; n > 0 {
			words = append(words, chunk{size(n) + " missing from the capture", red})
		}
		if n := e.side.DuplicateAcks; n > 0 {
			words = append(words, chunk{count(n, "duplicate ACK"), plain})
		}
		if len(words) > 0 {
			words[0].text = e.name + ": " + words[0].text
			list = append(list, words)
		}
	}
	if n := t.DuplicatePackets; n > 0 {
		list = append(list, []chunk{{count(n, "packet") + " captured twice", dim}})
	}
	return list
}

// resentWords tells "4 retransmissions (3 fast, 1 after a timeout)".
func resentWords(r *hanalyze.Retransmissions) string {
	var causes []string
	for _, cause := range []struct {
		n    uint64
		name string
	}{{r.RTO, "after a timeout"}, {r.Fast, "fast"}, {r.TailLossProbe, "to probe the tail"}, {r.Spurious, "needless"}} {
		if cause.n > 0 {
			causes = append(causes, strconv.FormatUint(cause.n, 10)+" "+cause.name)
		}
	}
	text := count(r.Total, "retransmission")
	if len(causes) > 0 {
		text += " (" + strings.Join(causes, ", ") + ")"
	}
	return text
}

// minWait is the least time an end must have lost by one kind of wait for it to be told: what a person could notice is
// longer, but several small waits add up.
const minWait = time.Millisecond

// waitLines tells what bytes, or a whole end, had to wait for, and for how long.
func waitLines(t *hanalyze.TCPConn) (list [][]chunk) {
	for i := range t.Incidents {
		x := &t.Incidents[i]
		total, known := x.Total.Get()
		text := waitText(x)
		if !known || total < minWait || text == "" {
			continue
		}
		words := []chunk{{text, yellow}, {lasting(total), bold}}
		if longest, ok := x.Max.Get(); ok && x.Count > 1 {
			words = append(words, chunk{times(x.Count) + ", longest " + lasting(longest), dim})
		}
		list = append(list, words)
	}
	return list
}

// waitText says who waited for what, "" for incidents that are no waits.
func waitText(x *hanalyze.TCPIncident) string {
	by, other := Printable(x.By), "client"
	if by == other {
		other = "server"
	}
	switch x.Kind {
	case hanalyze.IncidentTimeout:
		return "the " + by + "'s retransmission timer"
	case hanalyze.IncidentTailProbe:
		return "the " + by + "'s tail loss probe"
	case hanalyze.IncidentHeadOfLine:
		return "bytes of the " + by + " behind missing ones"
	case hanalyze.IncidentZeroWindow:
		return "the " + by + "'s window was closed"
	case hanalyze.IncidentWindowFull:
		return "the " + by + " had filled the " + other + "'s window"
	case hanalyze.IncidentDelayedAck:
		return "the " + other + " for the " + by + "'s delayed ACK"
	case hanalyze.IncidentIdle:
		return "silence, ended by the " + by
	}
	return ""
}

// rttLines tells the round trips between the capture point and each end.
func rttLines(t *hanalyze.TCPConn) (list [][]chunk) {
	for _, e := range ends(t) {
		r := e.side.RTT
		if r == nil {
			continue
		}
		to := "to the server" // whose ACKs answer the client's data
		if e.name == "server" {
			to = "to the client"
		}
		words := rttWords(r)
		words[0].text = to + ": " + words[0].text
		list = append(list, words)
	}
	return list
}

// percentileSamples is how many samples there must be for the percentile 95 to say more than the maximum.
const percentileSamples = 20

// rttWords tells "min 200 µs, median 1 ms, 95 % 3 ms, max 9 ms", and of how many samples.
func rttWords(r *hanalyze.RTT) []chunk {
	if d, ok := r.Min.Get(); ok && r.Samples == 1 {
		return []chunk{{lasting(d), plain}, {count(r.Samples, "sample"), dim}}
	}
	var parts []string
	for _, p := range []struct {
		name string
		span hanalyze.Span
	}{{"min", r.Min}, {"median", r.P50}, {"95 %", r.P95}, {"max", r.Max}} {
		if d, ok := p.span.Get(); ok && (p.name != "95 %" || r.Samples >= percentileSamples) {
			parts = append(parts, p.name+" "+lasting(d))
		}
	}
	return []chunk{{strings.Join(parts, ", "), plain}, {count(r.Samples, "sample"), dim}}
}

// minSpeedBytes is the least an end must have sent for its speed to say anything: more than what goes out in one burst.
const minSpeedBytes = 32 << 10

// speedLines tells how fast the ends that sent much did so.
func speedLines(t *hanalyze.TCPConn) (list [][]chunk) {
	for _, e := range ends(t) {
		x := e.side
		if x.StreamBytes < minSpeedBytes || x.Goodput == 0 {
			continue
		}
		rate := bitRate(x.Goodput)
		words := []chunk{{e.name + ": " + rate, plain}}
		if gross := bitRate(x.Throughput); gross != rate {
			words = append(words, chunk{gross + " with repetitions", dim})
		}
		if x.MaxInFlight > 0 {
			words = append(words, chunk{"at most " + size(x.MaxInFlight) + " in flight", dim})
		}
		list = append(list, words)
	}
	return list
}
