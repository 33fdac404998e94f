package troublelink

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	device = "tun0"
	mtu    = 1500
	// queueLen lets the device hold whatever a window can send in a burst: it must lose nothing that the link does not
	// know of.
	queueLen = 20000
)

// Host is an end of the link: a network namespace of its own with a TUN device. It lasts as long as its sockets.
type Host struct {
	Addr4 netip.Addr // 10.77.0.1 or 10.77.0.2
	Addr6 netip.Addr // fd77::1 or fd77::2

	netns int // file descriptor of the namespace
	tun   int // of the device
	diag  int // of a socket that asks the kernel for sockets

	congestion string // congestion control of its sockets, "" for the kernel's default
}

// newHost makes the namespace and its device.
func newHost(side Side, o Options) (*Host, error) {
	n := byte(side) + 1
	h := &Host{
		Addr4: netip.AddrFrom4([4]byte{10, 77, 0, n}), Addr6: netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x77, 15: n}),
		netns: -1, tun: -1, diag: -1, congestion: o.Congestion,
	}
	var err error
	onOwnThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			err = h.furnish(o.Sysctl)
		}
	})
	if err != nil {
		h.close()
		return nil, fmt.Errorf("troublelink: %s host: %w", side, err)
	}
	return h, nil
}

// onOwnThread runs f on a thread that ends with it, because f changes the thread's namespace.
func onOwnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		f()
	}()
	<-done
}

// furnish sets up the calling thread's namespace.
func (h *Host) furnish(sysctl map[string]string) (err error) {
	if h.netns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	if h.diag, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG); err != nil {
		return err
	}
	for name, value := range sysctl {
		if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644); err != nil {
			return err
		}
	}
	if h.tun, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
		return err
	}
	if err := h.configure(); err != nil {
		return err
	}
	return h.configure6()
}

// configure makes the device, gives it its addresses and brings it up.
func (h *Host) configure() error {
	s4, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s4)
	ip := h.Addr4.As4()
	for _, step := range []struct {
		fd      int
		request uint
		set     func(*unix.Ifreq) error
	}{
		{h.tun, unix.TUNSETIFF, short(unix.IFF_TUN | unix.IFF_NO_PI)},
		{s4, unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(ip[:]) }},
		{s4, unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{s4, unix.SIOCSIFMTU, long(mtu)},
		{s4, unix.SIOCSIFTXQLEN, long(queueLen)},
		{s4, unix.SIOCSIFFLAGS, short(unix.IFF_UP | unix.IFF_RUNNING)},
	} {
		r, err := unix.NewIfreq(device)
		if err == nil {
			err = step.set(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(step.fd, step.request, r)
		}
		if err != nil {
			return fmt.Errorf("ioctl %#x on %s: %w", step.request, device, err)
		}
	}
	return nil
}

func short(v uint16) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { r.SetUint16(v); return nil }
}

func long(v uint32) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { r.SetUint32(v); return nil }
}

// configure6 gives the device its IPv6 address, without a check for duplicates: TUN devices know no neighbours.
func (h *Host) configure6() error {
	s6, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s6)
	dev, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	request := struct { // struct in6_ifreq, include/uapi/linux/ipv6.h
		addr   [16]byte
		prefix uint32
		index  int32
	}{h.Addr6.As16(), 64, int32(dev.Index)}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s6), unix.SIOCSIFADDR, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("address %s: %w", h.Addr6, errno)
	}
	for range 200 { // the kernel makes the address usable in its own time
		if err = unix.Bind(s6, &unix.SockaddrInet6{Addr: h.Addr6.As16()}); err == nil {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("address %s: %w", h.Addr6, err)
}

// Do runs f on a thread in the host's namespace: sockets it makes belong there. f must not start goroutines that make
// sockets.
func (h *Host) Do(f func() error) (err error) {
	onOwnThread(func() {
		if err = unix.Setns(h.netns, unix.CLONE_NEWNET); err == nil {
			err = f()
		}
	})
	return err
}

// Listen listens on a TCP port of the host.
func (h *Host) Listen(at netip.AddrPort) (l net.Listener, err error) {
	err = h.Do(func() error {
		c := net.ListenConfig{Control: h.control}
		c.SetMultipathTCP(false)
		l, err = c.Listen(context.Background(), "tcp", at.String())
		return err
	})
	return l, err
}

// Dial opens a TCP connection from the host.
func (h *Host) Dial(to netip.AddrPort) (c *net.TCPConn, err error) {
	err = h.Do(func() error {
		d := net.Dialer{Control: h.control, KeepAlive: -1}
		conn, err := d.Dial("tcp", to.String())
		if err == nil {
			c = conn.(*net.TCPConn)
		}
		return err
	})
	return c, err
}

// control sets the congestion control of a socket. A namespace cannot have another default than the kernel's.
func (h *Host) control(_, _ string, c syscall.RawConn) error {
	var err error
	if h.congestion == "" {
		return nil
	}
	if cerr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, h.congestion)
	}); cerr != nil {
		return cerr
	}
	return err
}

// Start starts a program on the host.
func (h *Host) Start(cmd *exec.Cmd) error { return h.Do(cmd.Start) }

func (h *Host) close() {
	for _, fd := range []int{h.netns, h.tun, h.diag} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
