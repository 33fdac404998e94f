package starttls

import (
	"bytes"
	"slices"
	"strings"

	"hanalyze"
)

// text describes a dialogue in lines of text.
type text struct {
	greetings []string // what the server's first line begins with; none if the client speaks first
	openers   []string // commands that clients begin with
	sure      []string // those of them that tell without a greeting
	ask       []string // the client's commands for TLS
	yes, no   []string // what the server's answer begins with
	offer     []string // capabilities of the server that offer TLS, a line each
	offerWord string   // the same, where capabilities are words of one line
	logins    []string // commands that log in
	work      []string // commands after which nobody asks for TLS any more
	tagged    bool     // commands and their answers begin with a word of the client's choice
	prefixed  bool     // the server's lines may begin with its name
}

var (
	// smtp is RFC 5321 and RFC 3207.
	smtp = text{
		greetings: []string{"220 ", "220-"}, openers: []string{"EHLO", "HELO"}, sure: []string{"EHLO"},
		ask: []string{"STARTTLS"}, yes: []string{"220"}, no: []string{"4", "5"}, offer: []string{"STARTTLS"}, logins: []string{"AUTH"}, work: []string{"MAIL"},
	}
	// lmtp is RFC 2033.
	lmtp = text{
		greetings: []string{"220 ", "220-"}, openers: []string{"LHLO"}, sure: []string{"LHLO"},
		ask: []string{"STARTTLS"}, yes: []string{"220"}, no: []string{"4", "5"}, offer: []string{"STARTTLS"}, logins: []string{"AUTH"}, work: []string{"MAIL"},
	}
	// ftp is RFC 959 and RFC 4217.
	ftp = text{
		greetings: []string{"220 ", "220-"}, openers: []string{"USER", "AUTH", "FEAT", "SYST", "OPTS", "CLNT", "HOST"},
		ask: []string{"AUTH TLS", "AUTH SSL", "AUTH TLS-C", "AUTH TLS-P"}, yes: []string{"234", "334"}, no: []string{"4", "5"}, offer: []string{"AUTH TLS", "AUTH SSL"},
		logins: []string{"PASS"}, work: []string{"USER ANONYMOUS", "USER FTP"},
	}
	// imap is RFC 9051 and RFC 3501.
	imap = text{
		greetings: []string{"* OK", "* PREAUTH", "* BYE"}, openers: []string{"CAPABILITY", "STARTTLS", "LOGIN", "AUTHENTICATE", "ID", "NOOP", "LOGOUT"},
		ask: []string{"STARTTLS"}, yes: []string{"OK"}, no: []string{"NO", "BAD"}, offerWord: "STARTTLS", logins: []string{"LOGIN", "AUTHENTICATE"},
		work: []string{"SELECT", "EXAMINE", "LIST"}, tagged: true,
	}
	// pop3 is RFC 1939 and RFC 2595.
	pop3 = text{
		greetings: []string{"+OK"}, openers: []string{"CAPA", "STLS", "USER", "APOP", "QUIT", "UTF8", "LANG", "AUTH PLAIN", "AUTH LOGIN", "AUTH CRAM-MD5", "AUTH NTLM", "AUTH XOAUTH2"},
		ask: []string{"STLS"}, yes: []string{"+OK"}, no: []string{"-ERR"}, offer: []string{"STLS"}, logins: []string{"PASS", "APOP", "AUTH PLAIN", "AUTH LOGIN", "AUTH CRAM-MD5"},
	}
	// sieve is RFC 5804.
	sieve = text{
		greetings: []string{`"IMPLEMENTATION" `}, openers: []string{"CAPABILITY", "STARTTLS", "AUTHENTICATE", "LOGOUT", "NOOP"},
		ask: []string{"STARTTLS"}, yes: []string{"OK"}, no: []string{"NO", "BYE"}, offer: []string{`"STARTTLS"`}, logins: []string{"AUTHENTICATE"},
	}
	// nntp is RFC 3977 and RFC 4642.
	nntp = text{
		greetings: []string{"200 ", "201 "}, openers: []string{"CAPABILITIES", "MODE", "STARTTLS", "AUTHINFO", "GROUP", "LIST", "XOVER", "NEWGROUPS"},
		ask: []string{"STARTTLS"}, yes: []string{"382"}, no: []string{"4", "5"}, offer: []string{"STARTTLS"}, logins: []string{"AUTHINFO"}, work: []string{"GROUP", "ARTICLE", "POST", "IHAVE"},
	}
	// irc is RFC 1459; STARTTLS is an extension many servers had.
	irc = text{
		openers: []string{"CAP", "NICK", "PASS", "STARTTLS"}, sure: []string{"CAP LS"},
		ask: []string{"STARTTLS"}, yes: []string{"670"}, no: []string{"691", "421"}, offerWord: "tls", logins: []string{"PASS", "OPER", "AUTHENTICATE PLAIN"}, work: []string{"JOIN", "PRIVMSG"},
		prefixed: true,
	}
)

// maxLine bounds the bytes looked at of a line: RFC 5321 §4.5.3.1 allows 512, capabilities of IMAP are longer.
const maxLine = 1 << 10

// maxLines bounds the lines of a direction until TLS begins. An upgrade is asked for within the first few.
const maxLines = 64

// lines is a dialogue in lines of text.
type lines struct {
	*text
	half [2]struct {
		line  []byte // what came of the line so far, up to maxLine
		count int
		blind bool // inside a line whose beginning is missing
	}
	tag string // of the client's command for TLS
}

