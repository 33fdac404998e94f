package tlsinfo

// echFate tells what became of Encrypted Client Hello (RFC 9849 §6, §7), "" when it was not offered. A server that accepts
// hides the sign in its random, which only the client can check, and an offer made up for show looks like a real one; so
// "offered" is all that is known, unless the server negotiated an older version or sent a HelloRetryRequest that does not
// answer the offer. An inner hello on the wire comes from a front end that accepted it.
func (s *session) echFate() string {
	h := s.hello
	switch {
	case h == nil || h.More.ECHOffer == nil:
		return ""
	case h.More.ECHOffer.Type == "inner":
		return "accepted"
	case s.server != nil && (!is13(s.server.Selected) || s.server.ECH), s.retry != nil && !s.retry.ECH:
		return "rejected"
	}
	return "offered"
}
