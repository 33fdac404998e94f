package tlskeys

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// SecretSize is the length of the secrets of cipher suites with SHA-256, in bytes.
const SecretSize = sha256.Size

// maxLabel bounds what ExpandLabel is given: HkdfLabel counts label and context in a byte each (RFC 8446 §7.1), and the
// longest label in use has 18 bytes.
const maxLabel = 64

// Extract is HKDF-Extract of RFC 5869 §2.2 with SHA-256.
func Extract(salt, material []byte) ([]byte, error) { return hkdf.Extract(sha256.New, material, salt) }

// ExpandLabel is HKDF-Expand-Label of RFC 8446 §7.1 with SHA-256 and an empty context. It returns n bytes. Labels longer
// than 64 bytes are cut.
func ExpandLabel(secret []byte, label string, n int) ([]byte, error) {
	const prefix = "tls13 "
	label = label[:min(len(label), maxLabel)]
	var buf [2 + 1 + len(prefix) + maxLabel + 1]byte
	b := append(buf[:0], byte(n>>8), byte(n), byte(len(prefix)+len(label)))
	b = append(append(append(b, prefix...), label...), 0)
	return hkdf.Expand(sha256.New, secret, string(b), n)
}
