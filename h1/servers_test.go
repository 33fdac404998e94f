package h1

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"hanalyze"
)

// servers are the programs whose reading testdata/servers.tsv has.
var servers = [...]string{"Go net/http 1.26", "Node 20", "Python 3.12 http.server", "nginx 1.22", "Apache 2.4"}

// read is what a Conn makes of what a client sends: its requests, and whether it says that others may read them otherwise.
func read(raw string) (requests []string, doubted bool) {
	c := NewConn(func(ev *Event) {
		switch ev.Kind {
		case RequestHead:
			requests = append(requests, ev.Method+" "+ev.Target)
		case Malformed:
			doubted = doubted || ev.Ambiguity != nil
		}
	})
	c.Feed(hanalyze.C2S, []byte(raw))
	c.End(hanalyze.C2S)
	return requests, doubted
}

// TestServers compares with what five servers took for requests when they were sent odd ones, each with "GET /second" behind it.
// Each line of testdata/servers.tsv has a name, what was sent, and for each server the requests that it answered as such, "-"
// where it refused the first. A server may stop at any of them, and an absolute target may be told by its path; where one sees
// another request than here, the message must be told as ambiguous.
func TestServers(t *testing.T) {
	b, err := os.ReadFile("testdata/servers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	agree, differ := 0, 0
	for l := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimRight(l, "\n"), "\t")
		raw, err := strconv.Unquote(f[1])
		if err != nil || len(f) != 2+len(servers) {
			t.Fatalf("%s: %v", f[0], err)
		}
		ours, doubted := read(raw + "GET /second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		for i, theirs := range f[2:] {
			switch {
			case theirs == "-":
			case prefix(ours, strings.Split(theirs, ", ")):
				agree++
			case doubted:
				differ++
			default:
				t.Errorf("%s: %s sees %s, here %q", f[0], servers[i], theirs, ours)
			}
		}
	}
	if t.Logf("%d readings agree, %d differ and are told as ambiguous", agree, differ); differ == 0 {
		t.Error("nothing differs")
	}
}

// prefix reports whether the requests of theirs are the first of ours.
func prefix(ours, theirs []string) bool {
	for i, r := range theirs {
		if i == len(ours) || ours[i] != r && strings.Replace(strings.Replace(ours[i], "http://h", "", 1), "http://x", "", 1) != r {
			return false
		}
	}
	return true
}
