package dns

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// play plays a script to a Pairer and returns its records, one a line. A line of the script is a time in seconds, a
// direction, "lost", or "q" or "r", an ID and questions, each with an optional type after a slash; "rcode=N", "tc", "bad", "short",
// "cut", "notify", "dso" and records as type=data may follow, those behind "auth" of the authority section; "at" and a packet
// number come last. The protocol "stream" is DNS over TCP.
func play(t *testing.T, protocol, script string) (string, *Pairer) {
	t.Helper()
	var out strings.Builder
	p := NewPairer(protocol, func(r *hanalyze.DNS) { out.WriteString(line(r) + "\n") })
	if protocol == "stream" {
		p.protocol, p.Stream = ProtocolDNS, true
	}
	var m hanalyze.Meta
	for s := range strings.Lines(script) {
		f := strings.Fields(s)
		if len(f) == 0 {
			continue
		}
		m.Packet++
		var sec float64
		fmt.Sscan(f[0], &sec)
		m.Time = hanalyze.Time(sec * 1e9)
		if f[1] == "close" {
			p.Close(m, hanalyze.MissingEndOfCapture)
			continue
		}
		d := hanalyze.C2S
		if f[1] == "s2c" {
			d = hanalyze.S2C
		}
		if f[2] == "lost" {
			p.Lost(d, hanalyze.MissingGap)
			continue
		}
		if n := len(f); f[n-2] == "at" {
			fmt.Sscan(f[n-1], &m.Packet)
			f = f[:n-2]
		}
		p.Message(d, m, scripted(t, f[2:]))
	}
	return out.String(), p
}

func scripted(t *testing.T, f []string) *Message {
	msg := &Message{Response: f[0] == "r"}
	fmt.Sscan(f[1], &msg.ID)
	section := &msg.Answers
	for _, w := range f[2:] {
		switch {
		case strings.HasPrefix(w, "rcode="):
			fmt.Sscan(w[6:], &msg.Rcode)
		case w == "tc":
			msg.Flags.TC = true
		case w == "bad":
			msg.Err = &Error{Code: "rr_truncated"}
		case w == "short":
			msg.Err = &Error{Code: "short_header"}
		case w == "cut":
			msg.Err, msg.Missing = &Error{Code: "rr_truncated"}, hanalyze.MissingSnaplen
		case w == "notify":
			msg.Opcode = opcodeNotify
		case w == "dso":
			msg.Opcode = opcodeDSO
		case w == "auth":
			section = &msg.Authority
		case strings.Contains(w, "="):
			typ, data, _ := strings.Cut(strings.ReplaceAll(w, "_", " "), "=")
			*section = append(*section, hanalyze.DNSRR{Type: typ, Class: "IN", Data: data})
		default:
			name, typ, _ := strings.Cut(w, "/")
			if typ == "" {
				typ = "A"
			}
			msg.Questions = append(msg.Questions, hanalyze.DNSQuestion{Name: name, Type: typ, Class: "IN"})
		}
	}
	return msg
}

func line(r *hanalyze.DNS) string {
	s := fmt.Sprintf("%d-%d id=%d %s %d/%d", r.Start.Packet, r.Last.Packet, r.ID, r.Outcome, r.Messages.Queries, r.Messages.Responses)
	if r.Question != nil {
		s += " " + r.Question.Name + "/" + r.Question.Type
	}
	if len(r.Questions) > 0 {
		s += fmt.Sprintf(" questions=%d", len(r.Questions))
	}
	if r.Rcode != "" {
		s += " " + r.Rcode
	}
	if d, ok := r.RTT.Get(); ok {
		s += " rtt=" + d.String()
	}
	if r.Retries > 0 {
		s += fmt.Sprintf(" retries=%d", r.Retries)
	}
	if r.Mismatch != "" {
		s += " mismatch=" + r.Mismatch
	}
	if r.Basis != "" {
		s += " inferred"
	}
	if r.Contradicts > 0 {
		s += fmt.Sprintf(" contradicts=%d", r.Contradicts)
	}
	if t := r.Transfer; t != nil {
		s += fmt.Sprintf(" %s=%s/%d", t.Kind, t.Result, t.Records)
	}
	if len(r.Answers) > 0 {
		s += fmt.Sprintf(" answers=%d", len(r.Answers))
	}
	if r.Truncated {
		s += " truncated"
	}
	if r.Missing != 0 {
		s += fmt.Sprintf(" missing=%b", r.Missing)
	}
	return s
}

