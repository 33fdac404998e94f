package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze/output"
)

func TestParseConns(t *testing.T) {
	got, err := parseConns([]string{"1", "4-6", "9-"})
	want := output.Conns{{First: 1, Last: 1}, {First: 4, Last: 6}, {First: 9, Last: math.MaxUint64}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, bad := range []string{"", "0", "x", "-3", "6-4", "0-4", "1-2-3", "+1", " 1", "99999999999999999999", "1-x"} {
		if _, err := parseConns([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestWarnAbsent(t *testing.T) {
	var said []string
	c, _ := parseConns([]string{"2", "1-5", "3-", "5", "6", "4-9", "7-"})
	warnAbsent(c, 5, func(s string) { said = append(said, s) })
	want := []string{
		"--conn 6: the last connection is 5", "--conn 4-9: the last connection is 5", "--conn 7-: the last connection is 5",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Error(d)
	}
}
