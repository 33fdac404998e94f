package troublelink

// Sender is what a sender's kernel was doing when it sent a segment again.
type Sender struct {
	Known   bool  // it has a full socket for the connection
	CAState uint8 // state of congestion control
}

// States of Linux' congestion control in which it sends again, TCP_CA_* of include/uapi/linux/tcp.h.
const (
	caRecovery = 3
	caLoss     = 4
)

// Cause is why a segment was sent again.
type Cause string

// The causes.
const (
	Timeout   Cause = "rto"             // a retransmission timeout, or the recovery after it
	Fast      Cause = "fast"            // the receiver's ACKs told of the loss
	TailProbe Cause = "tail_loss_probe" // RFC 8985 §7
	Answer    Cause = "answer"          // a SYN-ACK again because its SYN came again
)

// cause tells why a segment was sent again. Where there is no full socket yet, it was a SYN-ACK, which only a timeout
// repeats; and out of recovery Linux sends nothing again but tail loss probes.
func (s Sender) cause() Cause {
	switch {
	case !s.Known || s.CAState == caLoss:
		return Timeout
	case s.CAState == caRecovery:
		return Fast
	}
	return TailProbe
}
