package body

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestMessages(t *testing.T) {
	type told = hanalyze.WebSocketMessage
	for name, c := range map[string]struct {
		kept    string
		message told
		want    told
	}{
		"text":            {"grüß dich", told{Opcode: "text"}, told{Body: "grüß dich"}},
		"nothing":         {"", told{Opcode: "text"}, told{}},
		"controls":        {"CONNECTED\n\n\x00", told{Opcode: "text"}, told{Body: "CONNECTED\n\n\x00"}},
		"half a letter":   {"gr\xc3", told{Opcode: "text", BodyTruncated: true}, told{Body: "gr"}},
		"lost in one":     {"gr\xc3", told{Opcode: "text", Missing: hanalyze.MissingGap}, told{Body: "gr"}},
		"cut in one":      {"gr\xc3", told{Opcode: "text", Cut: true}, told{Body: "gr"}},
		"no text at all":  {"gr\xc3", told{Opcode: "text"}, told{BodyBase64: "Z3LD"}},
		"binary":          {"\x00\x01", told{Opcode: "binary"}, told{BodyBase64: "AAE="}},
		"binary text":     {"{\"a\":1}", told{Opcode: "binary"}, told{Body: "{\"a\":1}"}},
		"binary controls": {"a\x00", told{Opcode: "binary"}, told{BodyBase64: "YQA="}},
		"secrets": {"CONNECT\nlogin:guest\npasscode:wonderland\r\nAuthorization: Bearer a:b\n \"Cookie\": \"sid=1\",\ncookies: two\n\n\x00", told{Opcode: "text"},
			told{Body: "CONNECT\nlogin:guest\npasscode:***\r\nAuthorization:***\n \"Cookie\":***\ncookies: two\n\n\x00"}},
		"a secret that is no text": {"passcode:x\n\x00", told{Opcode: "binary"}, told{BodyBase64: "cGFzc2NvZGU6KioqCgA="}},
		"a secret at the end":      {"passcode:won", told{Opcode: "text", BodyTruncated: true}, told{Body: "passcode:***"}},
		"no secret":                {"passcode:\nno colon", told{Opcode: "text"}, told{Body: "passcode:\nno colon"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.message
			m.Kept = []byte(c.kept)
			NewReader(Options{}).Message(&m)
			if d := cmp.Diff([]string{c.want.Body, c.want.BodyBase64}, []string{m.Body, m.BodyBase64}); d != "" || m.Kept != nil {
				t.Errorf("(-want +got)\n%s", d)
			}
			m.Kept = []byte(c.kept)
			NewReader(Options{Secrets: true}).Message(&m)
			if name == "secrets" && m.Body != c.kept {
				t.Errorf("with secrets: %q", m.Body)
			}
		})
	}
}
