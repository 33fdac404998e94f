package capture

import (
	"bytes"
	"net/netip"
)

// Record types of a name resolution block (§4.5).
const (
	namesIPv4 = 1
	namesIPv6 = 2
)

const (
	// maxNameLen bounds a name of an address: RFC 1035 §3.1 allows a domain name 255 bytes.
	maxNameLen = 255

	// maxSecrets bounds the secrets of one file. A line of a key log has some 180 bytes, and a session at most five of them.
	maxSecrets = 16 << 20
)

// names reads a name resolution block (§4.5). Of several names of one address the first counts.
func (p *pcapngReader) names(in *input, b *Batch, total uint32, body []byte) {
	if total > maxWhole {
		in.warn("names after the first %d bytes of a block skipped", maxWhole)
	}
	for kind, v := range p.options(body[minBlock-4:]) {
		n := 0
		switch kind {
		case namesIPv4:
			n = 4
		case namesIPv6:
			n = 16
		}
		if n == 0 || len(v) < n {
			continue
		}
		addr, _ := netip.AddrFromSlice(v[:n])
		name, _, _ := bytes.Cut(v[n:], []byte{0})
		if len(name) == 0 || len(name) > maxNameLen {
			continue
		}
		b.Names = append(b.Names, Name{Before: len(b.Frames), Addr: addr.Unmap(), Name: string(name)})
		in.stats.Names++
	}
}

// keep reads a block of decryption secrets (§4.7).
func (p *pcapngReader) keep(in *input, b *Batch, total uint32, body []byte) {
	if total < minSecrets {
		in.warn("secrets block of %d bytes skipped: too short", total)
		return
	}
	kind, n := u32(body[8:], p.big), u32(body[12:], p.big)
	if n > total-minSecrets {
		in.warn("secrets block of %d bytes skipped: it claims %d bytes of secrets", total, n)
		return
	}
	data := body[minSecrets-4:]
	if int64(n) > int64(len(data)) {
		in.warn("secrets after the first %d bytes of a block skipped", maxWhole)
	} else {
		data = data[:n]
	}
	if p.secrets+len(data) > maxSecrets {
		in.warn("secrets skipped: more than %d bytes", maxSecrets)
		return
	}
	p.secrets += len(data)
	b.Secrets = append(b.Secrets, Secret{Before: len(b.Frames), Kind: kind, Data: bytes.Clone(data)})
	in.stats.Secrets++
}
