package semantics

import (
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

// section makes a Section of lines "Name: value".
func section(lines ...string) *Section {
	var hs []hanalyze.Header
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		hs = append(hs, hanalyze.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	s := ReadSection(hs)
	return &s
}

// A name is a field's only if nothing but the case of letters differs, in whatever byte.
func TestLookupIsExact(t *testing.T) {
	for f := Other + 1; f < numFields; f++ {
		b := []byte(f.String())
		for i, right := range b {
			for c := range 256 {
				b[i] = byte(c)
				want := Other
				if byte(c) == right || right != '-' && byte(c)|0x20 == right && byte(c) >= 'A' {
					want = f
				}
				if got := Lookup(string(b)); got != want && (got == Other || got.String() != string(b)) {
					t.Errorf("Lookup(%q) = %v, want %v", b, got, want)
				}
			}
			b[i] = right
		}
	}
}

func TestLookupFindsEveryFieldInAnyCase(t *testing.T) {
	for f := Other + 1; f < numFields; f++ {
		for _, name := range []string{f.String(), strings.ToUpper(f.String())} {
			if got := Lookup(name); got != f {
				t.Errorf("Lookup(%q) = %v, want %v", name, got, f)
			}
		}
		if got := Lookup("x" + f.String()[1:]); got != Other {
			t.Errorf("Lookup(x%s) = %v, want none", f.String()[1:], got)
		}
	}
	for _, name := range []string{"", "x", "aɡe", strings.Repeat("a", 100)} {
		if got := Lookup(name); got != Other {
			t.Errorf("Lookup(%q) = %v, want none", name, got)
		}
	}
}

func TestSection(t *testing.T) {
	s := section("Host: a", "VARY: Accept", "Set-Cookie: a=1", "vary: , Accept-Language ,", "Set-Cookie: b=2")
	if got := slices.Collect(s.Elements(Vary)); !slices.Equal(got, []string{"Accept", "Accept-Language"}) {
		t.Errorf("Vary is %q", got)
	}
	if got := slices.Collect(s.All(SetCookie)); !slices.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("Set-Cookie is %q", got)
	}
	if !s.HasAny(SetOf(Date, Vary)) || s.Has(Date) || s.Get(Date) != "" || s.Get(Vary) != "Accept" {
		t.Error("what is there and what is not is confused")
	}
}

// What HPACK could not resolve is not known, so it counts as absent.
func TestUnresolvedFieldsAreAbsent(t *testing.T) {
	s := ReadSection([]hanalyze.Header{{Name: "etag", Value: "", Unresolved: true}, {Name: "etag", Value: `"x"`}})
	if got := slices.Collect(s.All(ETag)); !slices.Equal(got, []string{`"x"`}) {
		t.Errorf("ETag is %q", got)
	}
}

// Only the first maxLines lines are looked at.
func TestSectionIsBounded(t *testing.T) {
	hs := make([]hanalyze.Header, maxLines+1)
	hs[maxLines-1] = hanalyze.Header{Name: "Age", Value: "1"}
	hs[maxLines] = hanalyze.Header{Name: "Vary", Value: "*"}
	if s := ReadSection(hs); !s.Has(Age) || s.Has(Vary) {
		t.Error("the limit is not where it is said to be")
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"foo,bar", []string{"foo", "bar"}},   // RFC 9110 §5.6.1.2
		{"foo ,bar,", []string{"foo", "bar"}}, // RFC 9110 §5.6.1.2
		{"foo , ,bar,charlie", []string{"foo", "bar", "charlie"}}, // RFC 9110 §5.6.1.2
		{`a="x,y",b`, []string{`a="x,y"`, "b"}},
		{`a="x\",y",b`, []string{`a="x\",y"`, "b"}},
		{`a="x,y`, []string{`a="x`, "y"}}, // never closed
		{`"`, []string{`"`}},
	} {
		if got := slices.Collect(Elements(c.in)); !slices.Equal(got, c.want) {
			t.Errorf("Elements(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestParameter(t *testing.T) {
	for _, c := range []struct{ in, name, value string }{
		{"a=b", "a", "b"}, {` a = "b c" `, "a", "b c"}, {`a="x\"y"`, "a", `x"y`}, {"a", "a", ""}, {`a="x`, "a", `"x`}, {`a=""`, "a", ""},
	} {
		if name, value := parameter(c.in); name != c.name || value != c.value {
			t.Errorf("parameter(%q) = %q, %q", c.in, name, value)
		}
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "007": 7, "9223372036854775807": 1<<63 - 1, "99999999999999999999999": 1<<63 - 1, "92233720368547758080": 1<<63 - 1} {
		if n, ok := digits(in); !ok || n != want {
			t.Errorf("digits(%q) = %d, %v", in, n, ok)
		}
	}
	for _, in := range []string{"", "-1", "+1", "1 ", "0x1", "1.5"} {
		if _, ok := digits(in); ok {
			t.Errorf("digits(%q) is a number", in)
		}
	}
}
