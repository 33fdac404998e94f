package tcpstate

import "hanalyze"

// The eleven states of RFC 9293 §3.3.2 and how one segment, seen in the middle, moves both ends.
//
// A segment proves what its sender has done. Whoever sends a SYN is in SYN-SENT; whoever sends a FIN has closed; whoever
// acknowledges a FIN has received it. So the sender moves by what it sends and by what it acknowledges.
//
// A segment proves nothing about its receiver, which it has not reached yet. Figure 5 of the RFC gives the rule for it:
//
//   - Where the figure asks for an answer ("rcv SYN / snd SYN,ACK", "rcv FIN / snd ACK"), the receiver moves when its
//     answer is seen. A FIN leaves the peer in ESTABLISHED; the ACK of that FIN puts it into CLOSE-WAIT.
//   - Where the figure asks for none ("rcv ACK of SYN", "rcv ACK of FIN"), nothing later would show the move, so the
//     receiver moves as the segment passes. The last ACK puts its receiver into CLOSED.
//
// Simultaneous close: an ACK of a FIN whose sequence number lies after the acknowledging end's own FIN can be taken only
// after that FIN, so its receiver goes from FIN-WAIT-1 through CLOSING to TIME-WAIT as it passes.
//
// Captures lose packets. An end that does what only a later state allows is in that later state: data come from
// ESTABLISHED, an ACK beyond the SYN proves a SYN-ACK never seen, and so on. No state waits for a packet that cannot come.
//
// A valid RST closes both ends. The figure lets a passive opener fall back from SYN-RECEIVED to LISTEN; the listening
// socket goes on, but this connection is as gone as any other. TIME-WAIT's own end, 2MSL later, sends nothing and is
// never seen.

// state is a hanalyze.TCPState that compares in one instruction. States from established on have been open.
type state uint8

const (
	closed state = iota
	listen
	synSent
	synReceived
	established
	finWait1
	finWait2
	closeWait
	closing
	lastAck
	timeWait
	numStates
)

var stateNames = [numStates]hanalyze.TCPState{
	hanalyze.Closed, hanalyze.Listen, hanalyze.SynSent, hanalyze.SynReceived, hanalyze.Established, hanalyze.FinWait1,
	hanalyze.FinWait2, hanalyze.CloseWait, hanalyze.Closing, hanalyze.LastAck, hanalyze.TimeWait,
}

// done reports whether nothing more is to be expected of an end that has been open or has tried to.
func (s state) done() bool { return s == closed || s == timeWait }

// event is what a segment tells of one end.
type event uint8

const (
	sendsSYN      event = iota // it sends a SYN
	sendsSYNACK                // it sends a SYN with an ACK: it has the peer's SYN
	takesSYN                   // it acknowledges the peer's SYN without sending its own
	sendsData                  // it sends bytes, or bytes of it are acknowledged: it believes the connection open
	synTaken                   // its SYN is acknowledged
	takesFIN                   // it acknowledges the peer's FIN
	sendsFIN                   // it sends a FIN
	finTaken                   // its FIN is acknowledged
	finTakenAfter              // its FIN is acknowledged from beyond the peer's own FIN
	resets                     // a valid RST passes, either way
	numEvents
)

var eventNames = [numEvents]string{
	"sends SYN", "sends SYN-ACK", "takes SYN", "sends data", "SYN taken", "takes FIN", "sends FIN", "FIN taken",
	"FIN taken after peer's FIN", "reset",
}

// after returns the state that follows s when e happens; what is not listed changes nothing.
func (s state) after(e event) state {
	switch e {
	case sendsSYN:
		switch s {
		case closed, listen:
			return synSent
		}
	case sendsSYNACK:
		switch s {
		case closed, listen, synSent:
			return synReceived
		}
	case takesSYN: // from listen: its SYN-ACK was not captured
		switch s {
		case listen, synSent:
			return established
		}
	case sendsData: // the handshake went through, captured or not
		switch s {
		case listen, synSent, synReceived:
			return established
		}
	case synTaken: // in synSent it is a SYN-ACK that takes it, and the answer moves the end
		switch s {
		case listen, synReceived:
			return established
		}
	case takesFIN:
		switch s {
		case listen, synSent, synReceived, established:
			return closeWait
		case finWait1:
			return closing
		case finWait2:
			return timeWait
		}
	case sendsFIN:
		switch s {
		case listen, synSent, synReceived, established:
			return finWait1
		case closeWait:
			return lastAck
		}
	case finTaken, finTakenAfter:
		switch s {
		case finWait1:
			if e == finTakenAfter {
				return timeWait
			}
			return finWait2
		case closing:
			return timeWait
		case lastAck:
			return closed
		}
	case resets:
		return closed
	}
	return s
}
