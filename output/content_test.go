package output

import (
	"strings"
	"testing"

	"hanalyze"
)

// withBody is an exchange whose response has a body that was asked for.
func withBody(c *hanalyze.HTTPContent) *hanalyze.HTTP {
	h := exampleHTTP()
	h.Response.HTTPContent = c
	return h
}

func TestBodyText(t *testing.T) {
	n := uint64(42)
	for _, tc := range []struct {
		name string
		c    hanalyze.HTTPContent
		want []string
		not  []string
	}{
		{"text", hanalyze.HTTPContent{DecodedBytes: &n, BodyWhole: true, Body: "a\tb\r\n\r\nc\n", BodyTruncated: true},
			[]string{"received  42 B\n", "│ a    b\n", "│\n", "│ c\n", "│ … and more\n"}, nil},
		{"what could steer a terminal", hanalyze.HTTPContent{DecodedBytes: &n, BodyWhole: true, Body: "\x1b[31mred\u202egpj\x07"},
			[]string{`│ \x1b[31mred\u{202e}gpj\x07`}, []string{"\x1b", "\u202e", "\x07"}},
		{"bytes", hanalyze.HTTPContent{DecodedBytes: &n, BodyWhole: true, Sniffed: "image/png", BodyBase64: "iVBORw=="},
			[]string{"looks like image/png", "no text"}, []string{"iVBORw"}},
		{"problems", hanalyze.HTTPContent{DecodeError: "checksum"}, []string{"its checksum is wrong"}, nil},
		{"limits", hanalyze.HTTPContent{DecodeError: "limit_ratio"}, []string{"the limit of ratio"}, nil},
		{"cut", hanalyze.HTTPContent{DecodedBytes: &n}, []string{"not all of it"}, nil},
		{"form", hanalyze.HTTPContent{DecodedBytes: &n, BodyWhole: true, Form: []hanalyze.FormField{{Name: "a\x1b", FileName: "x.png", Bytes: 3}}},
			[]string{`field a\x1b  file x.png  3 B`}, []string{"\x1b"}},
		{"files", hanalyze.HTTPContent{BodyWhole: true, Files: []string{"one.html"}}, []string{"→ one.html"}, nil},
	} {
		for _, width := range []int{80, 200} {
			got := string(newPage(Options{Width: width}).contents(nil, withBody(&tc.c)))
			for _, w := range tc.want {
				if !strings.Contains(got, w) {
					t.Errorf("%s, %d columns: no %q in\n%s", tc.name, width, w, got)
				}
			}
			for _, w := range tc.not {
				if strings.Contains(got, w) {
					t.Errorf("%s, %d columns: %q in\n%s", tc.name, width, w, got)
				}
			}
		}
	}
}

func TestLongBodyLinesFit(t *testing.T) {
	c := &hanalyze.HTTPContent{BodyWhole: true, Body: strings.Repeat("漢字 and more ", 100)}
	for _, width := range []int{60, 80, 200} {
		got := string(newPage(Options{Width: width}).contents(nil, withBody(c)))
		for line := range strings.Lines(got) {
			if n := textColumns(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("%d columns of %d: %s", n, width, line)
			}
		}
		if strings.Count(got, "漢") != 100 {
			t.Errorf("%d of 100 were told", strings.Count(got, "漢"))
		}
	}
}

func TestNoBodiesNoLines(t *testing.T) {
	if got := newPage(Options{}).contents(nil, exampleHTTP()); len(got) != 0 {
		t.Errorf("%s", got)
	}
}
