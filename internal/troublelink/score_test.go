package troublelink

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

var (
	details = flag.Bool("details", false, "print every packet that is told wrong")
	keep    = flag.String("keep", "", "keep captures and their truth in this `folder`")
)

const (
	// enough is the share of right answers asked for where only clues decide.
	enough = 0.98
	// slack is how many wrong answers of a kind are no argument: where a kind is rare one is more than the share allows.
	slack = 3
)

// score collects right and wrong answers by the kind that was true.
type score struct{ right, wrong map[string]int }

func (s *score) add(kind string, right, wrong int) {
	if s.right == nil {
		s.right, s.wrong = map[string]int{}, map[string]int{}
	}
	s.right[kind] += right
	s.wrong[kind] += wrong
}

// causes compares the causes of what a host sent again, near it.
func (s *score) causes(truth, told account) {
	for _, c := range []struct {
		name        string
		truth, told int
	}{
		{"cause rto", truth.rto, told.rto}, {"cause fast", truth.fast, told.fast}, {"cause tail_loss_probe", truth.probe, told.probe},
		{"cause spurious", truth.spurious, told.spurious},
	} {
		differ := max(c.truth, c.told) - min(c.truth, c.told)
		s.add(c.name, min(c.truth, c.told), max(0, differ-truth.unproven))
	}
}

// count compares two counts.
func (s *score) count(kind string, truth, told int) {
	s.add(kind, min(truth, told), max(truth, told)-min(truth, told))
}

// kinds compares packet by packet.
func (s *score) kinds(t *testing.T, at *sight, told []*hanalyze.Packet) {
	t.Helper()
	if len(told) != len(at.Frames) {
		t.Errorf("at the %s: %d packets, %d are told of", at.Side, len(at.Frames), len(told))
		return
	}
	for i, p := range told {
		truth, got := at.Frames[i], toldClass(p)
		where := "near "
		if truth.From != at.Side { // why something was sent again shows near its sender only
			where, truth.Needless, truth.Cause = "far ", false, ""
			got, _, _ = strings.Cut(got, "/")
		}
		want := truth.class()
		if truth.Needless && !truth.Hidden { // which may show later only
			want = string(Again)
			got, _, _ = strings.Cut(got, "/")
		}
		if got == want || truth.Repeated && got == string(Duplicate) {
			s.add(where+want, 1, 0)
			continue
		}
		s.add(where+want, 0, 1)
		if *details {
			t.Logf("packet %d %s seq %d len %d: true %s, told %s", i+1, p.Dir, *p.Seq, p.Len, want, got)
		}
	}
}

// check fails the test where too much is wrong.
func (s *score) check(t *testing.T) {
	t.Helper()
	for _, kind := range slices.Sorted(maps.Keys(s.right)) {
		right, wrong := s.right[kind], s.wrong[kind]
		line := fmt.Sprintf("%-40s %6d right %4d wrong", kind, right, wrong)
		if wrong > slack && float64(right) < enough*float64(right+wrong) {
			t.Error(line)
		} else {
			t.Log(line)
		}
	}
}

// class is what the packet record should say, with the cause of a retransmission.
func (f Truth) class() string {
	switch {
	case f.Kind != Again:
		return string(f.Kind)
	case f.Hidden:
		return string(Fresh)
	case f.Cause == Answer:
		return "retransmission/"
	case f.Cause == "":
		return "retransmission"
	}
	return "retransmission/" + string(f.Cause)
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
