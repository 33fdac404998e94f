package filter

// constants are the names that stand for numbers in expressions like tcp[tcpflags] & tcp-syn != 0: offsets of fields, and
// values of them (RFC 792, RFC 9293 §3.1, IANA's ICMPv6 parameters).
var constants = map[string]uint32{
	"icmptype": 0, "icmpcode": 1, "icmp6type": 0, "icmp6code": 1, "tcpflags": 13,

	"tcp-fin": 0x01, "tcp-syn": 0x02, "tcp-rst": 0x04, "tcp-push": 0x08,
	"tcp-ack": 0x10, "tcp-urg": 0x20, "tcp-ece": 0x40, "tcp-cwr": 0x80,

	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
	"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13,
	"icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,

	"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3, "icmp6-parameterproblem": 4,
	"icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-multicastlistenerquery": 130,
	"icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132, "icmp6-routersolicit": 133,
	"icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
	"icmp6-routerrenum": 138, "icmp6-nodeinformationquery": 139, "icmp6-nodeinformationresponse": 140,
	"icmp6-ineighbordiscoverysolicit": 141, "icmp6-ineighbordiscoveryadvert": 142, "icmp6-multicastlistenerreportv2": 143,
	"icmp6-homeagentdiscoveryrequest": 144, "icmp6-homeagentdiscoveryreply": 145, "icmp6-mobileprefixsolicit": 146,
	"icmp6-mobileprefixadvert": 147, "icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149,
	"icmp6-multicastrouteradvert": 151, "icmp6-multicastroutersolicit": 152, "icmp6-multicastrouterterm": 153,
}

// proto is a protocol that the language has a keyword for.
type proto uint8

const (
	anyProto proto = iota
	link           // whatever the link layer is
	ip
	ip6
	arp
	rarp
	tcp
	udp
	sctp
	icmp
	icmp6
	igmp
	igrp
	pim
	vrrp
	carp
	ah
	esp
	atalk
	aarp
	decnet
	lat
	sca
	mopdl
	moprc
	iso
	esis
	isis
	clnp
	stp
	ipx
	netbeui
	isisL1
	isisL2
	isisIIH
	isisLSP
	isisSNP
	isisCSNP
	isisPSNP
)

// keywords are the words for protocols.
var keywords = map[string]proto{
	"ether": link, "link": link, "fddi": link, "tr": link, "wlan": link, "ppp": link, "slip": link,
	"ip": ip, "ip6": ip6, "arp": arp, "rarp": rarp, "tcp": tcp, "udp": udp, "sctp": sctp, "icmp": icmp, "icmp6": icmp6,
	"igmp": igmp, "igrp": igrp, "pim": pim, "vrrp": vrrp, "carp": carp, "ah": ah, "esp": esp, "atalk": atalk, "aarp": aarp,
	"decnet": decnet, "lat": lat, "sca": sca, "mopdl": mopdl, "moprc": moprc, "iso": iso, "es-is": esis, "esis": esis,
	"is-is": isis, "isis": isis, "clnp": clnp, "stp": stp, "ipx": ipx, "netbeui": netbeui, "l1": isisL1, "l2": isisL2,
	"iih": isisIIH, "lsp": isisLSP, "snp": isisSNP, "csnp": isisCSNP, "psnp": isisPSNP,
}

