package tlsinfo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// parser is what Conn and DatagramConn have in common.
type parser interface {
	convo.Parser
	Info(hanalyze.Time) hanalyze.TLS
}

// told is a parser that tells its record when both directions have ended.
type told struct {
	parser
	emit convo.Emit
	ends int
}

// testNow is the capture's clock in tests: 2026-01-01.
const testNow = hanalyze.Time(1767225600e9)

func (p *told) End(d hanalyze.Dir) {
	p.parser.End(d)
	if p.ends++; p.ends == 2 {
		for _, line := range recordLines(p.Info(testNow)) {
			p.emit(line, nil)
		}
	}
}

// recordLines gives the record's JSON, one key a line.
func recordLines(t hanalyze.TLS) (lines []string) {
	b, err := json.Marshal(t)
	if err != nil {
		return []string{err.Error()}
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return []string{err.Error()}
	}
	for _, envelope := range []string{"Flow", "Start", "Last", "Path"} {
		delete(m, envelope)
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if v := string(m[k]); v != "false" {
			lines = append(lines, k+": "+v)
		}
	}
	return lines
}

// line prints the fields of an event that count.
func line(e *Event) string {
	s := fmt.Sprintf("%s %d %s", e.Dir, e.Offset, e.Kind)
	switch e.Kind {
	case EventClientHello:
		s += " " + e.ClientHello.SNI
	case EventServerHello:
		s += " " + VersionName(e.ServerHello.Selected)
	case EventCertificate:
		s += fmt.Sprintf(" %d", len(e.Certificates))
	case EventAlert:
		s += " " + e.Alert.Level + " " + e.Alert.Description
	case EventApplicationData:
		s += fmt.Sprintf(" %d", e.Bytes)
	case EventMalformed, EventLimit:
		s += strings.TrimRight(" "+e.Code+" "+e.Detail, " ")
	}
	return s
}

func newTold(emit convo.Emit) convo.Parser {
	return &told{parser: NewConn(func(e *Event) { emit(line(e), nil) }), emit: emit}
}

func TestConversations(t *testing.T) { convo.Run(t, "testdata/*.txt", newTold) }

func FuzzConn(f *testing.F) { convo.Fuzz(f, "testdata/*.txt", newTold) }
