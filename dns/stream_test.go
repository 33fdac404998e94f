package dns

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// tell makes a Conn whose events are lines of text.
func tell(emit convo.Emit) convo.Parser {
	return NewConn(func(e *Event) {
		line := fmt.Sprintf("%v at %d %v", e.Dir, e.Offset, e.Kind)
		if e.Kind == KindDead {
			emit(line+" "+e.Reason, nil)
			return
		}
		m := e.Message
		line += fmt.Sprintf(" %d %s response=%t", m.ID, OpcodeName(m.Opcode), m.Response)
		for _, q := range m.Questions {
			line += fmt.Sprintf(" %s/%s", q.Name, q.Type)
		}
		for _, rr := range m.Answers {
			line += fmt.Sprintf(" %s=%s", rr.Type, rr.Data)
		}
		if m.Err != nil {
			line += " err=" + m.Err.Code
		}
		if m.Missing != 0 {
			line += fmt.Sprintf(" missing=%b", m.Missing)
		}
		if e.Cut {
			line += " cut"
		}
		emit(line, nil)
	})
}

func TestConversations(t *testing.T) { convo.Run(t, "testdata/*.txt", tell) }

func FuzzStream(f *testing.F) { convo.Fuzz(f, "testdata/*.txt", tell) }

// The carry holds one message at most, and a large one is given back.
func TestCarry(t *testing.T) {
	n := 0
	c := NewConn(func(*Event) { n++ })
	big := append([]byte{0xff, 0xff}, make([]byte, 0xffff)...)
	for _, b := range big {
		c.Feed(hanalyze.C2S, []byte{b})
		if k := len(c.half[0].carry); k > MaxCarry {
			t.Fatalf("carry of %d", k)
		}
	}
	if n != 1 || cap(c.half[0].carry) > keptCarry {
		t.Errorf("%d messages, %d bytes kept", n, cap(c.half[0].carry))
	}
}

// A whole message in one piece is not copied into the carry.
func TestWholeMessageIsNotCarried(t *testing.T) {
	c := NewConn(func(*Event) {})
	msg := typical(t)
	b := append([]byte{0, byte(len(msg))}, msg...)
	c.Feed(hanalyze.S2C, b)
	if c.half[1].carry != nil {
		t.Error("carried")
	}
}

func TestStrings(t *testing.T) {
	got := fmt.Sprint(KindMessage, KindDead, Kind(0), No, Maybe, Yes, Verdict(9))
	if strings.Join(strings.Fields(got), " ") != "message dead no maybe yes" {
		t.Error(got)
	}
	if got := (&Error{Offset: 1, Code: "a"}).Error(); got != "dns: offset 1: a" {
		t.Error(got)
	}
	if got := (&Error{Offset: 1, Code: "a", Detail: "b"}).Error(); got != "dns: offset 1: a: b" {
		t.Error(got)
	}
}
