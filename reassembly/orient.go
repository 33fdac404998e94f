package reassembly

import (
	"hanalyze"
	"hanalyze/packet"
)

// orient decides by a flow's first packet whether its sender is the client, and says by what evidence.
func (t *Tracker) orient(p *packet.Packet) (srcIsClient bool, how hanalyze.Orientation) {
	if p.Transport == hanalyze.TCP && p.Flags.Has(hanalyze.SYN) {
		if p.Flags.Has(hanalyze.ACK) {
			return false, hanalyze.BySYNACK
		}
		return true, hanalyze.BySYN
	}
	src, dst := p.Src.Port(), p.Dst.Port()
	if s, d := service(src), service(dst); s != d {
		return d, hanalyze.ByPort
	}
	if t.cfg.Client != nil && len(p.Payload) > 0 {
		if is, known := t.cfg.Client(p.Payload, src, dst); known {
			return is, hanalyze.ByContent
		}
	}
	// The lower port tells only of a conversation joined in the middle. A UDP flow has no opening that could have been
	// missed: more likely than not its first packet is the first.
	if p.Transport == hanalyze.TCP && src != dst {
		return dst < src, hanalyze.ByPort
	}
	return true, hanalyze.ByFirstPacket
}

// service reports whether servers wait on a port: the system ports of RFC 6335 §6, and user ports that are better known
// for their service than as a client's number.
func service(port uint16) bool {
	switch port {
	case 1080, 1194, 1433, 1521, 1701, 1812, 1813, 1883, 1900, 2049, 2375, 2379, 3000, 3128, 3268, 3306, 3389, 3478, 3702,
		4500, 4789, 5000, 5060, 5061, 5222, 5269, 5353, 5355, 5432, 5671, 5672, 5683, 5684, 5900, 5985, 6379, 6443, 6667,
		8000, 8008, 8080, 8081, 8088, 8443, 8883, 8888, 9000, 9042, 9090, 9092, 9200, 9418, 11211, 27017, 50051:
		return true
	}
	return port < 1024
}
