package findings

import (
	"fmt"
	"strings"

	"hanalyze"
)

// leastInitial is the least size of a datagram with an Initial packet of a client (RFC 9000 §14.1).
const leastInitial = 1200

// quic judges a QUIC connection.
func (e *Engine) quic(r *hanalyze.QUIC) {
	if c := r.Close; c != nil && c.Code != "NO_ERROR" && r.Server.Datagrams > 0 {
		e.add(&r.Envelope, "quic.handshake_failed", quicFailure(c), "", c.Frame)
	}
	if r.Server.Datagrams == 0 && r.Missing == 0 {
		e.add(&r.Envelope, "quic.unanswered", "Nobody answered the client's "+initials(r.Client.Packets.Initial), hanalyze.Inferred, r.Start.Packet)
	}
	if r.VersionNegotiation {
		offered := r.OfferedVersion
		if offered == "" {
			offered = r.Version
		}
		e.add(&r.Envelope, "quic.version_negotiation", "The server does not speak version "+offered+supported(r), "", r.Start.Packet)
	}
	if n := r.Client.MaxDatagramBytes; r.Client.Packets.Initial > 0 && n < leastInitial && r.Missing == 0 {
		e.add(&r.Envelope, "quic.small_initial", fmt.Sprintf("The client's Initial packets came in datagrams of %d bytes at most", n), "", r.Start.Packet)
	}
	if a := r.Amplification; a != nil {
		wait, _ := a.Wait.Get()
		e.add(&r.Envelope, "quic.amplification_limit", fmt.Sprintf("The server waited %v for the client, after %d bytes for %d", wait, a.ServerBytes, a.ClientBytes), a.Basis, r.Start.Packet)
	}
	if x := r.StatelessReset; x != nil {
		e.add(&r.Envelope, "quic.stateless_reset", resetLooks(x), x.Basis, x.Frame)
	}
	if u := r.Unheard; u != nil && r.StatelessReset == nil {
		lasted, _ := u.Lasted.Get()
		e.add(&r.Envelope, "quic.unheard", fmt.Sprintf("The %s sent the last %d datagrams, over %v, and got nothing back", u.By, u.Datagrams, lasted), u.Basis, u.Frame)
	}
	if n := r.Client.Retransmitted + r.Server.Retransmitted; n > 0 {
		e.add(&r.Envelope, "quic.initial_repeated", initials(n)+" repeated what had been sent before", "", r.Start.Packet)
	}
}

// resetLooks tells what looks like a stateless reset.
func resetLooks(x *hanalyze.QUICReset) string {
	if x.Packets > 1 {
		return fmt.Sprintf("The %s seems to have no longer known the connection: %d of its packets end in the same 16 bytes", x.By, x.Packets)
	}
	return "The last packet looks as if the " + x.By + " no longer knew the connection"
}

// supported tells what the server offered instead of the client's version.
func supported(r *hanalyze.QUIC) string {
	if len(r.SupportedVersions) == 0 {
		return "; its answer is not in the capture"
	}
	return "; it offered " + strings.Join(r.SupportedVersions, ", ")
}

// quicPath tells that a flow is, or may be, how a QUIC connection went on, if its connection is known.
func (e *Engine) quicPath(r *hanalyze.QUICPath) {
	switch {
	case r.Of != 0 && r.Guessed:
		e.add(&r.Envelope, "quic.may_have_migrated", fmt.Sprintf("These may be packets of the QUIC connection of #%d, whose client may have moved here from %s", r.Of, r.From), hanalyze.Inferred, r.Start.Packet)
	case r.Of != 0:
		e.add(&r.Envelope, "quic.migrated", fmt.Sprintf("These are packets of the QUIC connection of #%d, whose client moved here from %s", r.Of, r.From), hanalyze.Inferred, r.Start.Packet)
	}
}

// quicFailure tells why a connection was refused.
func quicFailure(c *hanalyze.QUICClose) string {
	why := c.Code
	if c.Alert != "" {
		why += " (TLS alert " + c.Alert + ")"
	}
	if c.Reason != "" {
		why += ": " + c.Reason
	}
	return "The " + c.By + " refused the connection: " + why
}

// initials counts Initial packets.
func initials(n uint64) string {
	if n == 1 {
		return "1 Initial packet"
	}
	return fmt.Sprintf("%d Initial packets", n)
}
