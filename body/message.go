package body

import (
	"strings"

	"hanalyze"
)

// Message gives a WebSocket message what was kept of it as text, if it is text.
func (r *Reader) Message(m *hanalyze.WebSocketMessage) {
	kept := m.Kept
	if m.Kept = nil; len(kept) == 0 {
		return
	}
	if !r.Secrets { // before it is taken for text or not: Base64 hides nothing
		kept = []byte(withoutSecrets(string(kept)))
	}
	// A text message is UTF-8 (RFC 6455 §5.6), controls included: those of STOMP end with a NUL.
	if s, ok := fromUTF8(kept, m.BodyTruncated || m.Missing != 0 || m.Cut); m.Opcode == "text" && ok {
		m.Body = s
	} else {
		m.Body, _, m.BodyBase64 = text(kept, "", m.BodyTruncated)
	}
}

// secretFields are header fields with secrets, as protocols send them in WebSocket messages: STOMP (its passcode too), and
// SIP (RFC 7118).
var secretFields = []string{"authorization", "proxy-authorization", "cookie", "set-cookie", "passcode"}

// withoutSecrets masks the values of header fields in a text, so that they are not told by a detour.
func withoutSecrets(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	lines := strings.SplitAfter(s, "\n")
	for i, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(value) == "" || !isSecret(name) {
			continue
		}
		end := value[len(strings.TrimRight(value, "\r\n")):]
		lines[i] = name + ":***" + end
	}
	return strings.Join(lines, "")
}

func isSecret(name string) bool {
	for _, s := range secretFields {
		if strings.EqualFold(strings.Trim(name, " \t\""), s) {
			return true
		}
	}
	return false
}
