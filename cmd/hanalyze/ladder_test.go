package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSamplesLadder compares the ladders of some samples, at two widths, with their golden files.
func TestSamplesLadder(t *testing.T) {
	goldens, err := filepath.Abs(filepath.Join("testdata", "ladder"))
	if err != nil {
		t.Fatal(err)
	}
	samples(t)
	for _, name := range []string{"tcp-loss", "tcp-zero-window", "tcp-simultaneous-open", "tcp-reset", "tcp-halfclose"} {
		for _, width := range []string{"80", "200"} {
			t.Run(name+" at "+width, func(t *testing.T) {
				t.Setenv("COLUMNS", width)
				text := told(t, "-r", name+".pcap", "--ladder", "-j", "1")
				compare(t, filepath.Join(goldens, name+"."+width+".txt"), text)
				if d := cmp.Diff(string(text), string(told(t, "-r", name+".pcap", "--ladder", "-j", "7"))); d != "" {
					t.Errorf("with -j 7:\n%s", d)
				}
				colored := string(told(t, "-r", name+".pcap", "--ladder", "--color", "always"))
				if plain := withoutColor.Replace(colored); plain != string(text) || plain == colored {
					t.Errorf("colours change the text:\n%s", cmp.Diff(string(text), plain))
				}
			})
		}
	}
}

var withoutColor = strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[36m", "")

// Every packet of a connection is an arrow of its full ladder.
func TestFullLadder(t *testing.T) {
	samples(t)
	text := string(told(t, "-r", "tcp-loss.pcap", "--ladder=full"))
	if got := strings.Count(text, "→│\n") + strings.Count(text, "→│ ") + strings.Count(text, "│←"); got != 102 {
		t.Errorf("%d arrows, 102 packets", got)
	}
	if strings.Contains(text, "…") {
		t.Error("something is left out")
	}
}
