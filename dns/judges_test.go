package dns

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// judges are the programs whose spelling testdata/judges.tsv has: each was shown an answer with the data, over loopback.
var judges = [...]string{"BIND", "Knot", "ldns"}

// otherwise are the types that a judge is right to spell in another way, or wrong, and why.
var otherwise = map[string]string{
	"ldns WKS":      "the protocol by its name",
	"ldns NSAP-PTR": "as a string",
	"BIND SIG":      "no type covered is 0; here TYPE0, as ldns",
	"BIND LOC":      "whole metres without a fraction; RFC 1876 §3 has one",
	"Knot LOC":      "likewise, and whole seconds",
	"ldns LOC":      "likewise, and minutes of two digits",
	"ldns NXT":      "its types as unknown data",
	"ldns ATMA":     "as unknown data, format included",
	"BIND CERT":     "types and algorithms by their names",
	"ldns CERT":     "types by their names",
	"ldns SINK":     "the first number only",
	"ldns APL":      "addresses spelled out",
	"ldns SVCB":     "commas in protocol names escaped once, without quotes",
	"ldns HTTPS":    "likewise; keys that it does not know by number",
	"BIND HTTPS":    "keys that it does not know by number",
	"Knot HTTPS":    "likewise",
	"BIND NID":      "without leading zeros, which RFC 6742 §2.1.2 has",
	"BIND L64":      "likewise",
	"BIND TKEY":     "times as numbers",
	"ldns TKEY":     "errors as numbers",
	"ldns TSIG":     "likewise",
	"BIND DOA":      "no data is a hyphen",
	"BIND AAAA":     "an IPv4 address in an IPv4-compatible one, which RFC 4291 §2.5.5.1 deprecates",
	"ldns AAAA":     "likewise",
	"BIND RRSIG":    "times more than 68 years from now lie on the other side, by serial arithmetic",
	"Knot RRSIG":    "likewise",
	"ldns RRSIG":    "likewise",
	"Knot NSEC":     "types that it does not know by number",
	"ldns NSEC":     "likewise, and names with fewer escapes",
	"ldns CAA":      "it ends at a tab",
	"ldns TXT":      "likewise",
	"ldns SPF":      "likewise",
	"ldns NS":       "names with fewer escapes",
	"ldns CNAME":    "likewise",
	"ldns PTR":      "likewise",
	"ldns DNAME":    "likewise",
	"ldns MB":       "likewise",
	"ldns MG":       "likewise",
	"ldns MR":       "likewise",
	"ldns SOA":      "likewise",
	"ldns NAPTR":    "likewise",
	"ldns AFSDB":    "likewise",
	"ldns RP":       "likewise",
	"ldns RT":       "likewise",
	"ldns LP":       "likewise",
}

// TestJudges compares how the data of each type is written with three programs: dig 9.18 (BIND), kdig 3.2 (Knot) and drill 1.8
// (ldns). Each line of testdata/judges.tsv has a type, its data in hexadecimal and the three spellings; "=" is the same as
// BIND's but for blanks, quotes, case and final dots, "?" a type that the program does not know, "!" an answer that it
// refused.
func TestJudges(t *testing.T) {
	b, err := os.ReadFile("testdata/judges.tsv")
	if err != nil {
		t.Fatal(err)
	}
	unused := map[string]bool{}
	for k := range otherwise {
		unused[k] = true
	}
	agree := map[string]int{}
	for l := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimRight(l, "\n"), "\t")
		num, data, _ := strings.Cut(f[0], " ")
		typ, err := strconv.ParseUint(num, 10, 16)
		raw, err2 := hex.DecodeString(data)
		if err != nil || err2 != nil || len(f) != 1+len(judges) {
			t.Fatal(l)
		}
		m, _ := Parse(answer(uint16(typ), raw))
		ours, name := m.Answers[0].Data, TypeName(uint16(typ))
		for i, judge := range judges {
			theirs := f[1+i]
			if theirs == "=" {
				theirs = f[1]
			}
			switch why := otherwise[judge+" "+name]; {
			case theirs == "?" || theirs == "!":
			case squeeze(theirs) == squeeze(ours):
				agree[judge]++
			case why == "":
				t.Errorf("%s %s\n   ours %s\n%s %s", name, data, ours, judge, theirs)
			default:
				delete(unused, judge+" "+name)
			}
		}
	}
	t.Log(agree)
	for k := range unused {
		t.Errorf("%s is never spelled otherwise", k)
	}
}
