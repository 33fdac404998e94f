package tcpstate

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestParseOptions(t *testing.T) {
	sack := func(n uint8, blocks ...SACKBlock) (o Options) {
		o.SACKs = n
		copy(o.SACK[:], blocks)
		return o
	}
	for _, test := range []struct {
		name, hex string
		want      Options
	}{
		{"none", "", Options{}},
		{"SYN of Linux", "020405b4 0402 080a 00000001 00000000 01 030307",
			Options{MSS: 1460, SACKPermitted: true, HasTS: true, TSVal: 1, HasWindowScale: true, WindowScale: 7}},
		{"timestamps, the usual layout", "0101 080a 00000005 00000006", Options{HasTS: true, TSVal: 5, TSEcr: 6}},
		{"timestamps, another layout", "080a 00000005 00000006 0101", Options{HasTS: true, TSVal: 5, TSEcr: 6}},
		{"one block", "0101 050a 00000001 00000002", sack(1, SACKBlock{1, 2})},
		{"four blocks", "0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008",
			sack(4, SACKBlock{1, 2}, SACKBlock{3, 4}, SACKBlock{5, 6}, SACKBlock{7, 8})},
		{"end of list hides the rest", "00 020405b4", Options{}},
		{"unknown kind", "fd04abcd 020405b4", Options{MSS: 1460}},
		{"fast open request", "2202", Options{TFO: TFORequest}},
		{"fast open cookie", "220a 0102030405060708", Options{TFO: TFOCookie}},
		{"fast open cookie of odd length", "2207 0102030405", Options{Malformed: true}},
		{"experimental fast open", "fe0c f989 0102030405060708", Options{TFO: TFOCookie}},
		{"another experiment", "fe06 1234 0102", Options{}},
		{"length 0", "0200", Options{Malformed: true}},
		{"length 1", "0201", Options{Malformed: true}},
		{"length cut off", "02", Options{Malformed: true}},
		{"runs past the end", "020405", Options{Malformed: true}},
		{"MSS of a wrong length, then a good option", "0203ff 030302", Options{Malformed: true, HasWindowScale: true, WindowScale: 2}},
		{"SACK of a wrong length", "0506 00000001", Options{Malformed: true}},
		{"SACK without blocks", "0502", Options{Malformed: true}},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(test.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseOptions(b); got != test.want {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}
