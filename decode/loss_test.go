package decode

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
	"hanalyze/internal/convo"
)

// fact is what must be right about an exchange that is told as complete and certain.
type fact struct {
	method, url       string
	status            uint16
	request, response uint64 // body bytes
	first, last       uint64 // packets, of HTTP/2 only
	timing            hanalyze.HTTPTiming
	idle              hanalyze.Span // not known after a loss
}

func factOf(r *hanalyze.HTTP) fact {
	f := fact{method: r.Method, url: r.URL, status: r.Status}
	if r.Request != nil {
		f.request = r.Request.BodyBytes
	}
	if r.Response != nil {
		f.response = r.Response.BodyBytes
	}
	if r.Version == "2" {
		f.first, f.last, f.timing = r.Start.Packet, r.Last.Packet, r.Timing
		f.timing.Idle, f.idle = hanalyze.Span{}, r.Timing.Idle
	}
	return f
}

// anyIdle returns the fact among all that is f but for the idle time before it, if f does not tell that.
func (f fact) anyIdle(all map[fact]int) fact {
	for g := range all {
		same := g
		if same.idle = f.idle; f.idle.IsZero() && same == f {
			return g
		}
	}
	return f
}

// facts are those of the exchanges told as complete and certain.
func facts(records []hanalyze.Record) map[fact]int {
	m := map[fact]int{}
	for _, r := range records {
		if h, ok := r.(*hanalyze.HTTP); ok && h.Missing == 0 && h.Pairing == "certain" {
			m[factOf(h)]++
		}
	}
	return m
}

// http1Talk makes a conversation of n exchanges, each with a URL of its own.
func http1Talk(rnd *rand.Rand, n int) (steps []convo.Step) {
	var asked, answered strings.Builder
	for i := range n {
		if asked.Len() > 0 && rnd.IntN(3) > 0 { // otherwise the next request is pipelined
			steps = append(steps, c2s(asked.String()), s2c(answered.String()))
			asked.Reset()
			answered.Reset()
		}
		method := []string{"GET", "HEAD", "POST", "PUT"}[rnd.IntN(4)]
		fmt.Fprintf(&asked, "%s /x/%d HTTP/1.1\r\nHost: a.example\r\n", method, i)
		if method == "POST" || method == "PUT" {
			writeBody(&asked, rnd)
		} else {
			asked.WriteString("\r\n")
		}
		if rnd.IntN(5) == 0 {
			answered.WriteString("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}
		status := []int{200, 204, 304, 404, 500}[rnd.IntN(5)]
		fmt.Fprintf(&answered, "HTTP/1.1 %d X\r\nServer: t\r\n", status)
		switch {
		case status == 204 || status == 304:
			answered.WriteString("\r\n")
		case method == "HEAD":
			fmt.Fprintf(&answered, "Content-Length: %d\r\n\r\n", rnd.IntN(1000))
		default:
			writeBody(&answered, rnd)
		}
	}
	return append(steps, c2s(asked.String()), s2c(answered.String()))
}

func writeBody(b *strings.Builder, rnd *rand.Rand) {
	n := rnd.IntN(400)
	if rnd.IntN(2) == 0 {
		fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", n, strings.Repeat(".", n))
		return
	}
	b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
	for n > 0 {
		k := min(n, 1+rnd.IntN(100))
		fmt.Fprintf(b, "%x\r\n%s\r\n", k, strings.Repeat(".", k))
		n -= k
	}
	b.WriteString("0\r\n\r\n")
}

// http2Talk makes an HTTP/2 conversation of n exchanges that overlap.
func http2Talk(t testing.TB, rnd *rand.Rand, n int) (steps []convo.Step) {
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings())
	steps = append(steps, c2s(string(c.take())), s2c(string(s.take())))
	for i := 0; i < n; {
		first := i
		for ; i < n && i < first+1+rnd.IntN(3); i++ {
			if stream := uint32(2*i + 1); rnd.IntN(2) == 0 {
				c.get(stream, fmt.Sprintf("/x/%d", i))
			} else {
				c.headers(stream, false, ":method", "POST", ":scheme", "https", ":authority", "h2.example", ":path", fmt.Sprintf("/x/%d", i), "x-n", fmt.Sprint(i))
				c.data(stream, true, rnd.IntN(300))
			}
		}
		for j := first; j < i; j++ {
			stream := uint32(2*j + 1)
			status := []string{"200", "204", "404", "418"}[rnd.IntN(4)]
			s.headers(stream, status == "204", ":status", status, "server", "t", "etag", fmt.Sprint(j))
			if status != "204" {
				s.data(stream, false, rnd.IntN(300))
				s.data(stream, true, rnd.IntN(300))
			}
		}
		steps = append(steps, c2s(string(c.take())), s2c(string(s.take())))
	}
	return steps
}

// lossy cuts steps into segments and replaces some by gaps; from leaves out what comes before that segment, as a capture
// that begins later does. whole are all segments.
func lossy(steps []convo.Step, rnd *rand.Rand, from int) (out, whole []convo.Step) {
	mean, every := 20+rnd.IntN(300), 2+rnd.IntN(20)
	n := 0
	for _, st := range steps {
		for len(st.Data) > 0 {
			k := min(len(st.Data), 1+rnd.IntN(2*mean))
			b := st.Data[:k]
			st.Data = st.Data[k:]
			whole = append(whole, convo.Step{Dir: st.Dir, Data: b})
			switch n++; {
			case n <= from:
			case rnd.IntN(every) == 0:
				out = append(out, convo.Step{Dir: st.Dir, Gap: int64(k)})
			default:
				out = append(out, convo.Step{Dir: st.Dir, Data: b})
			}
		}
	}
	return out, whole
}

// What a lossy capture tells as complete and certain is what really happened. The rest may be incomplete, guessed or gone.
func TestLossNeverLies(t *testing.T) {
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		steps := http1Talk(rnd, 12)
		if seed%3 == 0 {
			steps = http2Talk(t, rnd, 12)
		}
		from := 0
		if seed%5 == 0 {
			from = rnd.IntN(10)
		}
		pieces, whole := lossy(steps, rnd, from)
		p := newPlayer(t, hanalyze.TCP, 80)
		p.steps(whole, nil)
		p.close("fin")
		truth := facts(p.records)
		if len(truth) != 12 {
			t.Fatalf("seed %d: %d facts without loss", seed, len(truth))
		}
		p = newPlayer(t, hanalyze.TCP, 80)
		p.flow.MidStream = from > 0
		for range from {
			p.tick()
		}
		p.steps(pieces, nil)
		p.close("fin")
		for f, n := range facts(p.records) {
			if n != truth[f] && n != truth[f.anyIdle(truth)] {
				t.Fatalf("seed %d tells %d times %+v, which was %d times\n%s%s", seed, n, f, truth[f], describe(pieces), text(p.records, true))
			}
		}
	}
}

func describe(steps []convo.Step) string {
	var b strings.Builder
	for i, s := range steps {
		if s.Gap != 0 {
			fmt.Fprintf(&b, "%d %s gap %d\n", i+1, s.Dir, s.Gap)
		} else {
			fmt.Fprintf(&b, "%d %s %q\n", i+1, s.Dir, s.Data)
		}
	}
	return b.String()
}
