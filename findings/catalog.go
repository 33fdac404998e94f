package findings

import "hanalyze"

// A Kind is what a finding's identifier stands for: everything about it that does not depend on the capture.
type Kind struct {
	ID       string
	Severity hanalyze.Severity
	Title    string // used where no particulars are known
	Why      string // what it means, in words a beginner understands
	Advice   string // what to do next
}

// Lookup returns the kind with the given identifier.
func Lookup(id string) (Kind, bool) {
	for _, k := range Catalog {
		if k.ID == id {
			return k, true
		}
	}
	return Kind{}, false
}

// Catalog lists all kinds, by identifier.
var Catalog = []Kind{
	{"capture.checksum_offload", hanalyze.Info, "Checksums in the capture are not those of the wire",
		"The packets were captured before the sending machine's network card computed their checksums, after the receiving one merged several, or were rewritten since. Nothing is wrong with the network for it, and nothing was left out.",
		"None is needed. To capture packets as they are sent, capture on another machine or turn checksum offload off (ethtool -K IFACE tx off gro off)."},
	{"capture.kernel_drops", hanalyze.Warning, "The kernel dropped packets before they could be read",
		"Packets arrived faster than they were taken out of the capture buffer, so what follows has holes that the network did not have.",
		"Capture less (-f, -s) or write to a file first (-w) and analyze it afterwards."},
	{"capture.truncated", hanalyze.Warning, "The capture file ends in the middle of a packet",
		"The program that wrote it was interrupted, or the file was cut while it was copied. Everything up to the cut has been read.",
		"Copy or capture it again if the end matters."},
	{"dns.malformed", hanalyze.Warning, "A DNS message could not be read to its end",
		"The message breaks the format of RFC 1035, was cut by the capture, or is something else on a DNS port.",
		"Look at the packet. A snaplen below 512 bytes cuts DNS messages."},
	{"dns.nxdomain", hanalyze.Note, "A name does not exist",
		"The server says that there is no such name (NXDOMAIN).",
		"Check the spelling and the search domains of the client."},
	{"dns.server_failure", hanalyze.Warning, "A DNS server could not or would not answer",
		"SERVFAIL or REFUSED: the server failed to resolve the name, its DNSSEC data is wrong, or it does not serve this client.",
		"Ask the same question of another server; with checking disabled (dig +cd) a DNSSEC problem shows."},
	{"dns.unanswered", hanalyze.Warning, "A DNS question was never answered",
		"No answer to the question is in the capture: it was lost, dropped by a firewall, or the server is not there. Clients wait seconds before they try again.",
		"Check that the server's address is right and that UDP port 53 gets through both ways."},
	{"h2.error", hanalyze.Warning, "An HTTP/2 connection was given up because of an error",
		"One end sent GOAWAY with an error code: all streams that were not finished are lost.",
		"The error code and the debug data name the rule that was broken."},
	{"h2.malformed", hanalyze.Warning, "HTTP/2 frames break the rules of RFC 9113",
		"A strict peer answers this with a connection or stream error.",
		"Look at the frame with --events h2."},
	{"h2.reset", hanalyze.Note, "HTTP/2 streams were cancelled",
		"RST_STREAM ended an exchange before it was complete. CANCEL from a browser is normal when somebody navigates away.",
		"If the server did it, its log tells why."},
	{"http.ambiguous_framing", hanalyze.Error, "Two readers could disagree where an HTTP message ends",
		"The message says its length in contradictory ways. If a proxy and a server choose differently, one request can hide in another (request smuggling).",
		"Find out who sent it; reject such messages at the first proxy."},
	{"http.cut", hanalyze.Warning, "An HTTP message ended before its announced length",
		"The sender closed the connection in the middle of a body. The receiver may take the part for the whole.",
		"Look at the sender's log: a crash, a timeout or a full disk in the middle of a response is typical."},
	{"http.malformed", hanalyze.Note, "HTTP messages break the grammar of RFC 9112",
		"It was read as browsers and servers usually read it; a strict peer refuses it.",
		"Look at the packet named here."},
	{"http.server_error", hanalyze.Warning, "The server answered with an error of its own (5xx)",
		"The request was understood, but the server or something behind it failed.",
		"The server's log at this time tells more. 502 and 504 mean that a proxy could not reach or wait for the server behind it."},
	{"http.unanswered", hanalyze.Warning, "An HTTP request got no answer",
		"The connection ended, or the capture did, before a response came.",
		"See how the connection ended: a reset or FIN by the server means it gave up; a retry by the client often follows."},
	{"net.mtu", hanalyze.Note, "Packets were too big for a link on the way",
		"A router dropped them and told the sender so by ICMP (path MTU discovery, RFC 1191): the sender has to send smaller ones. Something between the two ends, such as a tunnel, takes less than the first link does.",
		"Nothing, if smaller packets follow. If the same bytes are sent again at full size, the message did not reach the sender: see that no firewall drops ICMP, or lower the MSS."},
	{"net.unreachable", hanalyze.Warning, "An ICMP error says that packets do not get through",
		"A router on the way, or the host itself, dropped a packet and said why. Port unreachable: nothing listens there, or a firewall says so. Host or net unreachable: no way leads there, or the host is down. Prohibited: a firewall rule forbids it.",
		"Look at whoever sent the message: its routes, its neighbours (ARP), its firewall rules."},
	{"tcp.gap", hanalyze.Note, "The capture lacks part of a TCP stream",
		"Bytes were acknowledged, so the receiver got them, but they are not in the capture. What is told of this connection may be incomplete.",
		"The capturing machine or port was too slow. Check its drop counters."},
	{"tcp.overlap_differs", hanalyze.Warning, "A retransmission carried different bytes",
		"The same sequence numbers came twice with different contents. The first copy was used. A broken middlebox does this, and so does an attempt to fool an analyzer.",
		"Compare the packets."},
	{"tcp.refused", hanalyze.Warning, "The connection was refused",
		"The host answered the SYN with a reset: nothing listens on that port, or a firewall says so in its name.",
		"Check that the service runs and listens on this address and port."},
	{"tcp.reset", hanalyze.Note, "The connection was aborted with a reset",
		"One end dropped the connection at once instead of closing it; bytes in flight were lost. Some programs end that way out of habit.",
		"The phase and what came just before it tell whether something was lost."},
	{"tcp.retransmissions", hanalyze.Note, "Segments had to be sent again",
		"Packets were lost on the way, or acknowledged too late. Each loss costs a round trip, and a timeout much more.",
		"Above one percent it is felt. Find the lossy link: Wi-Fi, a full queue, a duplex mismatch."},
	{"tcp.unanswered", hanalyze.Warning, "Nobody answered the SYN",
		"The host is down, the address is wrong, or a firewall drops the packets silently. The client waits about two minutes before it gives up.",
		"Check the address and the firewalls between."},
	{"tcp.zero_window", hanalyze.Warning, "A receiver's window was full",
		"The receiving program did not read fast enough, so the sender had to wait. The network is not to blame.",
		"Look at the receiving program: CPU, disk, a lock."},
	{"tls.alert", hanalyze.Warning, "A TLS alert ended the connection",
		"One end refused to go on; the alert says why.",
		"handshake_failure and protocol_version mean the two had nothing in common; bad_certificate, unknown_ca and certificate_expired concern the certificate."},
	{"tls.certificate_expired", hanalyze.Error, "The server's certificate has expired",
		"By the capture's clock the certificate is no longer valid. Clients refuse it.",
		"Renew it."},
	{"tls.certificate_name", hanalyze.Warning, "The server's certificate is for another name",
		"None of its names matches the name the client asked for (SNI). Clients refuse it.",
		"Check the server's virtual host configuration, or the name."},
	{"tls.malformed", hanalyze.Warning, "TLS messages could not be read",
		"A message breaks the format of the TLS RFCs, or packets are missing.",
		"Look at the packet."},
	{"tls.old_version", hanalyze.Warning, "An obsolete version of TLS was negotiated",
		"TLS 1.0 and 1.1 are deprecated by RFC 8996, SSL 3.0 by RFC 7568: they have known weaknesses.",
		"Update the older of the two ends."},
}
