package starttls

import (
	"encoding/binary"

	"hanalyze"
)

// postgresql is the opening of PostgreSQL's protocol 3: the client may ask for TLS with an SSLRequest, which the server
// answers with one byte, and then begins anew. A client that begins with TLS at once is TLS.
type postgresql struct {
	head [8]byte // length and code of the client's message
	have int
}

// The codes a client's first messages have in the place of a version.
const (
	postgresSSL     = 80877103
	postgresGSS     = 80877104
	postgresVersion = 3 << 16
)

func (p *postgresql) boundary(d hanalyze.Dir) bool { return d == hanalyze.S2C || p.have == 0 }

func (p *postgresql) gap(hanalyze.Dir) { p.have = 0 }

func (p *postgresql) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	if d == hanalyze.S2C {
		switch b[0] {
		case 'S', 'N':
			c.answer(b[0] == 'S')
		case 'E': // a server that does not know the request answers with an error
			c.answer(false)
			return len(b)
		}
		return 1
	}
	n := copy(p.head[p.have:], b)
	if p.have += n; p.have < len(p.head) {
		return n
	}
	p.have = 0
	switch binary.BigEndian.Uint32(p.head[4:]) {
	case postgresSSL:
		c.ask()
	case postgresGSS:
	default: // StartupMessage: the server asks for the password next
		c.goOn()
		c.login("StartupMessage")
	}
	return n
}

// sniffPostgreSQL believes an SSLRequest, a GSSENCRequest and a StartupMessage of protocol 3.
func sniffPostgreSQL(c2s, _ []byte) Verdict {
	if len(c2s) < 8 {
		if len(c2s) > 0 && c2s[0] == 0 {
			return Maybe
		}
		return No // the client speaks first, and its messages are shorter than 16 MiB
	}
	n, code := binary.BigEndian.Uint32(c2s), binary.BigEndian.Uint32(c2s[4:])
	const maxStartup = 10000 // PostgreSQL's own limit
	switch {
	case n == 8 && (code == postgresSSL || code == postgresGSS), code == postgresVersion && n > 8 && n <= maxStartup:
		return Yes
	}
	return No
}
