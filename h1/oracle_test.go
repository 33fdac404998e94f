package h1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// summary is what both parsers can tell of a message.
type summary struct {
	Start    string
	Headers  []string
	Body     string
	Trailers []string
}

// TestAgainstNetHTTP compares generated conversations of valid messages with net/http, which is given the request of each
// response.
func TestAgainstNetHTTP(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var c2s, s2c bytes.Buffer
		n := 1 + rnd.IntN(5)
		for i := range n {
			method := []string{"GET", "POST", "HEAD", "PUT", "OPTIONS"}[rnd.IntN(5)]
			writeRequest(&c2s, rnd, method, i)
			writeResponse(&s2c, rnd, method)
		}
		got := ours(t, rnd, c2s.Bytes(), s2c.Bytes())
		if d := cmp.Diff(theirs(t, c2s.Bytes(), s2c.Bytes(), n), got); d != "" {
			t.Fatalf("(-net/http +h1):\n%s\n%q\n%q", d, c2s.Bytes(), s2c.Bytes())
		}
	}
}

func writeRequest(w *bytes.Buffer, rnd *rand.Rand, method string, i int) {
	fmt.Fprintf(w, "%s /%d?%x HTTP/1.1\r\nHost: h%d\r\n", method, i, rnd.Uint32(), i)
	writeHeaders(w, rnd, "\r\n")
	if method == "POST" || method == "PUT" {
		writeBody(w, rnd, rnd.IntN(2) == 0)
		return
	}
	w.WriteString("\r\n")
}

func writeResponse(w *bytes.Buffer, rnd *rand.Rand, method string) {
	status := []int{200, 201, 204, 301, 304, 404, 500}[rnd.IntN(7)]
	fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	writeHeaders(w, rnd, "\n")
	if method == "HEAD" || status == 204 || status == 304 {
		if rnd.IntN(2) == 0 && status != 204 {
			fmt.Fprintf(w, "Content-Length: %d\r\n", rnd.IntN(1000))
		}
		w.WriteString("\r\n")
		return
	}
	writeBody(w, rnd, rnd.IntN(2) == 0)
}

// writeHeaders writes some headers; a third of them end with eol.
func writeHeaders(w *bytes.Buffer, rnd *rand.Rand, eol string) {
	for range rnd.IntN(6) {
		eol := []string{"\r\n", "\r\n", eol}[rnd.IntN(3)]
		fmt.Fprintf(w, "X-%d:%s%x%s%s", rnd.IntN(4), strings.Repeat(" ", rnd.IntN(3)), rnd.Uint64(), strings.Repeat("\t", rnd.IntN(2)), eol)
	}
}

func writeBody(w *bytes.Buffer, rnd *rand.Rand, chunked bool) {
	body := make([]byte, rnd.IntN(300))
	for i := range body {
		body[i] = byte(rnd.Uint32())
	}
	if !chunked {
		fmt.Fprintf(w, "Content-Length: %d\r\n\r\n%s", len(body), body)
		return
	}
	trailer := rnd.IntN(2) == 0
	if trailer {
		w.WriteString("Trailer: X-T\r\n")
	}
	w.WriteString("Transfer-Encoding: chunked\r\n\r\n")
	for len(body) > 0 {
		n := 1 + rnd.IntN(len(body))
		fmt.Fprintf(w, []string{"%x", "%X", "0%x", "%x;a=b"}[rnd.IntN(4)]+"\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	w.WriteString("0\r\n")
	if trailer {
		fmt.Fprintf(w, "X-T: %x\r\n", rnd.Uint32())
	}
	w.WriteString("\r\n")
}

// ours reads the conversation with random cuts, the client's bytes before the server's.
func ours(t *testing.T, rnd *rand.Rand, c2s, s2c []byte) []summary {
	var out []summary
	c := NewConn(func(ev *Event) {
		last := len(out) - 1
		switch ev.Kind {
		case RequestHead:
			out = append(out, summary{Start: fmt.Sprintf("%s %s %s", ev.Method, ev.Target, ev.Version), Headers: flat(ev.Headers)})
		case ResponseHead:
			out = append(out, summary{Start: fmt.Sprintf("%d %s %s", ev.Status, ev.Reason, ev.Version), Headers: flat(ev.Headers)})
			if ev.Pairing != Certain {
				t.Errorf("pairing is %v", ev.Pairing)
			}
		case Body:
			out[last].Body += string(ev.Data)
		case Trailers:
			out[last].Trailers = flat(ev.Headers)
		case MessageEnd:
			if ev.How != Complete {
				t.Errorf("message %d ended %v", last, ev.How)
			}
		case Malformed:
			t.Errorf("malformed: %s", ev.Code)
		case MessageBegin, BodyGap, Switch, StartFound:
		}
	})
	for d, b := range [][]byte{c2s, s2c} {
		for len(b) > 0 {
			n := 1 + rnd.IntN(len(b))
			c.Feed(hanalyze.Dir(d), b[:n])
			b = b[n:]
		}
	}
	return out
}

func theirs(t *testing.T, c2s, s2c []byte, n int) []summary {
	var requests, responses []summary
	in, out := bufio.NewReader(bytes.NewReader(c2s)), bufio.NewReader(bytes.NewReader(s2c))
	for range n {
		req, err := http.ReadRequest(in)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		s := summary{Start: fmt.Sprintf("%s %s %d.%d", req.Method, req.RequestURI, req.ProtoMajor, req.ProtoMinor), Body: string(body)}
		req.Header.Set("Host", req.Host)
		s.Headers, s.Trailers = flatMap(req.Header), flatMap(req.Trailer)
		requests = append(requests, s)
		resp, err := http.ReadResponse(out, req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		s = summary{Start: fmt.Sprintf("%s %d.%d", resp.Status, resp.ProtoMajor, resp.ProtoMinor), Body: string(body)}
		s.Headers, s.Trailers = flatMap(resp.Header), flatMap(resp.Trailer)
		responses = append(responses, s)
	}
	return append(requests, responses...)
}

// flat and flatMap give fields in a common order, without those that net/http takes out of its map.
func flat(hs []hanalyze.Header) (out []string) {
	for _, h := range hs {
		if h.Name != "Trailer" && h.Name != "Transfer-Encoding" {
			out = append(out, h.Name+": "+h.Value)
		}
	}
	sort.Strings(out)
	return out
}

func flatMap(hs http.Header) (out []string) {
	for name, values := range hs {
		for _, v := range values {
			if name != "Trailer" && name != "Transfer-Encoding" {
				out = append(out, name+": "+v)
			}
		}
	}
	sort.Strings(out)
	return out
}
