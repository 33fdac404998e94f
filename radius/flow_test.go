package radius

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

// attr makes an attribute, or several of EAP-Message where the value is long.
func attr(typ uint8, value string) (b []byte) {
	const most = 253
	for {
		n := min(len(value), most)
		b = append(append(b, typ, byte(n+2)), value[:n]...)
		if value = value[n:]; value == "" {
			return b
		}
	}
}

// radiusPacket makes a packet; requests of the same identifier are told apart by the authenticator's first byte.
func radiusPacket(code, id, auth uint8, attrs ...[]byte) []byte {
	b := append([]byte{code, id, 0, 0, auth}, make([]byte, 15)...)
	b = append(b, slices.Concat(attrs...)...)
	b[2], b[3] = byte(len(b)>>8), byte(len(b))
	return b
}

// eap makes an EAP message of type 13 with flags.
func eap(code, id, flags uint8, tls string) string {
	n := 6 + len(tls)
	return string([]byte{code, id, byte(n >> 8), byte(n), 13, flags}) + tls
}

func ask(id, eapID uint8, state, tls string) step {
	attrs := [][]byte{attr(attrEAPMessage, eap(eapResponse, eapID, 0, tls))}
	if state != "" {
		attrs = append(attrs, attr(attrState, state))
	}
	return step{hanalyze.C2S, radiusPacket(accessRequest, id, eapID, attrs...)}
}

func challenge(id, eapID uint8, state, tls string) step {
	flags := uint8(0)
	if tls == "start" {
		flags, tls = flagStart, "authority"
	}
	return step{hanalyze.S2C, radiusPacket(accessChallenge, id, 0, attr(attrState, state), attr(attrEAPMessage, eap(eapRequest, eapID, flags, tls)))}
}

func identity(id uint8) step {
	return step{hanalyze.C2S, radiusPacket(accessRequest, id, 1, attr(attrEAPMessage, "\x02\x01\x00\x07\x01me"))}
}

func accept(id uint8) step {
	return step{hanalyze.S2C, radiusPacket(accessAccept, id, 0, attr(attrEAPMessage, "\x03\x09\x00\x04"))}
}

type step struct {
	dir hanalyze.Dir
	b   []byte
}

// told plays packets and returns a line for each conversation: what came of it, in order.
func told(steps ...step) (lines []string) {
	f := NewFlow(func(e *Event) {
		for len(lines) < int(e.Conversation) {
			lines = append(lines, "")
		}
		words := map[Kind]string{Began: e.Method, Data: e.Dir.String() + ":" + string(e.Bytes), Lost: "lost", Ended: "ended", Dropped: "dropped"}
		l := &lines[e.Conversation-1]
		*l = strings.TrimSpace(*l + " " + words[e.Kind])
	})
	for _, s := range steps {
		b := slices.Clone(s.b)
		f.Feed(s.dir, b)
		for i := range b {
			b[i] = 0xdb
		}
	}
	f.Close()
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" })
}

// exchange is a whole conversation: a hello in two fragments, an answer, a last word. Its States are made of name.
func exchange(id uint8, name string) []step {
	return []step{
		identity(id), challenge(id, 2, name+"1", "start"),
		ask(id+1, 2, name+"1", "HEL"), challenge(id+1, 3, name+"2", ""),
		ask(id+2, 3, name+"2", "LO"), challenge(id+2, 4, name+"3", "WELCOME"),
		ask(id+3, 4, name+"3", "DONE"), challenge(id+3, 5, name+"4", "OK"),
		ask(id+4, 5, name+"4", ""), accept(id + 4),
	}
}

const whole = "eap_tls c2s:HEL c2s:LO s2c:WELCOME c2s:DONE s2c:OK ended"

