package tcpstate

import "hanalyze"

// Conn follows one connection. The zero Conn is not ready: call Init, or use New.
type Conn struct{ mid bool }

// New returns a Conn that is ready. midStream says that the capture began after the connection did.
func New(midStream bool) *Conn {
	c := new(Conn)
	c.Init(midStream)
	return c
}

// Init makes c ready for a new connection, whatever it was used for before.
func (c *Conn) Init(midStream bool) { *c = Conn{mid: midStream} }

// Segment takes the next segment of the connection, sent in direction d, in capture order. s is borrowed.
func (c *Conn) Segment(d hanalyze.Dir, s *Segment) (v Verdict) { return v }

// Over reports whether both ends are done: closed, in TIME-WAIT, or reset.
func (c *Conn) Over() bool { return false }

// State returns the state of the end that sends in direction d.
func (c *Conn) State(d hanalyze.Dir) hanalyze.TCPState { return hanalyze.Established }

// Report gives the tcp part of the conn record, and Zeek's history and conn_state. end is the connection's last packet
// and why tells why it is over: "fin", "reset", "timeout", "end_of_capture" or "evicted". It is called once, at the end.
func (c *Conn) Report(end hanalyze.Meta, why string) (tcp *hanalyze.TCPConn, history, zeekState string) {
	return &hanalyze.TCPConn{}, "", ""
}
