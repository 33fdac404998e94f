package output

import (
	"strings"
	"testing"

	"hanalyze"
)

// Of connections that are not chosen nothing is told, by any renderer; what concerns the capture is.
func TestConns(t *testing.T) {
	o := Options{Conns: Conns{{First: 2, Last: 2}, {First: 4, Last: 5}}}
	for name, r := range map[string]Renderer{"story": NewStory(o), "live": NewLive(o), "json": NewJSON(o)} {
		text := string(render(r, liveRecords()))
		for _, want := range []string{"www.example.com", "203.0.113.9", "198.51.100.1", "capture.truncated"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		for _, other := range []string{"10.0.0.1:53", `"conn":1,`, "2001:db8"} {
			if strings.Contains(text, other) {
				t.Errorf("%s tells of %s", name, other)
			}
		}
	}
}

// A connection that is chosen is told with the same words as among all.
func TestChosenConnIsToldTheSame(t *testing.T) {
	all := string(render(NewStory(Options{}), everything()))
	one := string(render(NewStory(Options{Conns: Conns{{First: 2, Last: 2}}}), everything()))
	block, _, _ := strings.Cut(one, "\n\n")
	if !strings.HasPrefix(block, "#2 ") || !strings.Contains(all, block) {
		t.Errorf("among all:\n%s\nalone:\n%s", all, block)
	}
}

// A finding about several connections is told when one of them is chosen.
func TestConnsOfFinding(t *testing.T) {
	c := Conns{{First: 7, Last: 7}}
	f := &hanalyze.Finding{Envelope: hanalyze.Envelope{Flow: exampleFlow()}, Conns: []uint64{2, 7}}
	if !c.tells(f) {
		t.Error("not told")
	}
	f.Conns = f.Conns[:1]
	if c.tells(f) {
		t.Error("told")
	}
}
