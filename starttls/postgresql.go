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
	over bool // the server answered with an error, and says no more
}

// The codes a client's first messages have in the place of a version.
const (
	postgresSSL     = 80877103
	postgresGSS     = 80877104
	postgresVersion = 3 << 16
)

func (p *postgresql) boundary(d hanalyze.Dir) bool {
	if d == hanalyze.S2C {
		return !p.over
	}
	return p.have == 0
}

func (p *postgresql) gap(hanalyze.Dir) { p.have = 0 }

func (p *postgresql) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	if d == hanalyze.S2C {
		return p.reply(c, b)
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

// reply takes bytes of the server. One that does not know the request answers with an error, and closes the connection.
func (p *postgresql) reply(c *Conn, b []byte) int {
	switch {
	case p.over:
		return len(b)
	case b[0] == 'E':
		p.over = true
		c.answer(false)
	case b[0] == 'S', b[0] == 'N':
		c.answer(b[0] == 'S')
	}
	return 1
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
