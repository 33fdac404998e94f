package quic

// consumeVarint reads a variable-length integer (RFC 9000 §16). n is the number of bytes it takes, 0 when b ends before.
func consumeVarint(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	n = 1 << (b[0] >> 6)
	if len(b) < n {
		return 0, 0
	}
	v = uint64(b[0] & 0x3f)
	for _, x := range b[1:n] {
		v = v<<8 | uint64(x)
	}
	return v, n
}

// consumePrefixed reads a variable-length integer and as many bytes. n is the number of bytes both take, 0 when b ends
// before.
func consumePrefixed(b []byte) (data []byte, n int) {
	size, n := consumeVarint(b)
	if n == 0 || size > uint64(len(b)-n) {
		return nil, 0
	}
	end := n + int(size)
	return b[n:end], end
}
