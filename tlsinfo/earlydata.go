package tlsinfo

import (
	"strings"

	"hanalyze"
)

// earlyData follows the 0-RTT data of a client (RFC 8446 §4.2.10). Whether the server reads it is said in
// EncryptedExtensions. Without keys a refusal shows in a HelloRetryRequest, or in a ServerHello that takes no PSK; that it is
// read shows in EndOfEarlyData, which the client sends just before its Finished and only then: two records whose sizes
// the cipher suite fixes.
type earlyData struct {
	sent     bool // application data of the client before any ServerHello
	ended    bool // the client's last record has the size of EndOfEarlyData
	accepted bool // EndOfEarlyData then Finished came, by their sizes
}

const (
	recordOverhead13 = 1 + 16               // content type and tag (RFC 8446 §5.2)
	endOfEarlyData13 = 4 + recordOverhead13 // a handshake header and nothing
)

// finished13 is the length of the record that holds a Finished alone.
func finished13(suite uint16) int {
	const sha256, sha384 = 32, 48
	if strings.HasSuffix(CipherSuiteName(suite), "_SHA384") {
		return 4 + sha384 + recordOverhead13
	}
	return 4 + sha256 + recordOverhead13
}

// endOfEarlyData reports whether the client's first record behind the server's flight has the size of EndOfEarlyData.
func (s *session) endOfEarlyData(n int) bool {
	if s.hello == nil || !s.hello.EarlyData || !s.server.PSK || s.early.ended || n != endOfEarlyData13 {
		return false
	}
	s.early.ended = true
	return true
}

// finished takes the length of the record taken for the client's Finished.
func (e *earlyData) finished(n int, suite uint16) {
	e.accepted = e.ended && n == finished13(suite)
}

// earlyDataRead reports whether the server took the early data as far as can be told: nothing speaks against it.
func (s *session) earlyDataRead() bool {
	fate, _ := s.earlyDataFate()
	return fate == "offered" || fate == "accepted"
}

// earlyDataFate tells what became of the early data, and whether that was concluded or seen.
func (s *session) earlyDataFate() (string, hanalyze.Basis) {
	switch {
	case s.hello == nil || !s.hello.EarlyData:
		return "not_offered", ""
	case s.server != nil && s.server.EarlyData:
		return "accepted", ""
	case s.retry != nil, s.server != nil && (!is13(s.server.Selected) || !s.server.PSK):
		return "rejected", ""
	case s.early.accepted:
		return "accepted", hanalyze.Inferred
	}
	return "offered", ""
}