func TestFlow(t *testing.T) {
	a, b := exchange(1, "a"), exchange(101, "b")
	both := []step{}
	twice := []step{}
	for i := range a {
		both = append(both, a[i], b[i])
		twice = append(twice, a[i], a[i])
	}
	constant := func(steps []step) (out []step) { // a server that gives one State to the whole conversation
		for _, s := range steps {
			for _, state := range []string{"a1", "a2", "a3", "a4"} {
				s.b = []byte(strings.Replace(string(s.b), "\x18\x04"+state, "\x18\x04a0", 1))
			}
			out = append(out, s)
		}
		return out
	}
	other := ask(3, 3, "a2", "LO") // sent again to the server under another identifier
	for _, c := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"one", a, []string{whole}},
		{"two at the same time", both, []string{whole, whole}},
		{"one after the other under the same identifiers", slices.Concat(a, exchange(1, "c")), []string{whole, whole}},
		{"all sent again", twice, []string{whole}},
		{"a response under another identifier", slices.Concat(a[:5], []step{other}, []step{challenge(3, 4, "a3", "WELCOME")}, a[6:]), []string{whole}},
		{"one State", constant(a), []string{whole}},
		{"one State, without a fragment", constant(slices.Delete(slices.Clone(a), 3, 5)), []string{"eap_tls c2s:HEL lost s2c:WELCOME c2s:DONE s2c:OK ended"}},
		{"without a challenge", slices.Delete(slices.Clone(a), 3, 4), []string{"eap_tls c2s:HEL lost", "eap_tls lost c2s:LO s2c:WELCOME c2s:DONE s2c:OK ended"}},
		{"without a request", slices.Delete(slices.Clone(a), 4, 5), []string{"eap_tls c2s:HEL lost", "eap_tls lost s2c:WELCOME c2s:DONE s2c:OK ended"}},
		{"from its middle", a[6:], []string{"eap_tls lost c2s:DONE s2c:OK ended"}},
		{"without an end", a[:7], []string{"eap_tls c2s:HEL c2s:LO s2c:WELCOME c2s:DONE"}},
	} {
		if got := told(c.steps...); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

// Whatever is missing, bytes that stand behind each other without "lost" between them stood so in the conversation.
func TestFlowLoss(t *testing.T) {
	a, b := exchange(1, "a"), exchange(6, "b")
	var all []step
	for i := range a {
		all = append(all, a[i], b[i])
	}
	for mask := range 1 << len(all) {
		if mask%41 != 0 { // a share of them, spread
			continue
		}
		var kept []step
		for i, s := range all {
			if mask>>i&1 == 0 {
				kept = append(kept, s)
			}
		}
		for _, line := range told(kept...) {
			for part := range strings.SplitSeq(strings.TrimPrefix(line, "eap_tls"), "lost") {
				if part = strings.TrimSpace(part); !strings.Contains(whole, part) {
					t.Fatalf("%b: %q", mask, line)
				}
			}
		}
	}
}

func TestConversationLimit(t *testing.T) {
	dropped := 0
	f := NewFlow(func(e *Event) {
		if e.Kind == Dropped {
			dropped++
		}
	})
	for i := range maxConversations + 1 {
		s := ask(uint8(i), 2, fmt.Sprint("state", i), "HEL")
		f.Feed(s.dir, s.b)
	}
	if dropped != 1 || len(f.all) != maxConversations {
		t.Errorf("%d dropped, %d followed", dropped, len(f.all))
	}
	long := challenge(1, 3, strings.Repeat("x", maxState), "")
	f.Feed(long.dir, long.b)
	if c := f.all[len(f.all)-1]; len(c.state) != maxState {
		t.Errorf("a State of %d bytes", len(c.state))
	}
	for range maxTurns { // their answers never came
		s := identity(200)
		f.Feed(s.dir, s.b)
	}
	if c := f.answered(uint8(2)); c != nil {
		t.Errorf("an answer %d turns late has a conversation", maxTurns)
	}
}

func TestSniff(t *testing.T) {
	authenticator := attr(attrMessageAuthenticator, strings.Repeat("m", 16))
	inEAP := radiusPacket(accessRequest, 1, 1, attr(attrEAPMessage, "\x02\x01\x00\x07\x01me"), authenticator)
	plain := radiusPacket(accessRequest, 1, 1, attr(1, "me"))
	for _, c := range []struct {
		name  string
		b     []byte
		usual bool
		want  bool
	}{
		{"EAP on any port", inEAP, false, true},
		{"a password on RADIUS's port", plain, true, true},
		{"a password elsewhere", plain, false, false},
		{"without a Message-Authenticator elsewhere", identity(1).b, false, false},
		{"cut", inEAP[:len(inEAP)-1], true, false},
		{"an attribute beyond its end", radiusPacket(accessRequest, 1, 1, []byte{1, 9, 'm'}), true, false},
		{"an attribute without a length", radiusPacket(accessRequest, 1, 1, []byte{1, 0}), true, false},
		{"an unknown code", radiusPacket(99, 1, 1), true, false},
		{"above maxPacket", radiusPacket(accessRequest, 1, 1, attr(attrEAPMessage, strings.Repeat("x", maxPacket))), true, false},
		{"nothing", nil, true, false},
	} {
		if got := Sniff(c.b, c.usual); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// RFC 5216 §3.1, RFC 3748 §4.
func TestParseEAP(t *testing.T) {
	for _, c := range []struct {
		name, eap, method, tls string
		ok                     bool
	}{
		{"a fragment with the length of all", eap(eapRequest, 7, flagLength|0x40, "\x00\x00\x10\x00TLS"), "eap_tls", "TLS", true},
		{"padding behind it", eap(eapRequest, 7, 0, "TLS") + "padding", "eap_tls", "TLS", true},
		{"PEAP, version 1", "\x01\x07\x00\x09\x19\x01TLS", "peap", "TLS", true},
		{"what EAP-FAST says of itself", "\x01\x07\x00\x09\x2b\x21A-I", "eap_fast", "", true},
		{"a type without flags", "\x02\x07\x00\x05\x0d", "eap_tls", "", true},
		{"another method", "\x01\x07\x00\x09\x04abcd", "", "", true},
		{"success", "\x03\x07\x00\x04", "", "", true},
		{"no length although there should be", eap(eapRequest, 7, flagLength, "\x00\x00\x10"), "eap_tls", "", false},
		{"cut", eap(eapRequest, 7, 0, "TLS")[:8], "", "", false},
		{"too short a length", "\x01\x07\x00\x03", "", "", false},
	} {
		m, ok := parseEAP([]byte(c.eap))
		if m.method != c.method || string(m.tls) != c.tls || ok != c.ok {
			t.Errorf("%s: %+v, %v", c.name, m, ok)
		}
	}
}

func FuzzFlow(f *testing.F) {
	for _, s := range exchange(1, "a") {
		f.Add(s.b, []byte("x"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		Sniff(a, true)
		open := map[uint64]bool{}
		flow := NewFlow(func(e *Event) {
			if (e.Kind == Began) == open[e.Conversation] {
				t.Fatalf("%v of %d, open: %v", e.Kind, e.Conversation, open)
			}
			open[e.Conversation] = e.Kind != Ended && e.Kind != Dropped
		})
		for i := range 4 {
			flow.Feed(hanalyze.Dir(i&1), a)
			flow.Feed(hanalyze.Dir(i&1), b)
		}
		flow.Close()
		if len(open) > 8 {
			t.Fatal(len(open))
		}
	})
}
