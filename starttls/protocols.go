package starttls

// Verdict is the answer of a sniffer.
type Verdict uint8

// The verdicts.
const (
	No    Verdict = iota // it is something else
	Maybe                // more bytes are needed
	Yes                  // it is
)

// Protocol is a protocol that may turn to TLS.
type Protocol struct {
	Name  string
	Sniff func(c2s, s2c []byte) Verdict // by what the two directions begin with
	open  func() dialogue
}

// Protocols are all of them, in the order in which to ask.
var Protocols = []Protocol{
	{"postgresql", sniffPostgreSQL, func() dialogue { return &postgresql{} }},
	{"rdp", sniffRDP, func() dialogue { return &rdp{} }},
	{"ldap", sniffLDAP, func() dialogue { return &ldap{} }},
	{"mysql", sniffMySQL, func() dialogue { return &mysql{} }},
	{"xmpp", sniffXMPP, func() dialogue { return &xmpp{} }},
	{"smtp", sniffText(&smtp), openText(&smtp)},
	{"lmtp", sniffText(&lmtp), openText(&lmtp)},
	{"ftp", sniffText(&ftp), openText(&ftp)},
	{"imap", sniffText(&imap), openText(&imap)},
	{"pop3", sniffText(&pop3), openText(&pop3)},
	{"sieve", sniffText(&sieve), openText(&sieve)},
	{"nntp", sniffText(&nntp), openText(&nntp)},
	{"irc", sniffText(&irc), openText(&irc)},
}
