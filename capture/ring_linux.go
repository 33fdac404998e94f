//go:build !libpcap

package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"hanalyze"
	"hanalyze/capture/filter"
)

const (
	// blockSize is the size of a ring's blocks, which the kernel hands over one at a time, full or not. It holds the largest
	// packet (maxSnaplen) with its header; small blocks are many, and many blocks last longer on a quiet link.
	blockSize = 512 << 10

	// minBlocks lets the kernel fill some blocks while others are read.
	minBlocks = 8

	// maxBlocks is 2 GiB: a larger ring would be a slip of the user's.
	maxBlocks = 4 << 10

	// frameSize is unused by the kernel with TPACKET_V3 but for its sanity checks.
	frameSize = 2 << 10

	vlanTag    = 4  // bytes of an IEEE 802.1Q tag
	macs       = 12 // bytes before the tag: both addresses
	sll2Header = 20 // LINKTYPE_LINUX_SLL2
)

// Link types that only a Writer makes use of.
const (
	linkIEEE80211         hanalyze.LinkType = 105
	linkIEEE80211Radiotap hanalyze.LinkType = 127
)

// ring is an AF_PACKET socket with a TPACKET_V3 ring, and a cursor in it. The kernel fills blocks in turn and hands each
// over by setting a bit in its status; clearing the status gives it back.
type ring struct {
	fd     int
	index  int // of the interface; 0: all
	cooked bool
	link   hanalyze.LinkType
	mem    []byte
	block  int        // which is read or waited for
	left   uint32     // packets of the block yet to be read; 0: the block is the kernel's
	at     int        // offset in mem of the packet
	packet ringPacket // the packet at the cursor, valid while left > 0
}

// ringPacket is a packet in the ring. data is the kernel's until next is called.
type ringPacket struct {
	time hanalyze.Time
	data []byte
	len  int  // on the wire
	vlan bool // a tag was taken out by the network card or the kernel
	tpid uint16
	tci  uint16
	from unix.RawSockaddrLinklayer // fields in network byte order as in the kernel
}

// openRing opens a ring on an interface. On an error nothing stays open.
func openRing(name string, o LiveOptions) (*ring, error) {
	index, loopback, err := findInterface(name)
	if err != nil {
		return nil, err
	}
	r := &ring{fd: -1, index: index, cooked: index == 0}
	if err := r.open(loopback, o); err != nil {
		r.close()
		return nil, explain(name, o, err)
	}
	return r, nil
}

// capabilityError says which step needs which capability.
type capabilityError struct {
	capability string
	err        error
}

func (e *capabilityError) Error() string { return e.err.Error() }

