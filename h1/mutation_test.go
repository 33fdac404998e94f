package h1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"hanalyze"
)

// mutations are what TestMutatedAgainstNetHTTP does to valid requests: old is replaced by new once.
var mutations = []struct{ old, new string }{
	{"HTTP/1.1\r\n", "HTTP/1.0\r\n"}, {"HTTP/1.1\r\n", "HTTP/1.2\r\n"}, {"HTTP/1.1\r\n", "http/1.1\r\n"}, {"HTTP/1.1\r\n", "HTTP/1.1 \r\n"},
	{" HTTP", "  HTTP"}, {" HTTP", "\tHTTP"}, {" HTTP/1.1", ""}, {"POST", "post"}, {"POST ", " POST "}, {"/p", "p"}, {"/p", "*"}, {"/p", "http://h/p"},
	{"/p", "/p q"}, {"Host: h\r\n", ""}, {"Host: h", "Host: h\r\nHost: i"}, {"Host:", "Host :"}, {"Host:", " Host:"}, {"Host: h", "Host h"},
	{"Host: h\r\n", "Host: h\n"}, {"X: y\r\n", "X: y\r\n z\r\n"}, {"X: y", "X: \x00"}, {"X: y", "X: \r"}, {"X: y", "X\xff: y"}, {"X: y", ": y"},
	{"Content-Length: ", "Content-Length: +"}, {"Content-Length: ", "Content-Length: -"}, {"Content-Length: ", "Content-Length: 0"},
	{"Content-Length: ", "Content-Length: 0x"}, {"Content-Length: ", "Content-Length: 1\r\nContent-Length: "}, {"Content-Length: ", "Content-Length:"},
	{"Content-Length: ", "Content_Length: "}, {"Content-Length: ", "Content-Length : "}, {"Content-Length: ", "Content-Length: 99999999999999999999"},
	{"Content-Length: ", "Transfer-Encoding: chunked\r\nContent-Length: "},
	{": chunked", ": xchunked"}, {": chunked", ": chunked, identity"}, {": chunked", ": gzip, chunked"}, {": chunked", ":\tchunked"}, {": chunked", ": CHUNKED"},
	{": chunked", ": chunked\r\nTransfer-Encoding: chunked"}, {": chunked", ": \"chunked\""}, {": chunked", ":\r\n chunked"},
	{"\r\n3\r\n", "\r\n3;a=b\r\n"}, {"\r\n3\r\n", "\r\n3\n"}, {"\r\n3\r\n", "\r\n 3\r\n"}, {"\r\n3\r\n", "\r\n0x3\r\n"}, {"\r\n3\r\n", "\r\n3 \r\n"}, {"\r\n3\r\n", "\r\n+3\r\n"},
	{"\r\n3\r\n", "\r\n10000000000000003\r\n"}, {"abc\r\n", "abc\n"}, {"abc\r\n", "abcd\r\n"}, {"0\r\n\r\n", "0\r\n"}, {"0\r\n\r\n", "0\r\nT: u\r\n\r\n"}, {"0\r\n\r\n", "0;\nx\r\n\r\n"},
}

// TestMutatedAgainstNetHTTP compares broken requests with net/http. The rule: what net/http accepts is read here the same
// way, or it is told that it is ambiguous; what is read here without a note and without a word is accepted by net/http.
// Where the two differ all the same,
// differences says why.
func TestMutatedAgainstNetHTTP(t *testing.T) {
	seeds := []string{
		"POST /p HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 5\r\n\r\nhello",
		"POST /p HTTP/1.1\r\nHost: h\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	}
	next := "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
	rnd := rand.New(rand.NewPCG(3, 4))
	same, used := 0, make([]int, len(differences))
	for _, seed := range seeds {
		for i := range 4000 {
			msg := seed
			for k := range 1 + i/2000 {
				m := mutations[rnd.IntN(len(mutations))]
				if k == 0 && i < len(mutations) {
					m = mutations[i]
				}
				msg = strings.Replace(msg, m.old, m.new, 1)
			}
			ours, told := readHere(msg + next)
			theirs, err := readThere(msg + next)
			switch {
			case err == nil && ours == theirs:
				same++
			case told: // and told
			case err != nil && tolerated(err.Error(), msg) >= 0:
				used[tolerated(err.Error(), msg)]++
			default:
				t.Errorf("%q:\nh1       %q\nnet/http %q (%v)", msg, ours, theirs, err)
			}
		}
	}
	for i, d := range differences {
		if used[i] == 0 {
			t.Errorf("nothing differs any more because of: %s", d.why)
		}
	}
	t.Logf("%d the same, refused by net/http for the listed reasons: %v", same, used)
}

// readHere reads the first request and the target of the second. told says that something was noted or reported.
func readHere(s string) (summary string, told bool) {
	var targets, bodies [3]string
	n := 0
	c := NewConn(func(ev *Event) {
		switch ev.Kind {
		case RequestHead:
			if n < 2 {
				n++
				targets[n] = ev.Method + " " + ev.Target
			}
			told = told || n == 1 && ev.Notes != 0
		case Body:
			bodies[n] += string(ev.Data)
		case Malformed:
			told = true
		case MessageBegin, ResponseHead, BodyGap, Trailers, MessageEnd, Switch, StartFound:
		}
	})
	c.Feed(hanalyze.C2S, []byte(s))
	c.End(hanalyze.C2S)
	return fmt.Sprintf("%s %q %s", targets[1], bodies[1], targets[2]), told
}

func readThere(s string) (string, error) {
	in := bufio.NewReader(bytes.NewReader([]byte(s)))
	first, err := http.ReadRequest(in)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(first.Body)
	if err != nil {
		return "", err
	}
	second, err := http.ReadRequest(in)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s %q %s %s", first.Method, first.RequestURI, body, second.Method, second.RequestURI), nil
}

// differences lists what net/http refuses and is read here without a word, and why.
var differences = []struct{ err, msg, why string }{
	{"unsupported transfer encoding", "gzip, chunked", "RFC 9112 §6.1 allows it; net/http knows chunked alone"},
	{"invalid URI for request", " p HTTP", "a target of no form of RFC 9112 §3.2 is told as it is"},
}

// tolerated returns which of the differences explains err, -1 for none.
func tolerated(err, msg string) int {
	for i, d := range differences {
		if strings.Contains(err, d.err) && strings.Contains(msg, d.msg) {
			return i
		}
	}
	return -1
}
