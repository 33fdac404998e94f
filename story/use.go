package story

import (
	"time"

	"hanalyze"
)

// use is what HTTP used a connection for so far.
type use struct {
	exchanges, depth uint64
	idle             time.Duration
	last             hanalyze.Time // end of the last exchange
	end              string        // what the last exchange says about the end, "" when it goes on
	incomplete       bool          // the capture lacks part of it: nothing is told that counts
}

// exchange counts one.
func (u *use) exchange(r *hanalyze.HTTP) {
	u.exchanges++
	u.incomplete = u.incomplete || r.Missing&^hanalyze.MissingEndOfCapture != 0 || r.Pairing == "guessed"
	u.depth = max(u.depth, r.PipelineDepth)
	if idle, ok := r.Timing.Idle.Get(); ok {
		u.idle = max(u.idle, idle)
	}
	if r.MetClose != nil && r.MetClose.When == "before" { // the connection was over: what ended it is what the exchange before says
		return
	}
	u.last = max(u.last, r.Last.Time)
	switch {
	case r.Upgrade != "" || r.Method == "CONNECT" && r.Status/100 == 2:
		u.end = "upgrade"
	case r.Response == nil || r.Reset != nil || r.Response.Cut:
		u.end = "aborted"
	case r.Persistence != nil && !r.Persistent:
		u.end = r.Persistence.Why
	case r.Request != nil && r.Request.Cut:
		u.end = "aborted"
	default:
		u.end = ""
	}
}

// tell makes the account of a connection; nil when HTTP did not use it or parts of it are missing.
func (u *use) tell(c *hanalyze.Conn) *hanalyze.HTTPUse {
	if u.exchanges == 0 || u.incomplete || c.TCP == nil || c.Missing&^hanalyze.MissingEndOfCapture != 0 {
		return nil
	}
	h := &hanalyze.HTTPUse{Exchanges: u.exchanges, PipelineDepth: u.depth, End: u.end}
	if u.idle > 0 {
		h.MaxIdle = hanalyze.Known(u.idle)
	}
	switch kind := c.TCP.Close.Kind; {
	case u.end == "upgrade":
		return h
	case kind == "open" || kind == "timeout" || kind == "half_closed":
		h.End = "open"
	case u.end == "":
		h.End = "idle"
		h.LastIdle = hanalyze.Known(max(0, closing(c).Sub(u.last)))
	}
	if h.End == "idle" || h.End == "aborted" {
		h.By = c.TCP.Close.By
		if r := c.TCP.Close.Reset; r != nil && h.By == "" {
			h.By = r.By
		}
	}
	return h
}

// closing returns when the first FIN or RST came.
func closing(c *hanalyze.Conn) hanalyze.Time {
	if p := c.TCP.Phases; p != nil {
		if d, ok := p.Teardown.Get(); ok {
			return c.Last.Time.Add(-d)
		}
	}
	return c.Last.Time
}
