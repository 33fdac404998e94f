// Package starttls follows the dialogues that begin in the clear and turn to TLS: SMTP, LMTP, IMAP, POP3, FTP, ManageSieve,
// NNTP, IRC, XMPP, LDAP, PostgreSQL, MySQL and RDP.
//
// Conn is a push recogniser: it knows of each protocol just enough to see the upgrade offered, asked for, granted or refused,
// where TLS begins, and whether a client logs in although the bytes are still in the clear. What a login says is never kept.
//
// Files:
//
//	conn.go       what all dialogues have in common, and how TLS is told from them
//	protocols.go  the table of protocols
//	lines.go      dialogues in lines of text, by table: SMTP, LMTP, IMAP, POP3, FTP, ManageSieve, NNTP, IRC
//	xmpp.go, ldap.go, postgresql.go, mysql.go, rdp.go   the others
package starttls
