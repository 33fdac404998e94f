package starttls

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

// dialogueOf plays pieces of a client's words, or the server's where they begin with "S:", and returns what is told.
func dialogueOf(name string, pieces ...string) (events []string, c *Conn) {
	i := slices.IndexFunc(Protocols, func(p Protocol) bool { return p.Name == name })
	c = NewConn(&Protocols[i], func(e Event) { events = append(events, strings.TrimSpace(e.Kind.String()+" "+e.Detail)) })
	for _, p := range pieces {
		d := hanalyze.C2S
		if words, ok := strings.CutPrefix(p, "S:"); ok {
			d, p = hanalyze.S2C, words
		}
		c.Feed(d, []byte(p))
	}
	return events, c
}

const startTLS = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// A message of LDAP above maxMessage is none; of the others maxLDAP bytes are looked at, and what follows is in step.
func TestLDAPLimits(t *testing.T) {
	if len(startTLS) != 31 {
		t.Fatal(len(startTLS))
	}
	if events, c := dialogueOf("ldap", "\x30\x84\x01\x00\x00\x01", startTLS); len(events) > 0 || c.phase != passive {
		t.Errorf("a message of maxMessage+1 bytes: %q", events)
	}
	search := "\x30\x84\x01\x00\x00\x00\x02\x01\x01\x63" + strings.Repeat("x", maxMessage-4)
	events, c := dialogueOf("ldap", search, startTLS)
	if !slices.Equal(events, []string{"asked"}) || cap(c.dialogue.(*ldap).half[hanalyze.C2S].head) > 2*maxLDAP {
		t.Errorf("behind a message of maxMessage bytes: %q, kept %d", events, cap(c.dialogue.(*ldap).half[hanalyze.C2S].head))
	}
}

// What a packet of MySQL has above maxMySQL is passed over; a greeting of that size is no greeting.
func TestMySQLLimits(t *testing.T) {
	greeting := func(version int) string {
		body := "\x0a8" + strings.Repeat("0", version-1) + "\x00ABCDEFGHIJKL\x00\xff\xff"
		return string([]byte{byte(len(body)), byte(len(body) >> 8), 0, 0}) + body
	}
	for version, want := range map[int]Verdict{10: Yes, maxMySQL - 22: Yes, maxMySQL - 19: No} {
		g := greeting(version)
		if got := sniffMySQL(nil, []byte(g)); got != want || (len(g) > maxMySQL) != (want == No) {
			t.Errorf("a greeting of %d bytes: %d", len(g), got)
		}
	}
	request := "\x20\x00\x00\x01\x00\x08" + strings.Repeat("\x00", 30)
	events, c := dialogueOf("mysql", "S:"+greeting(5*maxMySQL), request)
	if !slices.Equal(events, []string{"asked"}) || !c.Switched() || cap(c.dialogue.(*mysql).half[hanalyze.S2C].packet) > 2*maxMySQL {
		t.Errorf("behind a greeting of %d bytes: %q, kept %d", len(greeting(5*maxMySQL)), events, cap(c.dialogue.(*mysql).half[hanalyze.S2C].packet))
	}
}

// A TPKT above maxTPKT is not of this dialogue.
func TestTPKTLimit(t *testing.T) {
	request := func(size int) string {
		b := append([]byte{3, 0, byte(size >> 8), byte(size), byte(size - 5), x224Request, 0, 0, 0, 0, 0}, bytes.Repeat([]byte("c"), size-11-8)...)
		return string(append(b, negotiationReq, 0, 8, 0, 1, 0, 0, 0))
	}
	if events, _ := dialogueOf("rdp", request(maxTPKT)); !slices.Equal(events, []string{"asked"}) {
		t.Errorf("maxTPKT: %q", events)
	}
	if events, c := dialogueOf("rdp", request(maxTPKT+1)); len(events) > 0 || c.phase != passive {
		t.Errorf("maxTPKT+1: %q", events)
	}
}
