package troublelink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
}

func (r *records) Append(b []byte, rec hanalyze.Record) []byte {
	switch rec := rec.(type) {
	case *hanalyze.Conn:
		r.conns = append(r.conns, rec)
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

// account is what a capture tells of loss, as it is true or as hanalyze tells it.
type account struct{ Resent, RTO, Fast, Probe, Spurious, Other, OutOfOrder, Duplicates, Gap int }

// true returns the account of what one side sent, as the capture point could know it; of both if side is nil.
func (s *sight) account(sides ...Side) (a account) {
	for _, f := range s.Frames {
		if len(sides) > 0 && f.From != sides[0] {
			continue
		}
		switch {
		case f.Kind == Late:
			a.OutOfOrder++
		case f.Kind == Duplicate:
			a.Duplicates++
		case f.Kind != Again || f.Hidden:
		case f.Needless && !(f.Syn && f.From == s.Side):
			a.Spurious++
		case f.Cause == Timeout:
			a.RTO++
		case f.Cause == Fast:
			a.Fast++
		case f.Cause == TailProbe:
			a.Probe++
		default:
			a.Other++
		}
	}
	a.Resent = a.RTO + a.Fast + a.Probe + a.Spurious + a.Other
	return a
}

// told is the account of all connections.
func (r *records) told() (a account) {
	for _, c := range r.conns {
		if c.TCP == nil {
			continue
		}
		rt := c.TCP.Retransmissions
		a.Resent += int(rt.Total)
		a.RTO += int(rt.RTO)
		a.Fast += int(rt.Fast)
		a.Probe += int(rt.TailLossProbe)
		a.Spurious += int(rt.Spurious)
		a.Other += int(rt.Total - rt.RTO - rt.Fast - rt.TailLossProbe - rt.Spurious)
		a.OutOfOrder += int(c.TCP.OutOfOrder)
		a.Duplicates += int(c.TCP.DuplicatePackets)
		a.Gap += int(c.TCP.GapBytes)
	}
	return a
}

// compare prints truth and what hanalyze tells, side by side.
func compare(t *testing.T, s *sight) {
	t.Helper()
	r := analyze(t, s.pcap)
	truth, told := s.account(), r.told()
	pair := func(a, b int) string {
		mark := " "
		if a != b {
			mark = "!"
		}
		return fmt.Sprintf("%4d/%-4d%s", a, b, mark)
	}
	t.Logf("%-22s %-5s %6d pk | resent %s rto %s fast %s tlp %s spur %s other %s | ooo %s dup %s gap %s", s.Run, s.Side, len(s.Frames),
		pair(truth.Resent, told.Resent), pair(truth.RTO, told.RTO), pair(truth.Fast, told.Fast), pair(truth.Probe, told.Probe),
		pair(truth.Spurious, told.Spurious), pair(truth.Other, told.Other), pair(truth.OutOfOrder, told.OutOfOrder),
		pair(truth.Duplicates, told.Duplicates), pair(0, told.Gap))
	if *details {
		for i, p := range r.packets {
			if want, got := s.Frames[i].class(), toldClass(p); want != got && s.Frames[i].mechanism() != got {
				t.Logf("    frame %d %s seq %d len %d: true %s, told %s  %+v", i+1, p.Dir, *p.Seq, p.Len, want, got, s.Frames[i])
			}
		}
	}
}

// class is what the packet record should say, with the cause.
func (f Truth) class() string {
	switch {
	case f.Kind == Again && f.Hidden:
		return string(Fresh)
	case f.Kind == Again && f.Needless:
		return "retransmission/spurious"
	case f.Cause == Answer:
		return "retransmission/"
	case f.Kind == Again:
		return "retransmission/" + string(f.Cause)
	}
	return string(f.Kind)
}

// mechanism is class as it shows at once: that a retransmission was needless may show later only.
func (f Truth) mechanism() string {
	f.Needless = false
	return f.class()
}

// toldClass is what the packet record says, in the words of class.
func toldClass(p *hanalyze.Packet) string {
	switch p.Class {
	case "ahead":
		return string(Fresh)
	case "pure_ack", "duplicate_ack":
		return string(Empty)
	case "retransmission":
		return p.Class + "/" + p.Cause
	}
	return p.Class
}