// explain names the interface, and what the user can do where a capability is missing.
func explain(name string, o LiveOptions, err error) error {
	var c *capabilityError
	if errors.As(err, &c) && (c.err == unix.EPERM || c.err == unix.EACCES) {
		return &PermissionError{Interface: name, Capability: c.capability, Program: o.Program}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// open makes the socket, its ring and filter, and only then binds it, so that nothing else gets in.
func (r *ring) open(loopback bool, o LiveOptions) error {
	if err := r.socket(); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("TPACKET_V3: %w", err)
	}
	if err := r.filter(o); err != nil {
		return err
	}
	if loopback {
		// Packets to oneself pass twice. Old kernels refuse; ready drops the first pass in any case.
		_ = unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	}
	if err := r.mapRing(min(max(o.BufferBytes/blockSize, minBlocks), maxBlocks)); err != nil {
		return err
	}
	if o.Promiscuous && r.index != 0 {
		req := unix.PacketMreq{Ifindex: int32(r.index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &req); err != nil {
			return &capabilityError{"CAP_NET_ADMIN", err}
		}
	}
	return r.bind(unix.ETH_P_ALL)
}

// mapRing makes a ring of so many blocks or, as long as the kernel has no memory for it, half as many.
func (r *ring) mapRing(blocks int) error {
	for {
		req := unix.TpacketReq3{
			Block_size: blockSize, Block_nr: uint32(blocks), Frame_size: frameSize, Frame_nr: uint32(blocks * (blockSize / frameSize)),
			Retire_blk_tov: uint32(retireAfter.Milliseconds()),
		}
		err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req)
		if err == unix.ENOMEM && blocks > minBlocks {
			blocks = max(blocks/2, minBlocks)
			continue
		}
		if err == nil {
			r.mem, err = unix.Mmap(r.fd, 0, blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		}
		if err != nil {
			return fmt.Errorf("ring of %d bytes: %w", blocks*blockSize, err)
		}
		return nil
	}
}

// socket opens the socket in the mode that suits the interface: with the link layer's header where the packet parser reads
// it, without it and with one of our own (cooked) on all others.
func (r *ring) socket() error {
	if !r.cooked {
		if err := r.socketOf(unix.SOCK_RAW); err != nil {
			return err
		}
		hardware, err := r.hardware()
		if err != nil {
			return err
		}
		switch hardware {
		case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
			r.link = hanalyze.LinkEthernet
		case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP:
			r.link = hanalyze.LinkRaw
		case unix.ARPHRD_IEEE80211:
			r.link = linkIEEE80211
		case unix.ARPHRD_IEEE80211_RADIOTAP:
			r.link = linkIEEE80211Radiotap
		default:
			r.cooked = true
			unix.Close(r.fd)
		}
	}
	if r.cooked {
		r.link = hanalyze.LinkSLL2
		return r.socketOf(unix.SOCK_DGRAM)
	}
	return nil
}

// socketOf opens a socket that receives nothing before it is bound to a protocol.
func (r *ring) socketOf(kind int) error {
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		r.fd = -1
		return &capabilityError{"CAP_NET_RAW", err}
	}
	r.fd = fd
	return nil
}

// hardware returns the ARPHRD type of the interface. Asking the socket works in network namespaces where /sys shows
// another one.
func (r *ring) hardware() (uint16, error) {
	if err := r.bind(0); err != nil {
		return 0, err
	}
	addr, err := unix.Getsockname(r.fd)
	if err != nil {
		return 0, err
	}
	if a, ok := addr.(*unix.SockaddrLinklayer); ok {
		return a.Hatype, nil
	}
	return unix.ARPHRD_VOID, nil
}

// bind receives packets of one EtherType, of all or, with 0, of none.
func (r *ring) bind(protocol uint16) error {
	return unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: networkOrder(protocol), Ifindex: r.index})
}

// detach stops the socket from receiving. The ring stays readable.
func (r *ring) detach() error { return r.bind(0) }

// filter attaches the program of the user's filter expression, or the shortest one there is: take so many bytes of every
// packet. The socket is not bound yet, so no packet gets past it.
func (r *ring) filter(o LiveOptions) error {
	code := []bpf.RawInstruction{{Op: unix.BPF_RET | unix.BPF_K, K: uint32(o.Snaplen)}}
	if o.Filter != nil {
		p, err := o.Filter.Compile(r.link, filter.Options{Kernel: true, Cooked: r.cooked, Netmask: netmask(r.index), Bytes: uint32(o.Snaplen)})
		if err != nil {
			return err
		}
		code = p.Code()
	}
	program := make([]unix.SockFilter, len(code))
	for i, in := range code {
		program[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	return nil
}

func (r *ring) statistics() (*unix.TpacketStatsV3, error) {
	return unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
}

func (r *ring) close() error {
	var err error
	if r.mem != nil {
		err = unix.Munmap(r.mem)
		r.mem = nil
	}
	if r.fd >= 0 {
		err = errors.Join(err, unix.Close(r.fd))
		r.fd = -1
	}
	return err
}

// header returns the header of the block at the cursor.
func (r *ring) header() *unix.TpacketHdrV1 {
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.mem[r.block*blockSize]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
}

// ready reports whether there is a packet at the cursor.
func (r *ring) ready() bool {
	for {
		if r.left == 0 {
			h := r.header()
			if atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER == 0 {
				return false
			}
			r.left = h.Num_pkts
			if r.left == 0 {
				r.giveBack()
				continue
			}
			r.at = r.block*blockSize + int(h.Offset_to_first_pkt)
			r.read()
		}
		if !r.packet.echo() {
			return true
		}
		r.next()
	}
}

// next moves the cursor to the next packet. The data of the present one is the kernel's from now on.
func (r *ring) next() {
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.mem[r.at]))
	r.at += int(h.Next_offset)
	if r.left--; r.left == 0 {
		r.giveBack()
		return
	}
	r.read()
}

