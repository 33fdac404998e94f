package websocket

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// deflating are the parameters of the conversations whose names begin with "deflate".
var deflating = Params{Deflate: true, Side: [2]SideParams{hanalyze.S2C: {NoContextTakeover: true}}}

func TestConversations(t *testing.T) {
	convo.Run(t, "testdata/plain-*.txt", func(emit convo.Emit) convo.Parser { return newTold(Params{}, emit) })
	convo.Run(t, "testdata/deflate-*.txt", func(emit convo.Emit) convo.Parser { return newTold(deflating, emit) })
}

func FuzzConn(f *testing.F) {
	convo.Fuzz(f, "testdata/*.txt", func(emit convo.Emit) convo.Parser { return newTold(deflating, emit) })
}

// newTold makes a Conn whose events are told as lines, and checks that they keep to what Event promises.
func newTold(p Params, emit convo.Emit) convo.Parser {
	w := &watch{emit: emit}
	return NewConn(p, w.see)
}

// watch checks the order of events.
type watch struct {
	emit convo.Emit
	open [2]bool
}

func (w *watch) see(e *Event) {
	open := &w.open[e.Dir]
	switch e.Kind {
	case MessageBegin:
		if *open {
			w.emit("BUG: a message begins within a message", nil)
		}
		*open = true
	case Data, DataGap, MessageEnd:
		if !*open {
			w.emit("BUG: event outside of a message", nil)
		}
		*open = e.Kind != MessageEnd
	case Control, Close, Lost, Resync, Unread, Malformed:
	}
	if e.Kind == Data {
		w.emit(e.Dir.String()+" data", e.Data)
		return
	}
	w.emit(tell(e), nil)
}

// tell writes an event as one line, leaving out what is usual.
func tell(e *Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s @%d", e.Dir, e.Kind, e.Offset)
	say := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	say(e.Kind == MessageBegin || e.Kind == MessageEnd || e.Kind == Control, "%s", e.Op)
	say(e.Compressed, "compressed")
	switch e.Kind {
	case MessageEnd:
		say(e.How != Complete, "%s", e.How)
		say(e.Frames != 1, "frames=%d", e.Frames)
		say(true, "bytes=%d", e.Bytes)
		say(e.WireBytes != e.Bytes, "wire=%d", e.WireBytes)
	case Control:
		say(true, "%q", e.Data)
	case Close:
		say(true, "%d %q", e.Code, e.Reason)
	case Malformed:
		say(true, "%s", e.Violation)
		say(e.Detail != "", "(%s)", e.Detail)
	case DataGap, Resync, Unread:
		say(true, "%d", e.N)
	case MessageBegin, Data, Lost:
	}
	say(e.LostBytes > 0, "lost=%d", e.LostBytes)
	return b.String()
}
