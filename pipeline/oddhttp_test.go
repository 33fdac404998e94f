package pipeline

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"hanalyze"
)

// Whatever a client sends, and a server answers in kind, what is told of it keeps to the schema.
func TestOddRequestsKeepToTheSchema(t *testing.T) {
	b, err := os.ReadFile("../h1/testdata/servers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a HTTP/9.9\r\nHost: h\r\n\r\n", "GET 1+x://h HTTP/1.0\r\n\r\n"}
	for l := range strings.Lines(string(b)) {
		raw, err := strconv.Unquote(strings.Split(l, "\t")[1])
		if err != nil {
			t.Fatal(err)
		}
		odd = append(odd, raw)
	}
	valid := validator(t)
	for i, raw := range odd {
		for k, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/2.7 999\r\n\r\nx", "HTTP/1.1 000 \r\n\r\n", "ok"} {
			tr := newTrace()
			c := tr.tcp(8*i+k, 80)
			c.open()
			c.say(hanalyze.C2S, raw)
			c.say(hanalyze.S2C, answer)
			c.close()
			ndjson, stats := runBytes(t, tr.pcap(), 1)
			valid(ndjson)
			checkStats(t, ndjson, stats)
		}
	}
	if len(odd) < 60 || bytes.Count(b, []byte("\n")) < 60 {
		t.Errorf("%d requests", len(odd))
	}
}
