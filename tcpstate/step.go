package tcpstate

import "hanalyze"

// phase is what the connection is busy with.
type phase uint8

const (
	noPhase phase = iota // in a mark: the segment leaves the phase as it is
	handshakePhase
	dataPhase
	teardownPhase
	resetPhase
	keepAlivePhase
	numPhases
)

var phaseNames = [numPhases]string{"", "handshake", "data", "teardown", "reset", "keep_alive"}

// step is one move of the handshake or the teardown.
type step uint8

const (
	noStep step = iota
	synStep
	synackStep
	ackStep
	fin1Step
	fin1AckStep
	fin2Step
	fin2AckStep
	rstStep
	numSteps
)

var stepNames = [numSteps]string{"", "syn", "synack", "ack", "fin_1", "fin_1_ack", "fin_2", "fin_2_ack", "rst"}

// Phase returns what the connection is busy with: handshake, data, teardown, reset or keep_alive; "" before the first
// segment that says.
func (c *Conn) Phase() string { return phaseNames[c.phase] }

// mark is the label of one segment.
type mark struct {
	step   step
	phase  phase
	merged bool
	retry  uint32 // n-th repetition
}

// flagLetters is Flags.String without an allocation for the combinations that open and close connections.
func flagLetters(f hanalyze.TCPFlags) string {
	switch f {
	case hanalyze.SYN:
		return "S"
	case hanalyze.SYN | hanalyze.ACK:
		return "SA"
	case hanalyze.ACK:
		return "A"
	case hanalyze.PSH | hanalyze.ACK:
		return "PA"
	case hanalyze.FIN | hanalyze.ACK:
		return "FA"
	case hanalyze.FIN | hanalyze.PSH | hanalyze.ACK:
		return "FPA"
	case hanalyze.RST:
		return "R"
	case hanalyze.RST | hanalyze.ACK:
		return "RA"
	}
	return f.String()
}
