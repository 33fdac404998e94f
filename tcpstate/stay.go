package tcpstate

import (
	"time"

	"hanalyze"
)

// stay is how long an end was in the states of the teardown that an application is answerable for, and since when it is
// in the one it is in.
type stay struct {
	in    state
	since hanalyze.Time

	closeWait, finWait2   time.Duration
	closeWaits, finWaits2 bool // the durations are valid
	timeWaitAt            hanalyze.Time
	timeWaits             bool // timeWaitAt is valid
}

// move takes the state an end is in now.
func (t *stay) move(s state, now hanalyze.Time) {
	if s == t.in {
		return
	}
	t.leave(now)
	t.in, t.since = s, now
	if s == timeWait && !t.timeWaits {
		t.timeWaits, t.timeWaitAt = true, now
	}
}

// leave counts the time since the end entered its state.
func (t *stay) leave(now hanalyze.Time) {
	switch d := max(now.Sub(t.since), 0); t.in {
	case closeWait:
		t.closeWait, t.closeWaits = d, true
	case finWait2:
		t.finWait2, t.finWaits2 = d, true
	}
}

// moved keeps what a change of states leaves behind.
func (c *Conn) moved(now hanalyze.Time) {
	if !c.open && c.half[0].state >= established && c.half[1].state >= established {
		c.open, c.openAt = true, now
	}
	for d := range c.half {
		h := &c.half[d]
		h.stay.move(h.state, now)
	}
}

// Reopened tells that a SYN has opened another connection between the same ports: RFC 9293 §3.6.1 allows it in TIME-WAIT.
func (c *Conn) Reopened() { c.teardown.reused = true }
