package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spokenFrame is a line of nghttp -v, or of nghttpd -v where it begins with the connection's id.
var spokenFrame = regexp.MustCompile(`(?m)^(\[id=1\] )?\[ *[0-9.]+\] (send|recv) ([A-Z_]+) frame <length=(\d+), flags=0x([0-9a-f]+), stream_id=(\d+)>`)

// unsaid is what a program does not tell of, by sample: nghttpd refuses DATA on stream 0 with a GOAWAY and no word.
var unsaid = map[string]string{"h2-goaway-reset.txt": "DATA 25 stream 0"}

// TestTruth compares the HTTP/2 frames told of a sample with what the programs that spoke said of them: direction, type,
// length and stream of each, in the order of each direction.
func TestTruth(t *testing.T) {
	names := samples(t)
	truths, err := filepath.Glob("truth/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, truth := range truths {
		text, err := os.ReadFile(truth)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string][]string{}
		for _, m := range spokenFrame.FindAllStringSubmatch(string(text), -1) {
			client, sent := m[1] == "", m[2] == "send"
			dir := "s2c"
			if client == sent {
				dir = "c2s"
			}
			said[dir] = append(said[dir], fmt.Sprintf("%s %s stream %s", m[3], m[4], m[6]))
		}
		if len(said) == 0 {
			continue
		}
		compared++
		t.Run(filepath.Base(truth), func(t *testing.T) {
			i := slices.IndexFunc(names, func(n string) bool { return golden(n, ".txt") == filepath.Base(truth) })
			if i < 0 {
				t.Fatal("no sample of this name")
			}
			seen := frames(t, told(t, "-r", names[i], "--json", "--events", "h2"))
			for d := range seen {
				seen[d] = slices.DeleteFunc(seen[d], func(s string) bool { return s == unsaid[filepath.Base(truth)] })
			}
			if d := cmp.Diff(said, seen); d != "" {
				t.Errorf("said by the programs (-), told by hanalyze (+):\n%s", d)
			}
		})
	}
	if compared == 0 {
		t.Error("nothing to compare with")
	}
}

// frames lists the http2_frame records by direction, a field block as one HEADERS frame, as the programs tell it.
func frames(t *testing.T, ndjson []byte) map[string][]string {
	t.Helper()
	list := map[string][]string{}
	for line := range strings.Lines(string(ndjson)) {
		var f struct {
			Type, Dir  string
			StreamID   uint32 `json:"stream_id"`
			FrameType  string `json:"frame_type"`
			FrameBytes uint64 `json:"frame_bytes"`
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		told := list[f.Dir]
		switch last := len(told) - 1; {
		case f.Type != "http2_frame":
		case f.FrameType == "CONTINUATION" && last >= 0:
			var length uint64
			if _, err := fmt.Sscanf(told[last], "HEADERS %d", &length); err != nil {
				t.Fatal(err)
			}
			told[last] = fmt.Sprintf("HEADERS %d stream %d", length+f.FrameBytes, f.StreamID)
		default:
			list[f.Dir] = append(told, fmt.Sprintf("%s %d stream %d", f.FrameType, f.FrameBytes, f.StreamID))
		}
	}
	return list
}
