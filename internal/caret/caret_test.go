package caret

import (
	"strings"
	"testing"
)

func TestPoint(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		line     string
		from, to int
		want     string
	}{
		{"tcp prt 80", 4, 7, "  tcp prt 80\n      ^~~"},
		{"tcp and", 7, 7, "  tcp and\n         ^"},
		{"", 0, 0, "  \n  ^"},
		{"é\tb\x1b", 3, 4, "  é b\ufffd\n    ^"},
		{long + "y" + long, 100, 101, "  …" + long[:60] + "y" + long[:30] + "…\n  " + strings.Repeat(" ", 61) + "^"},
		{long, 0, 100, "  " + long[:60] + "…\n  ^" + strings.Repeat("~", 60)},
	} {
		if got := Point(c.line, c.from, c.to); got != c.want {
			t.Errorf("%q %d %d:\n%s\nwant\n%s", c.line, c.from, c.to, got, c.want)
		}
	}
}