// unsupported are keywords of pcap-filter(7) that are refused, with the reason.
var unsupported = map[string]string{
	"protochain": "protochain is not supported: its program loops, which no kernel runs; name the headers with ip6[6] or proto",
	"gateway":    "gateway is not supported: it needs a list of Ethernet addresses by name; write: ether host ADDRESS and not host ADDRESS",
	"radio":      "radio headers are not supported",
	"ra":         wlanReason, "ta": wlanReason, "addr1": wlanReason, "addr2": wlanReason, "addr3": wlanReason,
	"addr4": wlanReason, "type": wlanReason, "subtype": wlanReason, "dir": wlanReason, "direction": wlanReason,
	"ifname": logReason, "on": logReason, "rnr": logReason, "rulenum": logReason, "reason": logReason, "rset": logReason,
	"ruleset": logReason, "srnr": logReason, "subrulenum": logReason, "action": logReason,
	"vpi": atmReason, "vci": atmReason, "lane": atmReason, "oamf4s": atmReason, "oamf4e": atmReason, "oamf4": atmReason,
	"oam": atmReason, "metac": atmReason, "bcc": atmReason, "sc": atmReason, "ilmic": atmReason, "connectmsg": atmReason,
	"metaconnect": atmReason, "byte": "byte is not supported: write ether[OFFSET] = VALUE",
	"fisu": ss7Reason, "lssu": ss7Reason, "msu": ss7Reason, "opc": ss7Reason, "dpc": ss7Reason, "sls": ss7Reason, "sio": ss7Reason,
}

const (
	wlanReason = "filters on IEEE 802.11 headers are not supported"
	logReason  = "filters on packet filter logs are not supported"
	atmReason  = "filters on ATM are not supported"
	ss7Reason  = "filters on SS7 are not supported"
)

// reserved are the keywords that are no protocols.
var reserved = map[string]bool{
	"and": true, "or": true, "not": true, "src": true, "dst": true, "host": true, "net": true, "port": true,
	"portrange": true, "proto": true, "mask": true, "broadcast": true, "multicast": true, "less": true, "greater": true,
	"len": true, "length": true, "inbound": true, "outbound": true, "ifindex": true, "vlan": true, "mpls": true,
	"pppoed": true, "pppoes": true, "geneve": true, "llc": true,
}

// ipProtocols are names for the number in an IP header (IANA's protocol numbers, as /etc/protocols spells them).
var ipProtocols = map[string]uint32{
	"icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "egp": 8, "igp": 9, "igrp": 9, "udp": 17, "dccp": 33, "ipv6": 41,
	"ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "icmp6": 58, "ipv6-nonxt": 59,
	"ipv6-opts": 60, "eigrp": 88, "ospf": 89, "ax.25": 93, "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108,
	"vrrp": 112, "carp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137,
	"hip": 139, "shim6": 140, "wesp": 141, "rohc": 142,
}

// EtherTypes, and numbers up to maxLength, which are LLC service access points.
const (
	typeIP     = 0x0800
	typeARP    = 0x0806
	typeRARP   = 0x8035
	typeVLAN   = 0x8100
	typeQinQ   = 0x88a8
	typeOldQ   = 0x9100
	typeAtalk  = 0x809b
	typeAARP   = 0x80f3
	typeIPX    = 0x8137
	typeIP6    = 0x86dd
	typeMPLS   = 0x8847
	typePPPoED = 0x8863
	typePPPoES = 0x8864
	typeTEB    = 0x6558 // an Ethernet frame in a tunnel

	sapIP      = 0x06
	sapSTP     = 0x42
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapISO     = 0xfe

	maxLength = 1500 // larger values of the Ethernet field are types, IEEE 802.3 §3.2.6
)

// etherProtocols are names for the type in a link-layer header.
var etherProtocols = map[string]uint32{
	"ip": typeIP, "ip6": typeIP6, "arp": typeARP, "rarp": typeRARP, "atalk": typeAtalk, "aarp": typeAARP, "ipx": sapIPX,
	"decnet": 0x6003, "lat": 0x6004, "sca": 0x6007, "mopdl": 0x6001, "moprc": 0x6002, "loopback": 0x9000,
	"iso": sapISO, "stp": sapSTP, "netbeui": sapNetBEUI,
}

// isoProtocols are names for the network layer protocol identifier of OSI.
var isoProtocols = map[string]uint32{"clnp": 0x81, "esis": 0x82, "isis": 0x83}

// transports is a set of transports that have ports.
type transports uint8

const (
	overTCP transports = 1 << iota
	overUDP
	overSCTP
	overAny = overTCP | overUDP | overSCTP
)

// service is a port that has a name.
type service struct {
	port uint32
	over transports
}

