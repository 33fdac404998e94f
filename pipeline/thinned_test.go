package pipeline

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
	"hanalyze/packet"
)

var captures = flag.String("captures", "../pcaps", "the folder whose captures are read with packets missing")

// thinned is a source some of whose packets with payload are missing: in their places are empty frames, so that the others
// keep their numbers.
type thinned struct {
	capture.Source
	drop  func(p *packet.Packet) bool
	read  uint64 // packets
	bytes int    // payload that was dropped
	lost  int    // packets that were dropped
}

func (s *thinned) ReadBatch(b *capture.Batch) error {
	err := s.Source.ReadBatch(b)
	for i := range b.Frames {
		f := &b.Frames[i]
		s.read++
		p := packet.Packet{Meta: hanalyze.Meta{Packet: s.read, Time: f.Time}}
		if p.Parse(f.Link, f.Data, f.Len) != packet.OK || len(p.Payload) == 0 || !s.drop(&p) {
			continue
		}
		s.lost++
		s.bytes += len(p.Payload)
		*f = capture.Frame{Time: f.Time, Link: hanalyze.LinkEthernet, Input: f.Input}
	}
	return err
}

// record is a line of NDJSON.
type record map[string]any

func (r record) is(key string) bool        { return r[key] == true }
func (r record) text(key string) string    { s, _ := r[key].(string); return s }
func (r record) part(key string) record    { m, _ := r[key].(map[string]any); return m }
func (r record) number(key string) float64 { n, _ := r[key].(float64); return n }

// flow names the flow of a record by its two addresses in either order: where the first datagram is missing, the second
// one decides who is the client.
func (r record) flow() string {
	var ends [2]string
	for i, key := range [...]string{"client", "server"} {
		ends[i] = fmt.Sprint(r.part(key)["ip"], " ", r.part(key)["port"])
	}
	slices.Sort(ends[:])
	return fmt.Sprint(r["transport"], ends)
}

// key names what a record may be a record of.
func (r record) key() string { return fmt.Sprint(r["type"], r.flow(), r["stream_id"]) }

