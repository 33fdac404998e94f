// Package word reads strings several bytes at a time.
package word

// Eight returns the first eight bytes of s, the first one lowest. A shorter s panics.
func Eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Ends returns the first four bytes of s, the first one lowest, and above them the last four. In a string of less than eight
// bytes some are the same. A string of less than four panics.
func Ends(s string) uint64 {
	low, high := s[:4], s[len(s)-4:]
	return uint64(low[0]) | uint64(low[1])<<8 | uint64(low[2])<<16 | uint64(low[3])<<24 |
		uint64(high[0])<<32 | uint64(high[1])<<40 | uint64(high[2])<<48 | uint64(high[3])<<56
}
