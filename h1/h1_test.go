package h1

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

func TestConversations(t *testing.T) { convo.Run(t, "testdata/*.txt", newTold) }

// newTold makes a Conn whose events are told as lines, and checks that they keep to what Event promises.
func newTold(emit convo.Emit) convo.Parser {
	w := &watch{emit: emit}
	return NewConn(w.see)
}

// watch checks the order of events.
type watch struct {
	emit convo.Emit
	open [2]bool
}

func (w *watch) see(ev *Event) {
	open := &w.open[ev.Dir]
	switch ev.Kind {
	case MessageBegin:
		if *open {
			w.emit("BUG: message begins within a message", nil)
		}
		*open = true
	case RequestHead, ResponseHead, Body, BodyGap, Trailers, MessageEnd:
		if !*open {
			w.emit("BUG: event outside of a message", nil)
		}
		*open = ev.Kind != MessageEnd
	case Switch, Malformed:
	case StartFound: // MessageBegin says the same
		return
	}
	if ev.Kind == Body {
		w.emit(ev.Dir.String()+" body", ev.Data)
		return
	}
	w.emit(tell(ev), nil)
}

// tell writes an event as one line, leaving out what is usual.
func tell(ev *Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", ev.Dir, ev.Kind)
	say := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	say(ev.Exchange > 0, "#%d", ev.Exchange)
	say(ev.Pairing == Guessed || ev.Dir == hanalyze.S2C && ev.Kind != Malformed && ev.Pairing != Certain, "%s", ev.Pairing)
	say(true, "@%d", ev.Offset)
	switch ev.Kind {
	case RequestHead:
		say(true, "%q %q", ev.Method, ev.Target)
	case ResponseHead:
		say(true, "%d %q", ev.Status, ev.Reason)
	case BodyGap:
		say(true, "%d", ev.N)
	case MessageEnd:
		say(true, "%s", ev.How)
		say(ev.BodyBytes > 0, "body=%d", ev.BodyBytes)
		say(ev.WireBytes != ev.BodyBytes, "wire=%d", ev.WireBytes)
		say(ev.LostBytes > 0, "lost=%d", ev.LostBytes)
		say(ev.Chunks > 0, "chunks=%d", ev.Chunks)
	case Malformed:
		say(true, "%s", ev.Code)
		say(ev.Detail != "", "(%s)", ev.Detail)
	case MessageBegin, Body, Trailers, Switch, StartFound:
	}
	if ev.Kind == RequestHead || ev.Kind == ResponseHead {
		say(true, "%s head=%d %s", ev.Version, ev.HeadBytes, cmp.Or(ev.Framing.String(), "unknown"))
		say(ev.ContentLength >= 0, "length=%d", ev.ContentLength)
		say(ev.Interim, "interim")
		say(!ev.Persistent, "last")
	}
	if a := ev.Ambiguity; a != nil {
		say(true, "%s here=%s there=%s", a.Code, tellReading(&a.Here), tellReading(&a.There))
	}
	say(ev.Pipelined, "pipelined")
	say(ev.Upgrade != "", "upgrade=%s", ev.Upgrade)
	say(ev.Notes != 0, "notes=%s", ev.Notes)
	for _, f := range ev.Headers {
		say(true, "{%q: %q}", f.Name, f.Value)
	}
	return b.String()
}

// tellReading writes a reading as one word.
func tellReading(r *Reading) string {
	s := r.Framing.String()
	switch {
	case r.Unknown:
		s += ":?"
	default:
		s += fmt.Sprintf(":%d", r.Bytes)
	}
	if r.More {
		s += "+"
	}
	if r.Refused {
		s += ":refused"
	}
	if r.Next != "" {
		s += fmt.Sprintf(":%q", r.Next)
	}
	return s
}
