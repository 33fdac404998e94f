package h1

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

// recorder keeps what tests of limits ask for.
type recorder struct {
	codes   map[Code]int
	ends    map[How]int
	heads   []Event
	bodies  int
	pairing map[Pairing]int
}

func record() (*Conn, *recorder) {
	r := &recorder{codes: map[Code]int{}, ends: map[How]int{}, pairing: map[Pairing]int{}}
	return NewConn(func(ev *Event) {
		switch ev.Kind {
		case Malformed:
			r.codes[ev.Code]++
		case MessageEnd:
			r.ends[ev.How]++
		case RequestHead, ResponseHead:
			head := *ev
			head.Headers = slices.Clone(ev.Headers)
			r.heads = append(r.heads, head)
			if ev.Kind == ResponseHead {
				r.pairing[ev.Pairing]++
			}
		case Body:
			r.bodies += len(ev.Data)
		case MessageBegin, BodyGap, Trailers, Switch, StartFound:
		}
	}), r
}

// feed gives s whole to one Conn and in pieces of 1000 bytes to another; both are to tell the same. It checks that all is
// taken.
func feed(t *testing.T, d hanalyze.Dir, s string, check func(t *testing.T, c *Conn, r *recorder)) {
	t.Helper()
	for _, size := range []int{len(s), 1000} {
		c, r := record()
		for b := []byte(s); len(b) > 0; b = b[min(size, len(b)):] {
			piece := b[:min(size, len(b))]
			if n := c.Feed(d, piece); n != len(piece) {
				t.Fatalf("took %d of %d", n, len(piece))
			}
			if got := cap(c.half[d].carry); got > 2*maxHead {
				t.Fatalf("carries %d bytes", got)
			}
		}
		check(t, c, r)
	}
}

func TestLimitStartLine(t *testing.T) {
	long := "GET /" + strings.Repeat("x", maxStartLine) + " HTTP/1.1\r\nHost: h\r\n\r\n"
	feed(t, hanalyze.C2S, long+"GET /b HTTP/1.1\r\nHost: h\r\n\r\n", func(t *testing.T, _ *Conn, r *recorder) {
		if r.codes[LimitStartLine] != 1 || r.ends[EndLimit] != 1 || len(r.heads) != 1 || r.heads[0].Target != "/b" {
			t.Errorf("codes %v, ends %v, heads %d", r.codes, r.ends, len(r.heads))
		}
	})
	short := "GET /" + strings.Repeat("x", maxStartLine-len("GET / HTTP/1.1\r\n")) + " HTTP/1.1\r\n\r\n"
	feed(t, hanalyze.C2S, short, func(t *testing.T, _ *Conn, r *recorder) {
		if len(r.codes) != 0 || len(r.heads) != 1 {
			t.Errorf("at the limit: codes %v, heads %d", r.codes, len(r.heads))
		}
	})
}

func TestLimitHead(t *testing.T) {
	head := "POST /a HTTP/1.1\r\nContent-Length: 3\r\nX: " + strings.Repeat("x", maxHead) + "\r\nY: z\r\n\r\n"
	feed(t, hanalyze.C2S, head+"abcGET /b HTTP/1.1\r\n\r\n", func(t *testing.T, c *Conn, r *recorder) {
		if r.codes[LimitHead] != 1 || r.ends[Complete] != 2 || r.bodies != 3 || !c.doubt || len(r.heads) != 2 || r.heads[0].Notes&Truncated == 0 || len(r.heads[0].Headers) != 1 {
			t.Errorf("codes %v, ends %v, bodies %d, heads %d", r.codes, r.ends, r.bodies, len(r.heads))
		}
	})
}

func TestLimitHeaders(t *testing.T) {
	head := "POST /a HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", maxHeaders) + "Content-Length: 3\r\n\r\n"
	feed(t, hanalyze.C2S, head+"abc", func(t *testing.T, _ *Conn, r *recorder) {
		if r.codes[LimitHeaders] != 1 || r.ends[Complete] != 1 || r.bodies != 3 || len(r.heads[0].Headers) != maxHeaders || r.heads[0].Notes&Truncated == 0 {
			t.Errorf("codes %v, ends %v, bodies %d", r.codes, r.ends, r.bodies)
		}
	})
}

func TestLimitTrailers(t *testing.T) {
	s := "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", maxTrailers/6+1) + "\r\nGET /b HTTP/1.1\r\n\r\n"
	feed(t, hanalyze.C2S, s, func(t *testing.T, _ *Conn, r *recorder) {
		if r.codes[LimitTrailers] != 1 || r.ends[Complete] != 2 || len(r.heads) != 2 {
			t.Errorf("codes %v, ends %v, heads %d", r.codes, r.ends, len(r.heads))
		}
	})
}

func TestLimitChunkLine(t *testing.T) {
	s := "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", maxChunkLine) + "\r\na\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
	feed(t, hanalyze.C2S, s, func(t *testing.T, _ *Conn, r *recorder) {
		if r.codes[LimitChunkLine] != 1 || r.ends[EndBroken] != 1 || len(r.heads) != 2 {
			t.Errorf("codes %v, ends %v, heads %d", r.codes, r.ends, len(r.heads))
		}
	})
}

func TestLimitOutstanding(t *testing.T) {
	const extra = 5000
	s := strings.Repeat("GET /a HTTP/1.1\r\n\r\n", maxOutstanding+extra)
	feed(t, hanalyze.C2S, s, func(t *testing.T, c *Conn, r *recorder) {
		if r.codes[LimitOutstanding] != 1 || c.outstanding.len() != maxOutstanding || cap(c.outstanding.items) > 4*maxOutstanding {
			t.Errorf("codes %v, outstanding %d, capacity %d", r.codes, c.outstanding.len(), cap(c.outstanding.items))
		}
		c.Feed(hanalyze.S2C, []byte("HTTP/1.1 204 X\r\n\r\n"))
		if last := r.heads[len(r.heads)-1]; last.Exchange != extra+1 || last.Pairing != Guessed {
			t.Errorf("answers %d, %v", last.Exchange, last.Pairing)
		}
	})
}