func openText(t *text) func() dialogue { return func() dialogue { return &lines{text: t} } }

func (l *lines) boundary(d hanalyze.Dir) bool { return len(l.half[d].line) == 0 }

func (l *lines) gap(d hanalyze.Dir) {
	l.half[d].line, l.half[d].blind = nil, true
}

// feed takes bytes up to the end of a line, or all.
func (l *lines) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	h := &l.half[d]
	i := bytes.IndexByte(b, '\n')
	n := i + 1
	if i < 0 {
		n = len(b)
	}
	h.line = append(h.line, b[:min(n, maxLine-len(h.line))]...)
	if i < 0 {
		return n
	}
	line := strings.TrimRight(string(h.line), "\r\n")
	blind := h.blind
	h.line, h.blind = h.line[:0], false
	if h.count++; h.count > maxLines {
		c.phase = passive
		return n
	}
	switch {
	case blind:
	case d == hanalyze.C2S:
		l.command(c, line)
	default:
		l.reply(c, line)
	}
	return n
}

// command takes a line of the client.
func (l *lines) command(c *Conn, line string) {
	tag := ""
	if l.tagged {
		tag, line, _ = strings.Cut(line, " ")
	}
	if begins(line, l.ask) != "" {
		l.tag = tag
		c.ask()
		return
	}
	c.goOn()
	if word := begins(line, l.logins); word != "" {
		c.login(word)
	} else if begins(line, l.work) != "" {
		c.phase = passive
	}
}

// reply takes a line of the server.
func (l *lines) reply(c *Conn, line string) {
	if l.prefixed && strings.HasPrefix(line, ":") {
		_, line, _ = strings.Cut(line, " ")
	}
	if c.asked && l.answers(c, line) {
		return
	}
	capability := strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, "250"); ok && len(rest) > 0 {
		capability = rest[1:] // behind "250-", or "250 " in the last line
		if overwritten(capability) {
			c.tell(Stripped, capability)
		}
	}
	if begins(capability, l.offer) != "" || l.offerWord != "" && hasWord(line, l.offerWord) {
		c.tell(Offered, "")
	}
}

// hasWord reports whether one of the words of a line is word. Case does not count.
func hasWord(line, word string) bool {
	split := func(r rune) bool { return strings.ContainsRune(" []:=", r) }
	return slices.ContainsFunc(strings.FieldsFunc(line, split), func(w string) bool { return strings.EqualFold(w, word) })
}

// answers takes the server's answer to the command for TLS and reports whether it is one.
func (l *lines) answers(c *Conn, line string) bool {
	if l.tagged {
		tag, rest, _ := strings.Cut(line, " ")
		if tag != l.tag {
			return false
		}
		line = rest
	}
	yes := hasPrefix(line, l.yes)
	if !yes && !hasPrefix(line, l.no) {
		return false
	}
	c.answer(yes)
	return true
}

// overwritten reports whether a capability of SMTP is what firewalls leave of those they do not want: XXXXXXXA.
func overwritten(capability string) bool {
	const least = 7
	return len(capability) >= least && len(capability) <= 16 && strings.Trim(capability[:len(capability)-1], "X") == ""
}

// begins returns the one of commands that line begins with, "" if there is none. Case does not count.
func begins(line string, commands []string) string {
	for _, c := range commands {
		if len(line) >= len(c) && strings.EqualFold(line[:len(c)], c) && (len(line) == len(c) || line[len(c)] == ' ') {
			return c
		}
	}
	return ""
}

func hasPrefix(line string, prefixes []string) bool {
	for _, p := range prefixes {
		if len(line) >= len(p) && strings.EqualFold(line[:len(p)], p) {
			return true
		}
	}
	return false
}

// sniffText believes a greeting with a command of the client, whole lines of both, or a command that no other protocol has.
func sniffText(t *text) func(c2s, s2c []byte) Verdict {
	return func(c2s, s2c []byte) Verdict {
		greeting, greeted := firstLine(s2c)
		command, spoken := firstLine(c2s)
		if t.tagged {
			tag, rest, _ := strings.Cut(command, " ")
			if strings.ContainsFunc(tag, notTag) || len(tag) > maxTag {
				return No
			}
			command = rest
		}
		switch {
		case greeting != "" && len(t.greetings) > 0 && !mayBegin(greeting, t.greetings), command != "" && !mayBegin(command, t.openers):
			return No
		case len(t.greetings) == 0 && greeting != "" && !mayBegin(greeting, []string{":", "NOTICE ", "CAP ", "PING "}):
			return No
		case spoken && begins(command, t.sure) != "", greeted && spoken && begins(command, t.openers) != "":
			return Yes
		case t == &sieve && greeted:
			return Yes
		case len(c2s) > maxLine || len(s2c) > maxLine*4:
			return No
		}
		return Maybe
	}
}

// notTag reports whether r stands in no tag of IMAP that clients choose (RFC 9051 §9 allows more).
func notTag(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._-", r))
}

// firstLine returns the first line of b, or what there is of it, and whether it is whole.
func firstLine(b []byte) (line string, whole bool) {
	first, _, whole := bytes.Cut(b[:min(len(b), maxLine)], []byte("\n"))
	return strings.TrimRight(string(first), "\r"), whole
}

// mayBegin reports whether line begins with one of prefixes, or one of them with line.
func mayBegin(line string, prefixes []string) bool {
	for _, p := range prefixes {
		n := min(len(line), len(p))
		if strings.EqualFold(line[:n], p[:n]) {
			return true
		}
	}
	return false
}
