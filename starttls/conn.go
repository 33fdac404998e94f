package starttls

import "hanalyze"

// Kind says what an Event tells.
type Kind uint8

// The kinds of events.
const (
	Offered  Kind = iota + 1 // the server offers TLS
	Stripped                 // somebody overwrote a capability in the server's list: Detail is what stands there
	Asked                    // the client asks for TLS
	Refused                  // the server does not grant it, and the client goes on in the clear
	Login                    // the client logs in, in the clear: Detail is the command
)

// String returns the lower_snake name.
func (k Kind) String() string {
	switch k {
	case Offered:
		return "offered"
	case Stripped:
		return "stripped"
	case Asked:
		return "asked"
	case Refused:
		return "refused"
	case Login:
		return "login"
	}
	return ""
}

// Event is something that happened in the dialogue. Each kind is told once.
type Event struct {
	Kind   Kind
	Detail string
}

// A Conn follows one dialogue.
//
// It is talking until TLS begins or it is plain that none will: the client logged in or went to work in the clear, or the
// dialogue went on for too long. TLS is known by its first byte, where a message of the dialogue may begin: none begins with
// the type of a TLS record. So it is found also where the capture lacks the exchange that led to it.
type Conn struct {
	emit  func(Event)
	phase phase
	told  [Login + 1]bool
	asked bool // the server has not answered yet
	no    bool // the server's answer was no, and the client has not gone on yet
	heard bool // the server was heard at all

	dialogue dialogue
}

// phase is how far the dialogue is.
type phase uint8

const (
	talking  phase = iota
	switched       // TLS follows
	passive        // no TLS will follow
)

// dialogue is one protocol. Its methods are called while the phase is talking.
type dialogue interface {
	// feed takes at least one of the bytes of d, of which there is one or more, and returns how many. It is called again with
	// the rest while the phase is talking.
	feed(c *Conn, d hanalyze.Dir, b []byte) int
	// boundary reports whether the next byte of d begins a message.
	boundary(d hanalyze.Dir) bool
	// gap says that bytes of d are missing.
	gap(d hanalyze.Dir)
}

// NewConn returns a Conn for a dialogue in p. emit is called inside Feed.
func NewConn(p *Protocol, emit func(Event)) *Conn { return &Conn{emit: emit, dialogue: p.open()} }

// Feed takes the next bytes of direction d. b is borrowed. It takes all of them, until TLS begins; and it lets a client that
// begins with TLS wait for the server's answer, when that is still to come.
func (c *Conn) Feed(d hanalyze.Dir, b []byte) (n int) {
	c.heard = c.heard || d == hanalyze.S2C
	for n < len(b) {
		switch {
		case c.phase == passive:
			return len(b)
		case c.phase == switched:
			return n
		case c.dialogue.boundary(d) && isTLS(b[n]):
			if !c.asked || !c.heard || d == hanalyze.S2C {
				c.phase = switched
			}
			return n
		}
		n += c.dialogue.feed(c, d, b[n:])
	}
	return n
}

// isTLS reports whether a TLS record may begin with x: its types are 20 to 24 (RFC 8446 §B.1, RFC 6520).
func isTLS(x byte) bool { return x >= 20 && x <= 24 }

// Gap tells that bytes of direction d are missing.
func (c *Conn) Gap(d hanalyze.Dir, _ int64) {
	c.dialogue.gap(d)
	if d == hanalyze.S2C {
		c.asked = false // the answer may be among them
	}
}

// End tells that direction d ends.
func (c *Conn) End(d hanalyze.Dir) {
	if d == hanalyze.S2C {
		c.asked = false
	}
}

// Switched reports whether TLS follows what was taken.
func (c *Conn) Switched() bool { return c.phase == switched }

func (c *Conn) tell(k Kind, detail string) {
	if !c.told[k] {
		c.told[k] = true
		c.emit(Event{Kind: k, Detail: detail})
	}
}

// ask notes that the client asks for TLS.
func (c *Conn) ask() {
	c.asked, c.no = true, false
	c.tell(Asked, "")
}

// answer notes what the server says to that.
func (c *Conn) answer(yes bool) {
	c.no = c.asked && !yes
	c.asked = false
}

// goOn notes that the client sends something else: so it took the no for an answer.
func (c *Conn) goOn() {
	if c.no {
		c.no = false
		c.tell(Refused, "")
	}
}

// login notes that the client logs in in the clear.
func (c *Conn) login(command string) {
	c.tell(Login, command)
	c.phase = passive
}