func TestLimitStray(t *testing.T) {
	s := strings.Repeat("\x00", maxStray+1000) + "HTTP/1.1 200 OK\r\n\r\n"
	feed(t, hanalyze.S2C, s, func(t *testing.T, c *Conn, r *recorder) {
		if r.codes[NotHTTP] != 1 || r.codes[BadStartLine] != 1 || len(r.heads) != 0 || c.half[hanalyze.S2C].state != dead {
			t.Errorf("codes %v, heads %d, %v", r.codes, len(r.heads), c.half[hanalyze.S2C].state)
		}
	})
}

func TestLimitHunt(t *testing.T) {
	const answer = "HTTP/1.1 204 X\r\nDate: b\r\n\r\n"
	for _, tt := range []struct {
		size, heads, codes int
	}{{maxHunt - len(answer), 2, 0}, {maxHunt + 1, 1, 1}} {
		c, r := record()
		c.Feed(hanalyze.S2C, []byte(answer))
		c.Gap(hanalyze.S2C, -1)
		c.Feed(hanalyze.S2C, make([]byte, tt.size))
		c.Feed(hanalyze.S2C, []byte(answer))
		if len(r.heads) != tt.heads || r.codes[NotHTTP] != tt.codes {
			t.Errorf("after %d bytes: heads %d, codes %v", tt.size, len(r.heads), r.codes)
		}
	}
}

func TestDeadServerReleasesClient(t *testing.T) {
	c, r := record()
	c.Feed(hanalyze.C2S, []byte("CONNECT h:1 HTTP/1.1\r\n\r\n"))
	if n := c.Feed(hanalyze.C2S, []byte("GET / HTTP/1.1\r\n\r\n")); n != 0 {
		t.Fatalf("took %d bytes before the answer", n)
	}
	c.Feed(hanalyze.S2C, make([]byte, maxStray+1))
	if n := c.Feed(hanalyze.C2S, []byte("GET / HTTP/1.1\r\n\r\n")); n == 0 || len(r.heads) != 2 {
		t.Errorf("took %d bytes, heads %d", n, len(r.heads))
	}
}

func TestHugeGapsDoNotOverflow(t *testing.T) {
	c, r := record()
	c.Feed(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\n\r\n"))
	for range 8 {
		c.Gap(hanalyze.S2C, 1<<63-1)
	}
	c.End(hanalyze.S2C)
	if off := c.half[hanalyze.S2C].offset; off < 0 || off > maxLength || r.ends[EndGap] != 1 {
		t.Errorf("offset %d, ends %v", off, r.ends)
	}
}

// TestManyMessagesInFewBytes checks that pathological streams cost linear time: each would take minutes otherwise.
func TestManyMessagesInFewBytes(t *testing.T) {
	for _, unit := range []string{"HTTP/1.1 2000\n", "HHHHHHH", "HTTP/1.1 100 \n\n", "\r\n", "H\n"} {
		c, _ := record()
		s := []byte(strings.Repeat(unit, 1<<20/len(unit)))
		for i := range s {
			c.Feed(hanalyze.S2C, s[i:i+1])
		}
	}
	for _, unit := range []string{"x\n", "GET / HTTP/1.1\nA:\n\n", "GET x ", " : \n"} {
		c, _ := record()
		s := []byte(strings.Repeat(unit, 1<<20/len(unit)))
		for i := range s {
			c.Feed(hanalyze.C2S, s[i:i+1])
		}
	}
}

func TestBodiesDoNotAllocate(t *testing.T) {
	length := NewConn(func(*Event) {})
	length.Feed(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"))
	chunks := NewConn(func(*Event) {})
	chunks.Feed(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	chunk := []byte("a\r\n0123456789\r\n")
	for name, c := range map[string]*Conn{"length": length, "chunks": chunks} {
		if n := testing.AllocsPerRun(1000, func() { c.Feed(hanalyze.S2C, chunk) }); n != 0 {
			t.Errorf("%s: %v allocations a segment", name, n)
		}
	}
}

func TestHeadAllocations(t *testing.T) {
	c := NewConn(func(*Event) {})
	n := testing.AllocsPerRun(1000, func() {
		c.Feed(hanalyze.C2S, tenHeaders)
		c.Feed(hanalyze.S2C, tenAnswer)
	})
	if n > 4 {
		t.Errorf("%v allocations an exchange, want one string and one slice a head", n)
	}
}

func TestNames(t *testing.T) {
	for k := MessageBegin; k <= StartFound; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := fmt.Sprint(BareLF|Truncated, None, Tunnel, Complete, EndBroken, Unpaired, Guessed, ended); got != "bare_lf,truncated none tunnel complete broken unpaired guessed ended" {
		t.Error(got)
	}
}

// A head with many headers leaves no large list behind.
func TestKeepRoom(t *testing.T) {
	c, _ := record()
	head := func(n int) string { return "GET / HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("X: y\r\n", n) + "\r\n" }
	c.Feed(hanalyze.C2S, []byte(head(keepRoom)))
	if n := cap(c.room.headers); n <= keepRoom {
		t.Fatalf("room for %d headers: the limit is not reached", n)
	}
	c.Feed(hanalyze.C2S, []byte(head(1)))
	if n := cap(c.room.headers); n > keepRoom {
		t.Errorf("room for %d headers is kept", n)
	}
}
