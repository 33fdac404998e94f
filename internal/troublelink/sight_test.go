package troublelink

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/pipeline"
)

// sight is what one capture point saw: the file, and the truth of each packet in it.
type sight struct {
	Run    string  `json:"run"`
	Side   Side    `json:"side"`
	Frames []Truth `json:"frames"`
	pcap   []byte
}

// sights returns what both capture points saw.
func sights(t *testing.T, run string, trace *Trace) (both [2]*sight) {
	t.Helper()
	for side := range both {
		s := &sight{Run: run, Side: Side(side), Frames: trace.Truths(Side(side))}
		var b bytes.Buffer
		if err := trace.WritePcap(&b, trace.At(Side(side))); err != nil {
			t.Fatal(err)
		}
		s.pcap = b.Bytes()
		both[side] = s
	}
	return both
}

// save keeps the capture and its truth in a folder.
func (s *sight) save(t *testing.T, dir string) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, s.Run+"-"+s.Side.String())
	for ext, data := range map[string][]byte{".pcap": s.pcap, ".json": bytes.ReplaceAll(text, []byte(`},{"from"`), []byte("},\n{\"from\""))} {
		if err := os.WriteFile(name+ext, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// load reads what save has kept.
func load(t *testing.T, name string) *sight {
	t.Helper()
	s := new(sight)
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err == nil {
		s.pcap, err = os.ReadFile(name[:len(name)-len(".json")] + ".pcap")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// records keeps the records it is given. It is a renderer that writes nothing.
type records struct {
	conns   []*hanalyze.Conn
	packets []*hanalyze.Packet
	https   []*hanalyze.HTTP
}

func (r *records) Append(b []byte, rec hanalyze.Record) []byte {
	switch rec := rec.(type) {
	case *hanalyze.Conn:
		r.conns = append(r.conns, rec)
	case *hanalyze.HTTP:
		r.https = append(r.https, rec)
	case *hanalyze.Packet:
		r.packets = append(r.packets, rec)
	}
	return b
}

// analyze has hanalyze read a capture.
func analyze(t *testing.T, pcap []byte) *records {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trouble.pcap")
	if err := os.WriteFile(name, pcap, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := capture.OpenFiles([]string{name}, func(text string) { t.Errorf("%s: %s", name, text) })
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r := new(records)
	if _, err := pipeline.Run(pipeline.Options{Source: src, Workers: 1, Render: r, Out: io.Discard, Events: map[string]bool{"packet": true}}); err != nil {
		t.Fatal(err)
	}
	return r
}

// whole checks the bodies of answers that are told to be whole: a path that is a number asked for so many bytes. missing
// tells that the capture may lack some.
func (r *records) whole(t *testing.T, missing bool) {
	t.Helper()
	for _, h := range r.https {
		if h.Missing != 0 && !missing {
			t.Errorf("%s is told to lack %b, and the capture has everything", h.URL, h.Missing)
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(h.PathQuery, "/"), 10, 64)
		if err == nil && h.Missing == 0 && (h.Response == nil || h.Response.BodyBytes != n) {
			t.Errorf("%s is told to be whole, with a body of other than %d bytes", h.URL, n)
		}
	}
}
