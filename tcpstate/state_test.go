package tcpstate

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table prints what every event does to every state.
func table() string {
	var b strings.Builder
	for s := range numStates {
		b.WriteString(string(stateNames[s]) + "\n")
		for e := range numEvents {
			if next := s.after(e); next != s {
				b.WriteString("  " + eventNames[e] + " -> " + string(stateNames[next]) + "\n")
			}
		}
	}
	return b.String()
}

func TestTransitions(t *testing.T) {
	const name = "testdata/transitions.txt"
	got := table()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// reachable tells which states an end can be in after one segment: one may both take and send, and be taken.
func reachable() (r [numStates][numStates]bool) {
	for s := range numStates {
		r[s][s] = true
		frontier := []state{s}
		for range 4 {
			var next []state
			for _, f := range frontier {
				for e := range numEvents {
					if n := f.after(e); !r[s][n] {
						r[s][n] = true
						next = append(next, n)
					}
				}
			}
			frontier = next
		}
	}
	return r
}