// services are names of ports (IANA's registry), those that captures are filtered by. It is built in so that a filter means
// the same on every machine.
var services = map[string]service{
	"amqp": {5672, overTCP}, "amqps": {5671, overTCP}, "auth": {113, overTCP}, "bgp": {179, overTCP}, "bootpc": {68, overUDP},
	"bootps": {67, overUDP}, "chargen": {19, overAny}, "daytime": {13, overAny}, "dhcpv6-client": {546, overUDP},
	"dhcpv6-server": {547, overUDP}, "discard": {9, overAny}, "domain": {53, overAny}, "domain-s": {853, overAny},
	"echo": {7, overAny}, "epmap": {135, overTCP}, "finger": {79, overTCP}, "ftp": {21, overTCP}, "ftp-data": {20, overTCP},
	"ftps": {990, overTCP}, "ftps-data": {989, overTCP}, "git": {9418, overTCP}, "gopher": {70, overTCP},
	"http": {80, overTCP}, "www": {80, overTCP}, "http-alt": {8080, overTCP}, "https": {443, overAny}, "imap": {143, overTCP},
	"imap2": {143, overTCP}, "imaps": {993, overTCP}, "ipp": {631, overTCP}, "ipsec-nat-t": {4500, overUDP},
	"irc": {6667, overTCP}, "ircd": {6667, overTCP}, "isakmp": {500, overUDP}, "kerberos": {88, overAny}, "kpasswd": {464, overAny},
	"l2f": {1701, overUDP}, "ldap": {389, overAny}, "ldaps": {636, overAny}, "ldp": {646, overAny}, "login": {513, overTCP},
	"mdns": {5353, overUDP}, "microsoft-ds": {445, overTCP}, "ms-sql-s": {1433, overTCP}, "ms-wbt-server": {3389, overTCP},
	"mysql": {3306, overTCP}, "netbios-dgm": {138, overUDP}, "netbios-ns": {137, overUDP}, "netbios-ssn": {139, overTCP},
	"nfs": {2049, overAny}, "nntp": {119, overTCP}, "ntp": {123, overUDP}, "openvpn": {1194, overAny}, "pop3": {110, overTCP},
	"pop3s": {995, overTCP}, "postgresql": {5432, overTCP}, "ptp-event": {319, overUDP}, "ptp-general": {320, overUDP},
	"radius": {1812, overAny}, "radius-acct": {1813, overAny}, "redis": {6379, overTCP}, "rsync": {873, overTCP},
	"rtsp": {554, overAny}, "sip": {5060, overAny}, "sip-tls": {5061, overAny}, "smtp": {25, overTCP}, "snmp": {161, overAny},
	"snmp-trap": {162, overAny}, "socks": {1080, overTCP}, "ssh": {22, overTCP}, "submission": {587, overTCP},
	"submissions": {465, overTCP}, "sunrpc": {111, overAny}, "svn": {3690, overTCP}, "syslog": {514, overAny},
	"syslog-tls": {6514, overTCP}, "tacacs": {49, overAny}, "telnet": {23, overTCP}, "telnets": {992, overTCP}, "tftp": {69, overUDP},
	"time": {37, overAny}, "whois": {43, overTCP}, "who": {513, overUDP}, "xmpp-client": {5222, overTCP}, "xmpp-server": {5269, overTCP},
}

// llcTypes are the kinds of LLC PDUs by their control field (IEEE 802.2 §5.4): the bits that tell, and their value.
var llcTypes = map[string]struct{ mask, value uint32 }{
	"s": {0x03, 0x01}, "u": {0x03, 0x03}, "rr": {0x0f, 0x01}, "rnr": {0x0f, 0x05}, "rej": {0x0f, 0x09}, "ui": {0xef, 0x03},
	"ua": {0xef, 0x63}, "disc": {0xef, 0x43}, "test": {0xef, 0xe3}, "sabme": {0xef, 0x6f}, "xid": {0xef, 0xaf}, "frmr": {0xef, 0x87},
}
