package story

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
)

// ask plays exchanges to a Joiner, one a line, and tells their links. A line: the packets and the times in ms of query and
// answer, "-" for none, the flow, name/type, what came of it (an rcode, "tc", "lost"), a TTL, and flags.
func ask(t *testing.T, script string) string {
	t.Helper()
	j := New()
	var out strings.Builder
	for l := range strings.Lines(script) {
		f := strings.Fields(l)
		if len(f) == 0 {
			continue
		}
		r := &hanalyze.DNS{
			Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{Client: client, Server: ns, Transport: hanalyze.UDP}},
			Opcode:   "QUERY", Protocol: "dns", Rcode: "NOERROR", Outcome: "answered", AnswerFrom: "recursive", AnswerWhy: "ra_flag",
			Messages: hanalyze.DNSMessages{Queries: 1, Responses: 1},
		}
		var start, last int64
		fmt.Sscan(f[0], &r.Start.Packet)
		fmt.Sscan(f[1], &start)
		r.Start.Time, r.Last = hanalyze.Time(start)*ms, hanalyze.Meta{Packet: r.Start.Packet, Time: hanalyze.Time(start) * ms}
		if f[2] != "-" {
			fmt.Sscan(f[2], &r.Last.Packet)
			fmt.Sscan(f[3], &last)
			r.Last.Time = hanalyze.Time(last) * ms
		}
		fmt.Sscan(f[4], &r.Flow.ID)
		name, typ, _ := strings.Cut(f[5], "/")
		r.Question = &hanalyze.DNSQuestion{Name: name, Type: typ, Class: "IN"}
		rr := hanalyze.DNSRR{Name: name, Type: typ, Data: "x"}
		for _, w := range f[6:] {
			switch {
			case w == "lost":
				r.Outcome, r.Rcode, r.Messages.Responses = "unanswered", "", 0
			case w == "tc":
				r.Truncated = true
			case w == "tcp":
				r.Flow.Transport = hanalyze.TCP
			case w == "aa":
				r.Flags.AA, r.AnswerFrom, r.AnswerWhy = true, "authoritative", "aa_flag"
			case strings.HasPrefix(w, "ttl="):
				fmt.Sscan(w[4:], &rr.TTL)
				r.Answers = []hanalyze.DNSRR{rr}
			case strings.HasPrefix(w, "negative="):
				var ttl uint64
				fmt.Sscan(w[9:], &ttl)
				r.Negative = &hanalyze.DNSNegative{TTL: &ttl}
			default:
				r.Rcode = w
			}
		}
		j.Record(r)
		fmt.Fprintf(&out, "%d", r.Start.Packet)
		if x := r.Follows; x != nil {
			fmt.Fprintf(&out, " follows %d in #%d: %s", x.Frame, x.Conn, x.Reason)
		}
		if x := r.AskedAgain; x != nil {
			fmt.Fprintf(&out, " again %d in #%d: %s", x.Frame, x.Conn, x.Reason)
		}
		if x := r.Cached; x != nil {
			fmt.Fprintf(&out, " before %d in #%d: %d s left", x.Frame, x.Conn, x.Left)
		}
		if x := r.Race; x != nil {
			d, _ := x.Lead.Get()
			fmt.Fprintf(&out, " %s %d in #%d was %v ahead", x.Type, x.Frame, x.Conn, d)
		}
		if r.AnswerFrom == "cache" {
			out.WriteString(" " + r.AnswerWhy)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestQuestions(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"truncated, then over TCP", `
			1 0 2 10 1 a/TXT tc
			5 20 6 30 2 A/TXT tcp ttl=60`, "1\n5 follows 1 in #1: truncated\n"},
		{"unanswered, then by another server or socket; the first is told when it has waited long enough", `
			2 5000 3 5010 2 a/A ttl=60
			1 0 - - 1 a/A lost`, "2\n1 again 2 in #2: unanswered\n"},
		{"both unanswered", `
			1 0 - - 1 a/A lost
			2 5000 - - 2 a/A lost`, "1\n2 follows 1 in #1: unanswered\n"},
		{"a failure, then another server; long after it is another matter", `
			1 0 2 10 1 a/A SERVFAIL
			3 20 4 30 2 a/A REFUSED
			5 40000 6 40010 3 a/A ttl=9`, "1\n3 follows 1 in #1: failed\n5\n"},
		{"asked again although the answer was good, and when it no longer was", `
			1 0 2 10 1 a/A ttl=60
			3 1010 4 1020 2 a/A ttl=60
			5 62020 6 62030 3 a/A ttl=60
			7 62240 8 62250 4 a/AAAA ttl=60`, "1\n3 before 2 in #1: 59 s left\n5\n7\n"},
		{"that there is nothing is remembered too", `
			1 0 2 10 1 a/A NXDOMAIN negative=30
			3 10010 4 10020 2 a/A NXDOMAIN negative=30`, "1\n3 before 2 in #1: 20 s left\n"},
		{"a cache: the TTL runs down with the clock; not when it falls otherwise", `
			1 0 2 10 1 a/A ttl=60
			3 5010 4 5020 2 a/A ttl=55
			5 6000 6 6010 3 a/A ttl=20`, "1\n3 before 2 in #1: 55 s left ttl_ran_down\n5 before 4 in #2: 54 s left\n"},
		{"a cache: the TTL runs down, seen second by second", `
			1 0 2 10 1 a/A ttl=60
			3 1000 4 1010 2 a/A ttl=59
			5 2000 6 2010 3 a/A ttl=58`, "1\n3 before 2 in #1: 59 s left\n5 before 4 in #2: 58 s left ttl_ran_down\n"},
		{"no cache: the same TTL every second, then one that was shortened", `
			1 0 2 10 1 a/A ttl=60
			3 1000 4 1010 2 a/A ttl=60
			5 2000 6 2010 3 a/A ttl=60
			7 3000 8 3010 4 a/A ttl=57`, "1\n3 before 2 in #1: 59 s left\n5 before 4 in #2: 59 s left\n7 before 6 in #3: 59 s left\n"},
		{"a cache: less than the owner tells", `
			1 0 2 10 1 a/A aa ttl=300
			3 20 4 30 2 a/A ttl=120
			5 40 6 50 2 a/A aa ttl=100`, "1\n3 before 2 in #1: 299 s left ttl_below_first\n5 before 4 in #2: 119 s left\n"},
		{"A and AAAA at once; one after the other is no race", `
			1 0 4 20 1 a/AAAA ttl=60
			2 1 3 10 1 a/A ttl=60
			5 200 6 210 1 b/A ttl=60
			7 400 8 410 1 b/AAAA ttl=60`, "1\n2\n5\n7\n"},
		{"the answer that came second tells of the first", `
			2 1 3 10 1 a/A ttl=60
			1 0 4 20 1 a/AAAA ttl=60`, "2\n1 A 2 in #1 was 10ms ahead\n"},
	} {
		if got := ask(t, c.script); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}
