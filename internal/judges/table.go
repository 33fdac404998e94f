package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// entry explains differences of one figure in one capture that no rule can check.
type entry struct {
	Capture string   `json:"capture"`
	Figures []string `json:"figures"`
	Frames  []uint64 `json:"frames"`         // for figures of packets; for figures of ends the first packet of each connection
	Side    string   `json:"side,omitempty"` // for figures of ends: client, server, or absent for both
	Verdict verdict  `json:"verdict"`
	Reason  string   `json:"reason"`

	used map[use]bool
}

// use is a difference that an entry explains.
type use struct {
	figure string
	frame  uint64
}

func readTable(path string) ([]*entry, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var table []*entry
	if err := json.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, e := range table {
		e.used = map[use]bool{}
		switch e.Verdict {
		case oursRight, definition, unknown, oursWrong:
		default:
			return nil, fmt.Errorf("%s: %s: verdict %q", path, e.Capture, e.Verdict)
		}
	}
	return table, nil
}

// explains reports whether e is about d, and notes that it was needed.
func (e *entry) explains(capture string, d *difference) bool {
	if e.Capture != capture || !slices.Contains(e.Figures, d.figure) || !slices.Contains(e.Frames, d.frame) || e.Side != "" && e.Side != d.side {
		return false
	}
	e.used[use{d.figure, d.frame}] = true
	return true
}

// idle are the differences that e explains and that are not there.
func (e *entry) idle() (idle []use) {
	for _, figure := range e.Figures {
		for _, frame := range e.Frames {
			if u := (use{figure, frame}); !e.used[u] {
				idle = append(idle, u)
			}
		}
	}
	return idle
}

// sum is the agreement of one figure over all captures.
type sum struct {
	agreement
	byRule, byTable, open int
	captures, differing   int
}

// tally adds results up.
type tally struct {
	table     []*entry
	figures   []string // in the order they came
	sums      map[string]*sum
	rules     map[string]int
	verdicts  map[verdict]int
	open      []string
	explained []string
	notes     []string
	failed    []string
}

func newTally(table []*entry) *tally {
	return &tally{table: table, sums: map[string]*sum{}, rules: map[string]int{}, verdicts: map[verdict]int{}}
}

// add takes the result of one capture.
func (t *tally) add(r result) {
	if r.err != nil {
		t.failed = append(t.failed, r.capture+": "+r.err.Error())
		return
	}
	for _, n := range r.notes {
		t.notes = append(t.notes, r.capture+": "+n)
	}
	for _, a := range r.agreed {
		s := t.sums[a.figure]
		if s == nil {
			s = &sum{agreement: agreement{figure: a.figure}}
			t.sums[a.figure] = s
			t.figures = append(t.figures, a.figure)
		}
		s.ours += a.ours
		s.theirs += a.theirs
		s.both += a.both
		s.captures += bit(a.ours+a.theirs > 0)
		s.differing += bit(slices.ContainsFunc(r.diffs, func(d *difference) bool { return d.figure == a.figure }))
	}
	for _, d := range r.diffs {
		t.difference(r.capture, d)
	}
}

// difference takes one difference and finds what explains it.
func (t *tally) difference(capture string, d *difference) {
	s := t.sums[d.figure]
	line := fmt.Sprintf("%s %s: %s, ours %s", capture, d.place(), d.theirs, d.ours)
	if d.rule != nil {
		s.byRule++
		t.rules[d.rule.name]++
		t.verdicts[d.rule.verdict]++
		t.explained = append(t.explained, line+": "+d.rule.name)
		return
	}
	for _, e := range t.table {
		if e.explains(capture, d) {
			s.byTable++
			t.verdicts[e.Verdict]++
			t.explained = append(t.explained, line+": "+string(e.Verdict)+": "+e.Reason)
			return
		}
	}
	s.open++
	t.open = append(t.open, line)
}

func (d *difference) place() string {
	if d.side != "" {
		return fmt.Sprintf("%s: connection %d (packet %d), %s", d.figure, d.conn, d.frame, d.side)
	}
	return fmt.Sprintf("%s: packet %d", d.figure, d.frame)
}

// print tells the agreement of each figure, then what is not explained.
func (t *tally) print(w io.Writer, verbose bool) {
	fmt.Fprintf(w, "%-34s %8s %8s %8s  %9s  %7s %8s %5s\n", "figure", "judge", "ours", "same", "captures", "by rule", "by table", "open")
	for _, name := range t.figures {
		s := t.sums[name]
		fmt.Fprintf(w, "%-34s %8d %8d %8d  %4d/%4d  %7d %8d %5d\n", name, s.theirs, s.ours, s.both, s.captures-s.differing, s.captures, s.byRule, s.byTable, s.open)
	}
	for _, r := range allRules() {
		fmt.Fprintf(w, "%5d by rule %q (%s): %s\n", t.rules[r.name], r.name, r.verdict, r.why)
	}
	if verbose {
		printAll(w, "explained", t.explained)
		printAll(w, "note", t.notes)
	}
	printAll(w, "NOT EXPLAINED", t.open)
	printAll(w, "FAILED", t.failed)
	fmt.Fprintf(w, "explained: %v; open: %d; notes: %d\n", t.verdicts, len(t.open), len(t.notes))
}

func printAll(w io.Writer, label string, lines []string) {
	for _, l := range lines {
		fmt.Fprintf(w, "%s  %s\n", label, l)
	}
}

// fine reports whether nothing is open and, when all captures were compared, no explanation is idle.
func (t *tally) fine(all bool) bool {
	ok := len(t.open)+len(t.failed) == 0
	if !all {
		return ok
	}
	for _, r := range allRules() {
		if t.rules[r.name] == 0 {
			fmt.Printf("IDLE  rule %q explains nothing any more\n", r.name)
			ok = false
		}
	}
	for _, e := range t.table {
		for _, u := range e.idle() {
			fmt.Printf("IDLE  %s %s %s: packet %d is explained and there is no difference\n", e.Capture, u.figure, e.Side, u.frame)
			ok = false
		}
	}
	return ok
}

// allRules are the rules of both judges.
func allRules() (all []rule) {
	for _, r := range frameRules {
		all = append(all, r.rule)
	}
	for _, r := range endRules {
		all = append(all, r.rule)
	}
	return append(all, reports, silence)
}
