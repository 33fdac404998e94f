package dns

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"hanalyze/internal/testenv"
)

// dnspython reads lines "type hex" and prints each record's data in presentation form, "-" for a type that it does not know
// or data that it refuses: examples are often shorter than a real key or digest.
const dnspython = `
import sys, dns.rdata, dns.rdataclass
for line in sys.stdin:
    typ, data = line.split(" ")
    data = bytes.fromhex(data)
    try:
        r = dns.rdata.from_wire(dns.rdataclass.IN, int(typ), data, 0, len(data))
        print("-" if isinstance(r, dns.rdata.GenericRdata) else r.to_text())
    except Exception:
        print("-")
`

// spelled are dnspython's spellings that are right too: mnemonics where numbers may stand, numbers of times, and keys of
// SVCB registered since.
var spelled = map[string]string{
	"PKIX 258 RSASHA1 YWJj":                     "1 258 5 YWJj",
	"gss-tsig. 1593835520 1593835521 3 16 AQI=": "gss-tsig 20200704040520 20200704040521 3 BADSIG 2 AQI= 0",
	`1 . alpn="h2" no-default-alpn ech="AQID" key7="/q{?d}" key8 key9="\017\236\000\029" key401`: `1 . alpn="h2" no-default-alpn ech=AQID dohpath="/q{?d}" ohttp tls-supported-groups=4588,29 key401`,
	`1 . key10="\003dns\004core"`: `1 . docpath="dns,core"`,
	"1 . key10":                   "1 . docpath",
}

// TestDnspython has an independent program write the data of every example.
func TestDnspython(t *testing.T) {
	testenv.Programs(t, "python3")
	testenv.PythonModule(t, "dns.rdata")
	var in bytes.Buffer
	var asked []string
	for _, c := range presentations {
		data := wire(t, c.data)
		if bytes.Contains(data, []byte{0xc0, 0x0c}) { // compressed: it has no message to look in
			continue
		}
		fmt.Fprintf(&in, "%d %x\n", c.typ, data)
		asked = append(asked, TypeName(c.typ)+" "+c.want)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", dnspython)
	cmd.Stdin = &in
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if err != nil || len(lines) != len(asked) {
		t.Fatalf("%v, %d lines of %d; the last is %s", err, len(lines), len(asked), lines[len(lines)-1])
	}
	known := 0
	for i, theirs := range lines {
		typ, ours, _ := strings.Cut(asked[i], " ")
		if theirs == "-" {
			continue
		}
		known++
		if squeeze(ours) != squeeze(theirs) && spelled[strings.TrimSpace(theirs)] != ours {
			t.Errorf("%s\n   ours %s\n theirs %s", typ, ours, theirs)
		}
	}
	t.Logf("%d of %d examples are of types that dnspython knows", known, len(lines))
}

// squeeze removes what may differ: blanks inside hexadecimal and base64, the dot at the end of names, quotes around what
// needs none, and the case of base32.
func squeeze(s string) string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(s, `"`, "")))
	for i, w := range words {
		if len(w) > 1 {
			words[i] = strings.TrimSuffix(w, ".")
		}
	}
	return strings.Join(words, "")
}
