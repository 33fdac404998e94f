package h2

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

func TestConversations(t *testing.T) { convo.Run(t, "testdata/*.txt", create) }

// create makes a Conn that tells its events as text. A conversation of an upgraded connection begins with a gap of -2 in
// the client's direction, which stands for the HTTP2-Settings of upgradeSettings.
func create(emit convo.Emit) convo.Parser {
	p := &player{}
	p.new = func() *Conn { return NewConn(func(ev *Event) { tell(emit, ev) }) }
	p.upgraded = func() *Conn {
		return NewUpgraded(func(ev *Event) { tell(emit, ev) }, upgradeSettings)
	}
	return p
}

// upgradeSettings announces a table of 256 bytes and no push.
var upgradeSettings = []byte{0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0}

const upgradeMark = -2

type player struct {
	*Conn
	new, upgraded func() *Conn
}

func (p *player) start() {
	if p.Conn == nil {
		p.Conn = p.new()
	}
}

func (p *player) Feed(d hanalyze.Dir, b []byte) int {
	p.start()
	return p.Conn.Feed(d, b)
}

func (p *player) Gap(d hanalyze.Dir, n int64) {
	if n == upgradeMark {
		p.Conn = p.upgraded()
		return
	}
	p.start()
	p.Conn.Gap(d, n)
}

func (p *player) End(d hanalyze.Dir) {
	p.start()
	p.Conn.End(d)
}

// tell writes an event as text: the kind, what it says, then fields and settings on lines of their own.
func tell(emit convo.Emit, ev *Event) {
	s := fmt.Sprintf("%v %v", ev.Dir, ev.Kind)
	if ev.StreamID != 0 {
		s += fmt.Sprintf(" stream=%d", ev.StreamID)
	}
	if ev.Kind == KindData {
		emit(s, ev.Data)
		return
	}
	switch ev.Kind {
	case KindFrame:
		s += fmt.Sprintf(" #%d @%d %s", ev.Ordinal, ev.Offset, frameText(ev.Frame))
	case KindHeaders:
		s += fmt.Sprintf(" %v bytes=%d", ev.Role, ev.HeaderBytes)
		if ev.Status != 0 {
			s += fmt.Sprintf(" status=%d", ev.Status)
		}
		if ev.EndStream {
			s += " end"
		}
	case KindReset:
		s += " " + ev.ErrorCode.String()
	case KindGoAway:
		s += fmt.Sprintf(" last=%d %v %q", ev.LastStreamID, ev.ErrorCode, ev.Data)
	case KindGap, KindResync, KindTruncated:
		s += fmt.Sprintf(" n=%d", ev.N)
	case KindMalformed:
		s += fmt.Sprintf(" %s: %s", ev.Code, ev.Detail)
	case KindPreface, KindHeadBegin, KindStreamEnd, KindSettings, KindEvicted, KindWindowShut, KindWindowOpen, KindData:
	}
	if ev.Missing != 0 {
		s += " missing=" + missingText(ev.Missing)
	}
	emit(s, nil)
	for _, h := range ev.Fields {
		mark := ""
		if h.Unresolved {
			mark = " (unresolved)"
		}
		emit(fmt.Sprintf("    %s: %s%s", h.Name, short(h.Value), mark), nil)
	}
	for _, v := range ev.Settings {
		emit(fmt.Sprintf("    %s=%d", v.Name, v.Value), nil)
	}
}

func short(s string) string {
	if len(s) > 80 {
		return fmt.Sprintf("%s… (%d bytes)", s[:20], len(s))
	}
	return s
}

func missingText(m hanalyze.Missing) string {
	var names []string
	for i, name := range hanalyze.MissingNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// frameText writes a frame by way of the record it fills.
func frameText(f *Frame) string {
	var r hanalyze.HTTP2Frame
	f.Fill(&r)
	s := fmt.Sprintf("%s len=%d", r.FrameType, r.FrameBytes)
	add := func(format string, a ...any) { s += " " + fmt.Sprintf(format, a...) }
	if len(r.Flags) > 0 {
		add("%s", strings.Join(r.Flags, "|"))
	}
	if r.StreamState != "" {
		add("%s", r.StreamState)
	}
	if r.PadBytes > 0 {
		add("pad=%d", r.PadBytes)
	}
	if r.ErrorCode != "" {
		add("error=%s", r.ErrorCode)
	}
	if r.LastStreamID != nil {
		add("last=%d debug=%q", *r.LastStreamID, r.DebugData)
	}
	if r.WindowIncrement > 0 {
		add("increment=%d", r.WindowIncrement)
	}
	if r.PromisedStream > 0 {
		add("promised=%d", r.PromisedStream)
	}
	if p := r.Priority; p != nil {
		add("priority=%d/%v/%d", p.DependsOn, p.Exclusive, p.Weight)
	}
	if r.Ping != "" {
		add("ping=%s", r.Ping)
	}
	if f.Prioritized > 0 {
		add("prioritized=%d", f.Prioritized)
	}
	if r.Origin != "" {
		add("origin=%q", r.Origin)
	}
	if r.FieldValue != "" {
		add("value=%q", r.FieldValue)
	}
	if len(r.Settings) > 0 {
		add("settings=%d", len(r.Settings))
	}
	if len(r.Headers) > 0 {
		add("fields=%d", len(r.Headers))
	}
	if r.Malformed != "" {
		add("malformed")
	}
	return s
}