// records reads NDJSON.
func records(t testing.TB, ndjson []byte) (all []record) {
	for l := range bytes.Lines(ndjson) {
		var r record
		if err := json.Unmarshal(l, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// readAll analyzes a capture and returns what it tells of applications.
func readAll(t testing.TB, src capture.Source) (told []record) {
	defer src.Close()
	var out bytes.Buffer
	_, err := Run(Options{Source: src, Workers: 1, Render: output.NewJSON(output.Options{}), Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records(t, out.Bytes()) {
		switch r.text("type") {
		case "stats":
			if r.part("limits").number("h2_exchanges_untold") > 0 {
				return nil // what is left out depends on what came before
			}
			continue
		case "conn", "finding", "tcp_event":
			continue
		}
		switch r.text("type") {
		case "dns":
			ownDNS(r)
		case "http":
			ownHTTP(r)
		}
		told = append(told, r)
	}
	return told
}

// A comparison holds what is told of a thinned capture against what is told of the whole one.
type comparison struct{ whole bool } // both records are complete

// passing are the keys whose values follow from what else was captured, and when: times, ordinals and counts of packets,
// what other exchanges led to, and what was lost. Whether an end was heard, and how the spin bit turned, is inferred from
// packets that carry no number to be read, so that nobody can know which of them are missing. An answer contradicts (mismatch) the
// questions that were seen, and what is fetched again (refetch) is so beside the answers that were.
var passing = map[string]bool{
	"ts": true, "frame": true, "last_frame": true, "frames": true, "conn": true, "client": true, "server": true, "path": true,
	"complete": true, "missing": true, "index_on_conn": true, "community_id": true,
	"messages": true, "retries": true, "asked_before": true, "asked_again": true, "follows": true,
	"packets": true, "client_sent": true, "server_sent": true, "amplification": true, "unheard": true, "spin": true, "joined": true, "lost_bytes": true, "unread": true, "mismatch": true, "refetch": true,
}

// weak are the values that say no more than that nothing was seen.
var weak = map[string]bool{"none": true, "unknown": true, "not_offered": true, "offered": true}

// split are the keys in which the two halves of a QUIC connection differ that is taken for two: its Version Negotiation is
// missing.
var split = map[string]bool{"dcid": true, "scid": true, "version": true}

// cautious are the keys that are true where that is certain: a loss makes them false.
var cautious = map[string]bool{"persistent": true, "pipelined": true, "false_start": true}

// differs says where told is not what truth is, "" if nowhere. What is absent from told is no difference, unless both
// records are complete.
func (c comparison) differs(at string, told, truth any) string {
	switch told := told.(type) {
	case map[string]any:
		truth, _ := truth.(map[string]any)
		return c.object(at, told, truth)
	case []any:
		truth, _ := truth.([]any)
		return c.list(at, told, truth)
	case bool:
		if v, _ := truth.(bool); told && !v || c.whole && told != v && !cautious[path.Base(strings.ReplaceAll(at, ".", "/"))] {
			return at
		}
	case float64:
		if v, ok := truth.(float64); !ok || told > v || c.whole && told != v {
			return at
		}
	case string:
		if told != truth && (c.whole || !weak[told]) {
			return at
		}
	}
	return ""
}

func (c comparison) object(at string, told, truth map[string]any) string {
	if told["unresolved"] == true {
		return ""
	}
	for _, k := range slices.Sorted(maps.Keys(told)) {
		if passing[k] || strings.HasSuffix(k, "_ms") || !c.whole && split[k] && told["dcid"] != nil {
			continue
		}
		v, there := truth[k]
		if !there && told[k] != false {
			return at + "." + k
		}
		if d := c.differs(at+"."+k, told[k], v); d != "" {
			return d
		}
	}
	return ""
}

// list wants the elements of told in truth, in order; all of them when the records are complete.
func (c comparison) list(at string, told, truth []any) string {
	if c.whole && len(told) != len(truth) {
		return at
	}
	for i, v := range told {
		if v, ok := v.(map[string]any); ok && v["unresolved"] == true {
			continue
		}
		n := slices.IndexFunc(truth, func(w any) bool { return c.differs("", v, w) == "" })
		if n < 0 {
			return fmt.Sprintf("%s[%d]", at, i)
		}
		truth = truth[n+1:]
	}
	return ""
}

// unproven returns a sentence for each record of told that says what no record of truth says.
func unproven(told, truth []record) (lies []string) {
	left := map[string][]record{}
	for _, r := range truth {
		left[r.key()] = append(left[r.key()], r)
	}
	for _, r := range told {
		for _, half := range halves(r) {
			key := half.key()
			why, best := "nothing like it", -1
			found := slices.IndexFunc(left[key], func(w record) bool {
				c := comparison{whole: half.is("complete") && w.is("complete")}
				d := c.differs("", map[string]any(half), map[string]any(w))
				if n := alike(half, w); n > best && d != "" {
					why, best = d, n
				}
				return d == ""
			})
			if found < 0 {
				b, _ := json.Marshal(half)
				lies = append(lies, why+": "+string(b))
			} else if w := left[key][found]; half.is("complete") && w.is("complete") && half["method"] == w["method"] && half["status"] == w["status"] {
				left[key] = slices.Delete(left[key], found, found+1)
			}
		}
	}
	return lies
}

// alike counts what tells that two records are of the same thing.
func alike(a, b record) (n int) {
	for _, k := range [...]string{"frame", "last_frame", "path_query", "status", "id"} {
		if a[k] != nil && a[k] == b[k] {
			n++
		}
	}
	return n
}

// tally counts records of a type: in whole captures, once for each thinned copy, and told of the copies.
type tally struct{ whole, told, complete int }

func count(all map[string]*tally, records []record, add func(t *tally, complete bool)) {
	for _, r := range records {
		t := all[r.text("type")]
		if t == nil {
			t = &tally{}
			all[r.text("type")] = t
		}
		add(t, r.is("complete"))
	}
}

// Captures that lack 0.1 to 5 % of their packets with payload tell less than whole ones, and never something else.
func TestThinnedTellsNothingElse(t *testing.T) {
	const seeds = 20
	all := map[string]*tally{}
	for _, name := range captureFiles(t, *captures) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			truth := readAll(t, openCapture(t, name))
			if len(truth) == 0 {
				return
			}
			for seed := range uint64(seeds) {
				rnd := rand.New(rand.NewPCG(seed, 5))
				share := 0.001 + 0.049*rnd.Float64()
				src := &thinned{Source: openCapture(t, name), drop: func(*packet.Packet) bool { return rnd.Float64() < share }}
				told := readAll(t, src)
				for _, lie := range unproven(told, truth) {
					t.Errorf("seed %d, %d packets missing: %s", seed, src.lost, lie)
				}
				count(all, truth, func(t *tally, _ bool) { t.whole++ })
				count(all, told, func(t *tally, complete bool) {
					if t.told++; complete {
						t.complete++
					}
				})
			}
		})
	}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%-10s %7d records of the whole captures, %7d of those that lack packets, %7d of these complete", kind, all[kind].whole, all[kind].told, all[kind].complete)
		if all[kind].complete == 0 {
			t.Errorf("no %s record was told as complete: the test cannot fail", kind)
		}
	}
}

func openCapture(t testing.TB, name string) capture.Source {
	src, err := capture.OpenFiles([]string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

var capturesOnly = regexp.MustCompile(`\.(pcap|pcapng|cap|trace)(\.(gz|zst|lz4|xz))?$`)

// captureFiles lists the captures in a folder.
func captureFiles(t testing.TB, dir string) (names []string) {
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if base := filepath.Base(name); err == nil && !e.IsDir() && capturesOnly.MatchString(base) {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures in %s (%v)", dir, err)
	}
	return names
}
