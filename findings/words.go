package findings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// cost is the time an incident cost, all occurrences together; 0 when it is not known.
func cost(x *hanalyze.TCPIncident) time.Duration {
	d, _ := x.Total.Get()
	return d
}

// find returns the incident of a kind and an end, or nil.
func find(t *hanalyze.TCPConn, kind, by string) *hanalyze.TCPIncident {
	for i := range t.Incidents {
		if x := &t.Incidents[i]; x.Kind == kind && x.By == by {
			return x
		}
	}
	return nil
}

// other names the other end.
func other(by string) string {
	if by == hanalyze.C2S.Sender() {
		return hanalyze.S2C.Sender()
	}
	return hanalyze.C2S.Sender()
}

func sideOf(r *hanalyze.Conn, by string) hanalyze.Side {
	if by == hanalyze.C2S.Sender() {
		return r.ClientSide
	}
	return r.ServerSide
}

func tcpSide(t *hanalyze.TCPConn, by string) *hanalyze.TCPSide {
	if by == hanalyze.C2S.Sender() {
		return t.Client
	}
	return t.Server
}

// without returns frames without frame; frames stays as it is.
func without(frames []uint64, frame uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(frames), func(f uint64) bool { return f == frame })
}

// count is "1 byte", "2 bytes".
func count(n uint64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
}

// number groups digits: 1,234,567.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// times is "once", "twice", "3 times".
func times(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return number(n) + " times"
}

// repeated is how often, in brackets, when it was more than once.
func repeated(n uint64) string {
	if n == 1 {
		return ""
	}
	return " (" + times(n) + ")"
}

func was(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func is(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// lasting writes a duration with two or three digits that matter.
func lasting(d time.Duration) string {
	unit := func(unit time.Duration, name string) string {
		v := float64(d) / float64(unit)
		digits := 0
		if v < 10 {
			digits = 1
		}
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', digits, 64), ".0") + " " + name
	}
	switch {
	case d < time.Millisecond:
		return unit(time.Microsecond, "µs")
	case d < time.Second:
		return unit(time.Millisecond, "ms")
	case d < 2*time.Minute:
		return unit(time.Second, "s")
	case d < 2*time.Hour:
		return unit(time.Minute, "min")
	}
	return unit(time.Hour, "h")
}

func percent(n, of uint64) string {
	p := 100 * float64(n) / float64(of)
	if p < 10 {
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}

// evidence names what is unlike the end a reset claims to come from.
func evidence(list []string) string {
	names := map[string]string{"ttl": "TTL", "ip_id": "IP identification", "sequence": "sequence numbers", "options": "options"}
	var words []string
	for _, x := range list {
		words = append(words, names[x])
	}
	return strings.Join(words, " and ")
}
