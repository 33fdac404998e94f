package troublelink

import (
	"encoding/binary"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Sizes and numbers of Linux' inet_diag, include/uapi/linux/inet_diag.h.
const (
	sockDiagByFamily = 20
	diagInfo         = 2  // attribute INET_DIAG_INFO, as a bit and as a number
	diagRequestLen   = 56 // struct inet_diag_req_v2
	diagMessageLen   = 72 // struct inet_diag_msg
	netlinkHeaderLen = 16
)

// sender asks the kernel what the sender of p is doing.
func (h *Host) sender(p *Packet) (s Sender) {
	info := h.info(p.Src, p.Dst)
	if info == nil {
		return s
	}
	return Sender{Known: true, CAState: info[infoCAState]}
}

// taken asks the kernel how much of the stream of p its receiver has taken in order: the offset after it, counted from
// the SYN. It is -1 when there is no full socket.
func (h *Host) taken(p *Packet) int64 {
	info := h.info(p.Dst, p.Src)
	if info == nil || info[infoState] == stateClosed {
		return -1
	}
	return int64(binary.NativeEndian.Uint64(info[infoBytesReceived:])) + 1
}

// Offsets and values in struct tcp_info, include/uapi/linux/tcp.h.
const (
	infoState         = 0
	infoCAState       = 1
	infoBytesReceived = 128
	infoLen           = 136 // of as much as is read here
	stateClosed       = 7   // TCP_CLOSE: the counts are not reliable any more
)

// info returns the struct tcp_info of a socket, nil when there is no full socket.
func (h *Host) info(local, remote netip.AddrPort) []byte {
	if err := unix.Sendto(h.diag, diagRequest(local, remote), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil
	}
	ne := binary.NativeEndian
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(h.diag, answer, 0)
	if err != nil || n < netlinkHeaderLen+diagMessageLen || ne.Uint16(answer[4:]) != sockDiagByFamily {
		return nil
	}
	for a := answer[netlinkHeaderLen+diagMessageLen : n]; len(a) >= 4; {
		size, kind := int(ne.Uint16(a)), ne.Uint16(a[2:])
		if size < 4 || size > len(a) {
			break
		}
		if kind == diagInfo && size >= 4+infoLen {
			return a[4:size]
		}
		a = a[min((size+3)&^3, len(a)):]
	}
	return nil
}

// diagRequest asks for one socket.
func diagRequest(local, remote netip.AddrPort) []byte {
	family := byte(unix.AF_INET)
	if local.Addr().Is6() {
		family = unix.AF_INET6
	}
	ne, be := binary.NativeEndian, binary.BigEndian
	b := ne.AppendUint32(nil, netlinkHeaderLen+diagRequestLen)
	b = ne.AppendUint16(b, sockDiagByFamily)
	b = ne.AppendUint16(b, unix.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // sequence number and port
	b = append(b, family, unix.IPPROTO_TCP, 1<<(diagInfo-1), 0)
	b = ne.AppendUint32(b, 0xffffffff) // sockets in all states
	b = be.AppendUint16(b, local.Port())
	b = be.AppendUint16(b, remote.Port())
	for _, a := range [][]byte{local.Addr().AsSlice(), remote.Addr().AsSlice()} {
		b = append(append(b, a...), make([]byte, 16-len(a))...)
	}
	b = ne.AppendUint32(b, 0)             // any interface
	return ne.AppendUint64(b, ^uint64(0)) // no cookie
}

// Counters returns the host's TCP counters by the names that nstat(8) shows: TcpRetransSegs, TcpExtTCPTimeouts.
func (h *Host) Counters() (map[string]int64, error) {
	counters := map[string]int64{}
	err := h.Do(func() error {
		for _, file := range []string{"snmp", "netstat"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if err != nil {
				return err
			}
			readCounters(string(text), counters)
		}
		return nil
	})
	return counters, err
}

// Open counts the host's TCP connections that are neither closed nor in TIME-WAIT.
func (h *Host) Open() (n int, err error) {
	const listen, timeWait = "0A", "06" // TCP_LISTEN, TCP_TIME_WAIT
	err = h.Do(func() error {
		for _, file := range []string{"tcp", "tcp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(text), "\n") {
				if f := strings.Fields(line); i > 0 && len(f) > 3 && f[3] != listen && f[3] != timeWait {
					n++
				}
			}
		}
		return nil
	})
	return n, err
}

// readCounters reads pairs of lines: names and values, each with the same first word.
func readCounters(text string, into map[string]int64) {
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		for j := 1; j < min(len(names), len(values)); j++ {
			if v, err := strconv.ParseInt(values[j], 10, 64); err == nil {
				into[strings.TrimSuffix(names[0], ":")+names[j]] = v
			}
		}
	}
}
