package h2

import (
	"fmt"
	"testing"

	"hanalyze"
)

// TestStates is the diagram of RFC 9113 §5.1: what each frame makes of each state, for its sender and its receiver. What the
// diagram has no arrow for changes nothing, though it may be an error.
func TestStates(t *testing.T) {
	arrows := []struct {
		before State // of the sender
		frame  action
		after  State
	}{
		{Idle, sendHeaders, Open},
		{Idle, sendPromise, ReservedLocal},
		{ReservedLocal, sendHeaders, HalfClosedRemote},
		{ReservedLocal, sendReset, Closed},
		{ReservedRemote, sendReset, Closed},
		{Open, sendEnd, HalfClosedLocal},
		{Open, sendReset, Closed},
		{HalfClosedLocal, sendReset, Closed},
		{HalfClosedRemote, sendEnd, Closed},
		{HalfClosedRemote, sendReset, Closed},
	}
	type key struct {
		s State
		a action
	}
	want := map[key]State{}
	for s := Idle; s <= Closed; s++ {
		for a := sendHeaders; a <= sendReset; a++ {
			want[key{s, a}] = s
		}
	}
	want[key{Idle, sendReset}] = Closed // an error (§6.4), after which nothing can come
	want[key{Unknown, sendReset}] = Closed
	for _, a := range arrows {
		want[key{a.before, a.frame}] = a.after
	}
	receiver := map[State]State{
		Idle: Idle, ReservedLocal: ReservedRemote, ReservedRemote: ReservedLocal, Open: Open,
		HalfClosedLocal: HalfClosedRemote, HalfClosedRemote: HalfClosedLocal, Closed: Closed, Unknown: Unknown,
	}
	for k, after := range want {
		if got := k.s.after(k.a); got != after {
			t.Errorf("%v, action %d: %v, want %v", k.s, k.a, got, after)
		}
		for _, d := range []hanalyze.Dir{c2s, s2c} { // the same, sent by either end, as both see it
			s := &stream{id: 1, state: k.s}
			if d == s2c {
				s.state = k.s.mirror()
			}
			s.apply(d, k.a)
			if s.seenFrom(d) != after || s.seenFrom(d.Reverse()) != receiver[after] {
				t.Errorf("%v, action %d of %v: sender %v, receiver %v; want %v", k.s, k.a, d, s.seenFrom(d), s.seenFrom(d.Reverse()), after)
			}
		}
	}
	for s, m := range receiver {
		if s.mirror() != m {
			t.Errorf("%v mirrored is %v", s, s.mirror())
		}
	}
}

// TestFrameStates plays the life of streams and wants the state told with every frame, as its sender sees it.
func TestFrameStates(t *testing.T) {
	s := newScript()
	s.open()
	s.headers(c2s, 0, 1, request("/a")...)                                                                  // opens 1
	s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, append(u32(2), s.block(s2c, request("/p")...)...)...) // on 1, reserves 2
	s.frame(c2s, FramePriority, 0, 2, u32(0, 9)...)                                                         // changes nothing
	s.headers(s2c, 0, 2, ":status", "200")                                                                  // 2: half closed at once
	s.frame(c2s, FrameWindowUpdate, 0, 2, u32(1)...)
	s.frame(s2c, FrameData, FlagEndStream, 2, 'x')    // closes 2
	s.frame(c2s, FrameData, FlagEndStream, 1, 'x')    // half closes 1
	s.headers(s2c, 0, 1, ":status", "200")            //
	s.frame(s2c, FrameData, FlagEndStream, 1, 'x')    // closes it
	s.frame(c2s, FrameWindowUpdate, 0, 1, u32(1)...)  // comes late
	s.frame(c2s, FramePriority, 0, 9, u32(0, 9)...)   // of a stream to come
	s.get(3, "/b")                                    // opened and half closed at once
	s.frame(c2s, FrameRSTStream, 0, 3, u32(8)...)     // closes it
	s.frame(s2c, FramePing, 0, 0, make([]byte, 8)...) // of the connection
	want := []string{
		"HEADERS 1 open", "PUSH_PROMISE 1 open", "PRIORITY 2 reserved_remote", "HEADERS 2 half_closed_remote", "WINDOW_UPDATE 2 half_closed_local",
		"DATA 2 closed", "DATA 1 half_closed_local", "HEADERS 1 half_closed_remote", "DATA 1 closed", "WINDOW_UPDATE 1 closed", "PRIORITY 9 idle",
		"HEADERS 3 half_closed_local", "RST_STREAM 3 closed", "PING 0 ",
	}
	var got []string
	c := NewConn(func(ev *Event) {
		if f := ev.Frame; ev.Kind == KindFrame && f.Type != FrameSettings {
			got = append(got, f.Type.String()+" "+fmt.Sprint(f.StreamID)+" "+f.State.String())
		}
		if ev.Kind == KindMalformed {
			t.Error(ev.Detail)
		}
	})
	for _, st := range s.steps {
		c.Feed(st.Dir, st.Data)
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("frame %d: got %q\nwant %q", i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}