func TestPairing(t *testing.T) {
	for _, c := range []struct{ name, protocol, script, want string }{
		{"an answer", "dns", `
			1.0 c2s q 7 a.example
			1.5 s2c r 7 A.EXAMPLE A=192.0.2.1`, `
			1-2 id=7 answered 1/1 a.example/A NOERROR rtt=500ms mismatch=case answers=1`},
		{"retries: the time runs from the last query", "dns", `
			1 c2s q 7 a
			2 c2s q 7 A
			3 c2s q 7 a
			4 s2c r 7 a rcode=3`, `
			1-4 id=7 answered 3/1 a/A NXDOMAIN rtt=1s retries=2`},
		{"an answer to another question with the same ID is none", "dns", `
			1 c2s q 7 a
			2 s2c r 7 b
			3 s2c r 7 a`, `
			2-2 id=7 unsolicited 0/1 b/A NOERROR mismatch=question
			1-3 id=7 answered 1/1 a/A NOERROR rtt=2s`},
		{"an answer with another ID is none", "dns", `
			1 c2s q 7 a
			2 s2c r 8 a
			3 s2c r 7 a`, `
			2-2 id=8 unsolicited 0/1 a/A NOERROR mismatch=id
			1-3 id=7 answered 1/1 a/A NOERROR rtt=2s`},
		{"a second answer that says something else, and a third", "dns", `
			1.0 c2s q 7 a
			1.1 s2c r 7 a A=192.0.2.1 A=192.0.2.2
			1.2 s2c r 7 a A=192.0.2.2 A=192.0.2.1
			1.3 s2c r 7 a A=203.0.113.9
			1.4 s2c r 7 a A=203.0.113.9`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=100ms answers=2
			4-4 id=7 unsolicited 0/1 a/A NOERROR contradicts=2 answers=1`},
		{"a second answer to a second query may differ, or one that comes late", "dns", `
			1.0 c2s q 7 a
			1.1 c2s q 7 a
			1.2 s2c r 7 a A=192.0.2.1
			1.3 s2c r 7 a A=192.0.2.2
			2.0 c2s q 8 a
			2.1 s2c r 8 a A=192.0.2.1
			3.1 s2c r 8 a A=192.0.2.2`, `
			1-3 id=7 answered 2/1 a/A NOERROR rtt=100ms retries=1 answers=1
			5-6 id=8 answered 1/1 a/A NOERROR rtt=100ms answers=1`},
		{"the same ID with another question, type or direction is another query", "dns", `
			1 c2s q 7 a
			1 c2s q 7 b
			1 c2s q 7 a/AAAA
			1 s2c q 7 a
			2 c2s r 7 a
			2 s2c r 7 a/AAAA
			2 s2c r 7 b
			2 s2c r 7 a`, `
			4-5 id=7 answered 1/1 a/A NOERROR rtt=1s
			3-6 id=7 answered 1/1 a/AAAA NOERROR rtt=1s
			2-7 id=7 answered 1/1 b/A NOERROR rtt=1s
			1-8 id=7 answered 1/1 a/A NOERROR rtt=1s`},
		{"an error without a question pairs by its ID", "dns", `
			1 c2s q 7 a
			1 c2s q 8 b
			2 s2c r 8 rcode=1`, `
			2-3 id=8 answered 1/1 b/A FORMERR rtt=1s inferred`},
		{"an inverse query learns its question from the answer", "dns", `
			1 c2s q 7
			2 s2c r 7 a`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s inferred`},
		{"an answer without a query", "dns", `
			1 s2c r 7 a A=192.0.2.1`, `
			1-1 id=7 unsolicited 0/1 a/A NOERROR answers=1`},
		{"an answer in the direction of its query answers nothing", "dns", `
			1 c2s q 7 a
			2 c2s r 7 a
			3 close`, `
			2-2 id=7 unsolicited 0/1 a/A NOERROR
			1-1 id=7 unanswered 1/0 a/A missing=100000`},
		{"no answer in time, then one that is too late", "dns", `
			1 c2s q 7 a
			2 c2s q 8 b
			31.5 c2s q 9 c
			32.5 s2c r 7 a`, `
			1-1 id=7 unanswered 1/0 a/A
			2-2 id=8 unanswered 1/0 b/A
			4-4 id=7 unsolicited 0/1 a/A NOERROR`},
		{"close gives up what has waited long enough without a reason", "dns", `
			1 c2s q 7 a
			30 c2s q 8 b
			35 close`, `
			1-1 id=7 unanswered 1/0 a/A
			2-2 id=8 unanswered 1/0 b/A missing=100000`},
		{"a repeated answer is no record", "dns", `
			1 c2s q 7 a
			1 c2s q 7 a
			2 s2c r 7 a
			2 s2c r 7 a`, `
			1-3 id=7 answered 2/1 a/A NOERROR rtt=1s retries=1`},
		{"a repeated answer long after is one", "dns", `
			1 c2s q 7 a
			2 s2c r 7 a
			40 s2c r 7 a`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s
			3-3 id=7 unsolicited 0/1 a/A NOERROR`},
		{"truncated", "dns", `
			1 c2s q 7 a
			2 s2c r 7 a tc`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s truncated`},
		{"malformed on either side", "dns", `
			1 c2s q 7 a bad
			2 s2c r 7 a
			3 c2s q 8 b
			4 s2c r 8 b bad
			5 s2c r 9 c bad`, `
			1-2 id=7 malformed 1/1 a/A NOERROR rtt=1s
			3-4 id=8 malformed 1/1 b/A NOERROR rtt=1s
			5-5 id=9 malformed 0/1 c/A NOERROR`},
		{"a cut packet is not malformed", "dns", `
			1 c2s q 7 a
			2 s2c r 7 a cut`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s missing=10`},
		{"too short for a header", "dns", `
			1 c2s q 0 short`, ``},
		{"several questions", "dns", `
			1 c2s q 7 a b
			2 s2c r 7 a b`, `
			1-2 id=7 answered 1/1 a/A questions=2 NOERROR rtt=1s`},
		{"a clock that goes back", "dns", `
			5 c2s q 7 a
			4 s2c r 7 a`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=-1s`},
		{"mDNS pairs nothing", "mdns", `
			1 c2s q 0 a.local b.local
			1 c2s r 0 a.local A=192.0.2.1
			1 s2c r 0 a.local A=192.0.2.1`, `
			1-1 id=0 one_way 1/0 a.local/A questions=2
			2-2 id=0 one_way 0/1 a.local/A NOERROR answers=1
			3-3 id=0 one_way 0/1 a.local/A NOERROR answers=1`},
		{"LLMNR between two machines", "llmnr", `
			1 c2s q 7 a
			2 s2c r 7 a
			3 c2s q 8 b
			3 s2c r 9 c
			3 close`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s
			4-4 id=9 one_way 0/1 c/A NOERROR
			3-3 id=8 unanswered 1/0 b/A missing=100000`},
		{"NOTIFY", "dns", `
			1 c2s q 7 a/SOA notify SOA=x
			2 s2c r 7 a/SOA notify
			3 c2s q 8 a/SOA notify
			4 close`, `
			1-2 id=7 answered 1/1 a/SOA NOERROR rtt=1s answers=1
			3-3 id=8 unanswered 1/0 a/SOA missing=100000`},
		{"DSO without an ID wants no answer", "dns", `
			1 s2c q 0 dso`, `
			1-1 id=0 one_way 1/0`},
		{"a query's records do not stay in its answer", "dns", `
			1 c2s q 7 a A=192.0.2.1
			2 s2c r 7 a`, `
			1-2 id=7 answered 1/1 a/A NOERROR rtt=1s`},
		{"a zone transfer ends at the second SOA", "dns", `
			1 c2s q 7 a/AXFR
			2 s2c r 7 a/AXFR SOA=x A=192.0.2.1
			31.5 s2c r 7 a/AXFR A=192.0.2.2
			34 s2c r 7 a/AXFR SOA=x
			35 s2c r 7 a/AXFR SOA=x`, `
			1-4 id=7 answered 1/3 a/AXFR NOERROR rtt=1s axfr=whole/4 answers=4`},
		{"a zone transfer that breaks off", "stream", `
			1 c2s q 7 a/AXFR
			2 s2c r 7 a/AXFR SOA=x A=192.0.2.1
			40 c2s q 8 b`, `
			1-2 id=7 answered 1/1 a/AXFR NOERROR rtt=1s axfr=cut/2 answers=2`},
		{"a zone transfer that the capture ends in", "stream", `
			1 c2s q 7 a/AXFR
			2 s2c r 7 a/AXFR SOA=x A=192.0.2.1
			3 close`, `
			1-2 id=7 answered 1/1 a/AXFR NOERROR rtt=1s axfr=/2 answers=2 missing=100000`},
		{"a zone transfer whose first message is lost is not refused", "stream", `
			1 c2s q 7 a/AXFR
			2 s2c lost
			3 s2c r 7 A=192.0.2.1 SOA=x
			40 c2s q 8 b`, `
			1-3 id=7 answered 1/1 a/AXFR NOERROR rtt=2s inferred axfr=/2 answers=2 missing=1`},
		{"an incremental transfer without its first difference looks like a whole zone", "stream", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c r 7 a/IXFR SOA=x_y_6_0
			2 s2c lost
			2 s2c r 7 A=192.0.2.1 SOA=x_y_6_0
			2 s2c r 7 A=192.0.2.2 SOA=x_y_6_0
			40 c2s q 8 b`, `
			1-5 id=7 answered 1/3 a/IXFR NOERROR rtt=1s ixfr=/5 answers=5 missing=1`},
		{"the end of an incremental transfer is not an answer of nothing newer", "stream", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c lost
			2 s2c r 7 SOA=x_y_5_0
			40 c2s q 8 b`, `
			1-3 id=7 answered 1/1 a/IXFR NOERROR rtt=1s inferred ixfr=/1 answers=1 missing=1`},
		{"messages of another question do not belong to a transfer with the same ID", "stream", `
			1 c2s q 7 a/AXFR
			2 s2c r 7 a/AXFR SOA=x A=192.0.2.1
			2 s2c lost
			3 s2c r 7 b A=192.0.2.9
			40 c2s q 8 b`, `
			4-4 id=7 unsolicited 0/1 b/A NOERROR answers=1
			1-2 id=7 answered 1/1 a/AXFR NOERROR rtt=1s axfr=/2 answers=2 missing=1`},
		{"a transfer that is put together before its query", "stream", `
			2 s2c r 7 a/AXFR SOA=x A=192.0.2.1 at 5
			2 s2c r 7 A=192.0.2.2 at 6
			2 s2c r 7 a/AXFR SOA=x at 7
			1 c2s q 7 a/AXFR at 4`, `
			4-7 id=7 answered 1/3 a/AXFR NOERROR rtt=1s axfr=whole/4 answers=4`},
		{"a refused transfer", "dns", `
			3 c2s q 8 a/AXFR
			4 s2c r 8 a/AXFR rcode=5`, `
			1-2 id=8 answered 1/1 a/AXFR REFUSED rtt=1s axfr=refused/0`},
		{"an incremental transfer with nothing newer", "dns", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c r 7 a/IXFR SOA=x_y_5_0`, `
			1-2 id=7 answered 1/1 a/IXFR NOERROR rtt=1s ixfr=up_to_date/1 answers=1`},
		{"an incremental transfer that does not fit a datagram", "dns", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c r 7 a/IXFR SOA=x_y_6_0`, `
			1-2 id=7 answered 1/1 a/IXFR NOERROR rtt=1s ixfr=cut/1 answers=1`},
		{"an incremental transfer, whose new SOA also ends a message in the middle", "stream", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c r 7 a/IXFR SOA=x_y_6_0
			2 s2c r 7 a/IXFR SOA=x_y_5_0 A=192.0.2.1 SOA=x_y_6_0
			2 s2c r 7 A=192.0.2.2 SOA=x_y_6_0`, `
			1-4 id=7 answered 1/3 a/IXFR NOERROR rtt=1s ixfr=incremental/6 answers=6`},
		{"an incremental transfer that is the whole zone", "stream", `
			1 c2s q 7 a/IXFR auth SOA=x_y_5_0
			2 s2c r 7 a/IXFR SOA=x_y_6_0 A=192.0.2.1
			2 s2c r 7 a/IXFR SOA=x_y_6_0`, `
			1-3 id=7 answered 1/2 a/IXFR NOERROR rtt=1s ixfr=whole/3 answers=3`},
		{"an answer of a stream that is put together before its query", "stream", `
			2 s2c r 7 a at 5
			1 c2s q 7 a at 4`, `
			4-5 id=7 answered 1/1 a/A NOERROR rtt=1s`},
		{"an answer captured before the query is not its answer", "stream", `
			1 s2c r 7 a
			2 c2s q 7 a
			3 close`, `
			1-1 id=7 unsolicited 0/1 a/A NOERROR
			2-2 id=7 unanswered 1/0 a/A missing=100000`},
		{"what is unfinished when bytes are lost", "stream", `
			1 c2s q 7 a
			1 c2s q 8 a/AXFR
			1 s2c r 8 a/AXFR SOA=x A=192.0.2.1
			2 s2c lost
			3 s2c r 8 a/AXFR SOA=x
			4 c2s lost
			5 s2c r 9 b
			6 s2c r 7 a
			7 c2s q 10 c
			50 c2s q 11 c`, `
			2-5 id=8 answered 1/2 a/AXFR NOERROR rtt=0s axfr=whole/3 answers=3 missing=1
			1-8 id=7 answered 1/1 a/A NOERROR rtt=5s
			7-7 id=9 unsolicited 0/1 b/A NOERROR missing=1
			9-9 id=10 unanswered 1/0 c/A missing=1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := play(t, c.protocol, c.script)
			want := ""
			for l := range strings.Lines(c.want) {
				if l = strings.TrimSpace(l); l != "" {
					want += l + "\n"
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