// pending reports whether there are packets at the cursor or in the block that the kernel is filling. It counts them there
// as they come.
func (r *ring) pending() bool {
	return r.left > 0 || atomic.LoadUint32(&r.header().Num_pkts) > 0
}

// giveBack gives the block at the cursor to the kernel and moves to the next one.
func (r *ring) giveBack() {
	atomic.StoreUint32(&r.header().Num_pkts, 0) // or pending would count them until the kernel opens the block
	atomic.StoreUint32(&r.header().Block_status, unix.TP_STATUS_KERNEL)
	r.block = (r.block + 1) % (len(r.mem) / blockSize)
}

// read reads the header of the packet at the cursor (linux/if_packet.h: tpacket3_hdr, then sockaddr_ll).
func (r *ring) read() {
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.mem[r.at]))
	const addr = (unix.SizeofTpacket3Hdr + unix.TPACKET_ALIGNMENT - 1) &^ (unix.TPACKET_ALIGNMENT - 1)
	from := r.at + int(h.Mac)
	p := &r.packet
	p.time = hanalyze.Time(h.Sec)*1e9 + hanalyze.Time(h.Nsec)
	p.data = r.mem[from : from+int(h.Snaplen)]
	p.len = max(int(h.Len), int(h.Snaplen))
	p.from = *(*unix.RawSockaddrLinklayer)(unsafe.Pointer(&r.mem[r.at+addr]))
	p.vlan = h.Status&unix.TP_STATUS_VLAN_VALID != 0 && (r.link == hanalyze.LinkEthernet || r.cooked)
	p.tpid, p.tci = unix.ETH_P_8021Q, uint16(h.Hv1.Vlan_tci)
	if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		p.tpid = h.Hv1.Vlan_tpid
	}
	if r.link == hanalyze.LinkEthernet && len(p.data) < macs {
		p.vlan = false
	}
}

// echo reports whether the packet is the first pass of one sent to oneself, which comes in a second time.
func (p *ringPacket) echo() bool {
	return p.from.Hatype == unix.ARPHRD_LOOPBACK && p.from.Pkttype == unix.PACKET_OUTGOING
}

// added is how many bytes copyTo puts in front of and into the packet.
func (r *ring) added() int {
	n := 0
	if r.packet.vlan {
		n += vlanTag
	}
	if r.cooked {
		n += sll2Header
	}
	return n
}

// size is how many bytes copyTo writes.
func (r *ring) size() int { return len(r.packet.data) + r.added() }

// wire is the length of the packet before it was cut to the snapshot length.
func (r *ring) wire() int { return r.packet.len + r.added() }

// copyTo copies the packet with what the link type needs: a VLAN tag put back, a cooked header.
func (r *ring) copyTo(out []byte) {
	p := &r.packet
	switch {
	case r.cooked:
		out = out[p.cookedHeader(out):]
		copy(out, p.data)
	case p.vlan:
		copy(out, p.data[:macs])
		binary.BigEndian.PutUint16(out[macs:], p.tpid)
		binary.BigEndian.PutUint16(out[macs+2:], p.tci)
		copy(out[macs+vlanTag:], p.data[macs:])
	default:
		copy(out, p.data)
	}
}

// cookedHeader writes a LINKTYPE_LINUX_SLL2 header and, if there is one, the VLAN tag that it announces, and returns the
// length of both.
func (p *ringPacket) cookedHeader(out []byte) int {
	be := binary.BigEndian
	protocol := networkOrder(p.from.Protocol)
	n := sll2Header
	if p.vlan {
		be.PutUint16(out[n:], p.tci)
		be.PutUint16(out[n+2:], protocol)
		protocol = p.tpid
		n += vlanTag
	}
	be.PutUint16(out, protocol)
	be.PutUint16(out[2:], 0)
	be.PutUint32(out[4:], uint32(p.from.Ifindex))
	be.PutUint16(out[8:], p.from.Hatype)
	out[10], out[11] = p.from.Pkttype, p.from.Halen
	copy(out[12:sll2Header], p.from.Addr[:])
	return n
}

// networkOrder converts between the machine's byte order and that of the network.
func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], v)
	return binary.BigEndian.Uint16(b[:])
}
