package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// burst is how many packets go with one system call. The calls for a millisecond follow each other; then it sleeps.
const burst = 64

func main() {
	name := flag.String("i", "", "the interface to send on")
	rate := flag.Float64("rate", 500_000, "packets a second; 0: as fast as they go")
	length := flag.Duration("for", time.Minute, "how long")
	flag.Parse()
	if err := run(*name, *rate, *length); err != nil {
		fmt.Fprintln(os.Stderr, "linkload:", err)
		os.Exit(1)
	}
}

func run(name string, rate float64, length time.Duration) error {
	s, err := openSender(name)
	if err != nil {
		return err
	}
	defer s.close()
	began := time.Now()
	var sent uint64
	for passed := time.Duration(0); passed < length; passed = time.Since(began) {
		if rate > 0 && float64(sent) >= rate*passed.Seconds() {
			time.Sleep(time.Millisecond)
			continue
		}
		n, err := s.burst()
		if err != nil {
			return err
		}
		sent += uint64(n)
	}
	passed := time.Since(began)
	fmt.Printf("%d packets in %.1f s, %.0f a second\n", sent, passed.Seconds(), float64(sent)/passed.Seconds())
	return nil
}

// sender sends the frames round and round.
type sender struct {
	fd       int
	frames   [][]byte
	next     int // of frames
	vectors  [burst]unix.Iovec
	messages [burst]message
}

// message is struct mmsghdr of sendmmsg(2).
type message struct {
	header unix.Msghdr
	_      uint32 // msg_len, which the kernel sets
}

func openSender(name string) (*sender, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	s := &sender{fd: fd, frames: frames()}
	// The queueing discipline would cost as much again as the link.
	err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_IP), Ifindex: i.Index}))
	if err != nil {
		s.close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range s.messages {
		s.vectors[i].SetLen(frameSize)
		s.messages[i].header.Iov = &s.vectors[i]
		s.messages[i].header.SetIovlen(1)
	}
	return s, nil
}

func (s *sender) close() { unix.Close(s.fd) }

// burst sends the next frames, and returns how many went. What the link had no room for was not sent.
func (s *sender) burst() (int, error) {
	batch := s.frames[s.next:min(s.next+burst, len(s.frames))]
	for i := range batch {
		s.vectors[i].Base = &batch[i][0]
	}
	r, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.messages)), uintptr(len(batch)), 0, 0, 0)
	runtime.KeepAlive(batch)
	switch errno {
	case 0:
	case unix.EINTR, unix.EAGAIN, unix.ENOBUFS:
		return 0, nil
	default:
		return 0, errno
	}
	for i := range r {
		age(batch[i])
	}
	s.next = (s.next + int(r)) % len(s.frames)
	return int(r), nil
}

func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], v)
	return binary.BigEndian.Uint16(b[:])
}
