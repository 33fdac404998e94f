//go:build !libpcap

package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hanalyze"
	"hanalyze/internal/testenv"
)

// newNetwork moves the test to a network namespace of its own, with lo up and the pair v0 and v1 of virtual Ethernet
// interfaces. Everything must happen on the goroutine of the test: it keeps its thread.
func newNetwork(t *testing.T) {
	t.Helper()
	testenv.Root(t)
	testenv.Programs(t, "ip")
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine and takes the namespace along
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	ip(t, "link set lo up")
	ip(t, "link add v0 type veth peer name v1")
	for i, v := range []string{"v0", "v1"} {
		ip(t, fmt.Sprintf("link set %s address 02:00:00:00:00:0%d", v, i))
		ip(t, "link set "+v+" up arp off addrgenmode none")
	}
	linkUp(t, "v0", "v1")
}

// linkUp waits until a frame sent on one of a pair of interfaces comes out of the other: for some milliseconds after an
// interface was set up, the kernel drops what is sent.
func linkUp(t *testing.T, from, to string) {
	t.Helper()
	i, err := net.InterfaceByName(to)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: i.Index}); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); time.Now().Before(late); {
		send(t, from, frame("probe"))
		if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 300); n > 0 {
			return
		}
	}
	t.Fatalf("nothing passes from %s to %s", from, to)
}

func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

func openLive(t *testing.T, o LiveOptions) Source {
	t.Helper()
	s, err := OpenLive(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// send sends a frame as it is on an interface.
func send(t *testing.T, name string, frame []byte) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
		t.Fatal(err)
	}
}

// frame makes an Ethernet frame from v0 to v1 that says text; tag may be a VLAN tag.
func frame(text string, tag ...byte) []byte {
	f := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0}
	f = append(f, tag...)
	f = append(f, 0x88, 0xb5) // for local experiments
	return append(f, fmt.Sprintf("%-60s", text)...)
}

// patience is how long packets may take to pass a pair of virtual interfaces on a busy machine.
const patience = 20 * time.Second

// collect reads until n frames that match came, or patience ends, then stops s and reads the rest of it.
func collect(t *testing.T, s Source, n int, match func(f *Frame) bool) []Frame {
	t.Helper()
	var frames []Frame
	var b Batch
	for late := time.Now().Add(patience); ; {
		err := s.ReadBatch(&b)
		if err == io.EOF {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			if match(&f) {
				f.Data = bytes.Clone(f.Data)
				frames = append(frames, f)
			}
		}
		if len(frames) >= n || time.Now().After(late) {
			s.(Stopper).Stop()
			s.(Stopper).Stop()
		}
	}
}

// all matches every frame.
func all(*Frame) bool { return true }

func TestLiveEthernet(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}, Promiscuous: true})
	before := time.Now()
	sent := [][]byte{frame("plain"), frame("tagged", 0x81, 0, 0x20, 7), frame("outer tag", 0x88, 0xa8, 0x40, 9)}
	for _, f := range sent {
		send(t, "v0", f)
	}
	frames := collect(t, s, len(sent), all)
	if len(frames) != len(sent) {
		t.Fatalf("%d frames, want %d", len(frames), len(sent))
	}
	for i, f := range frames {
		if !bytes.Equal(f.Data, sent[i]) || f.Len != len(sent[i]) || f.Link != hanalyze.LinkEthernet || f.Input != 0 {
			t.Errorf("frame %d: %+v\nwant data %v", i, f, sent[i])
		}
		if age := f.Time.Std().Sub(before); age < -time.Second || age > 10*time.Second {
			t.Errorf("frame %d: %v after it was sent", i, age)
		}
	}
	if in := s.Inputs()[0]; in.Name != "v1" || in.Format != "live" || in.Packets != 3 || *in.Received != 3 || *in.Dropped != 0 || in.Truncated || in.Error != "" {
		t.Errorf("%+v", in)
	}
	if k := s.Kernel(); k.Received != 3 || k.Dropped != 0 {
		t.Errorf("%+v", k)
	}
	if err := s.ReadBatch(new(Batch)); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

func TestLiveSnaplen(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}, Snaplen: 20})
	sent := frame("long")
	send(t, "v0", sent)
	frames := collect(t, s, 1, all)
	if len(frames) != 1 || !bytes.Equal(frames[0].Data, sent[:20]) || frames[0].Len != len(sent) {
		t.Errorf("%+v", frames)
	}
}

// A packet to oneself passes lo twice and is seen once, on lo and on all interfaces.
func TestLiveLoopbackOnce(t *testing.T) {
	newNetwork(t)
	for name, ip := range map[string]int{"lo": 14, AnyInterface: sll2Header} {
		s := openLive(t, LiveOptions{Interfaces: []string{name}})
		c, err := net.Dial("udp", "127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		c.Close()
		// The ICMP error that answers comes last, and quotes the packet.
		const protocol, udp, icmp = 9, 17, 1
		seen := map[byte]int{}
		collect(t, s, 1, func(f *Frame) bool {
			if !bytes.HasSuffix(f.Data, []byte("hello")) {
				return false
			}
			seen[f.Data[ip+protocol]]++
			return f.Data[ip+protocol] == icmp
		})
		if seen[udp] != 1 || seen[icmp] != 1 {
			t.Errorf("%s: packets by protocol: %v", name, seen)
		}
	}
}

// Cooked packets get a LINUX_SLL2 header: protocol, interface, hardware type, packet type, address.
func TestLiveAny(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{AnyInterface}, Promiscuous: true})
	sent := [][]byte{frame("plain"), frame("tagged", 0x81, 0, 0x20, 7)}
	for _, f := range sent {
		send(t, "v0", f)
	}
	v1, err := net.InterfaceByName("v1")
	if err != nil {
		t.Fatal(err)
	}
	head := func(protocol ...byte) []byte {
		h := append(protocol[:2:2], 0, 0, 0, 0, 0, byte(v1.Index), 0, 1, 0, 6, 2, 0, 0, 0, 0, 0, 0, 0)
		return append(h, protocol[2:]...)
	}
	want := [][]byte{append(head(0x88, 0xb5), sent[0][14:]...), append(head(0x81, 0, 0x20, 7, 0x88, 0xb5), sent[1][18:]...)}
	var in [][]byte
	collect(t, s, 2, func(f *Frame) bool {
		if f.Link != hanalyze.LinkSLL2 || f.Len != len(f.Data) {
			t.Errorf("%+v", f)
		}
		received := f.Data[7] == byte(v1.Index) && f.Data[10] != unix.PACKET_OUTGOING
		if received {
			in = append(in, bytes.Clone(f.Data))
		}
		return received
	})
	if len(in) != 2 || !bytes.Equal(in[0], want[0]) || !bytes.Equal(in[1], want[1]) {
		t.Errorf("%v\nwant %v", in, want)
	}
}

// Packets without a link layer are raw IP.
func TestLiveTun(t *testing.T) {
	newNetwork(t)
	ip(t, "tuntap add tun0 mode tun")
	ip(t, "link set tun0 up")
	s := openLive(t, LiveOptions{Interfaces: []string{"tun0"}})
	s.(Stopper).Stop()
	if r := s.(*liveSource).ports[0]; r.link != hanalyze.LinkRaw || r.cooked {
		t.Errorf("%+v", r)
	}
}

// Packets of several interfaces come in the order of their times although each ring fills on its own.
func TestLiveOrder(t *testing.T) {
	newNetwork(t)
	ip(t, "link add w0 type veth peer name w1")
	ip(t, "link set w0 up arp off addrgenmode none")
	ip(t, "link set w1 up arp off addrgenmode none")
	linkUp(t, "w0", "w1")
	s := openLive(t, LiveOptions{Interfaces: []string{"v1", "w1"}})
	const n = 60
	var frames []Frame
	for i := range n {
		send(t, []string{"v0", "w0"}[i%2], frame(fmt.Sprint("number ", i)))
		if i%10 == 9 {
			var b Batch // in the middle of it, so that batches end anywhere
			if err := s.ReadBatch(&b); err != nil {
				t.Fatal(err)
			}
			for _, f := range b.Frames {
				f.Data = bytes.Clone(f.Data)
				frames = append(frames, f)
			}
		}
	}
	frames = append(frames, collect(t, s, n-len(frames), all)...)
	if len(frames) != n {
		t.Fatalf("%d frames, want %d", len(frames), n)
	}
	for i, f := range frames {
		if !strings.Contains(string(f.Data), fmt.Sprintf("number %d ", i)) || f.Input != i%2 {
			t.Fatalf("frame %d is %q of input %d", i, f.Data[14:], f.Input)
		}
	}
}

// Without packets the clock moves on, but never past packets to come.
func TestLiveIdle(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}})
	start := s.Now()
	var b Batch
	for range 4 {
		began := time.Now()
		if err := s.ReadBatch(&b); err != nil || len(b.Frames) > 0 {
			t.Fatal(err, len(b.Frames))
		}
		if d := time.Since(began); d < idleTick || d > 20*idleTick {
			t.Errorf("an idle tick of %v", d)
		}
	}
	if s.Now() <= start {
		t.Error("the clock did not move")
	}
	send(t, "v0", frame("late"))
	idle := s.Now()
	for len(b.Frames) == 0 {
		idle = s.Now()
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
	}
	if f := b.Frames[0]; f.Time < idle || s.Now() < f.Time {
		t.Errorf("packet at %v, clock %v before and %v after", f.Time, idle, s.Now())
	}
}

// Stop ends a ReadBatch that waits, at once and not at the next tick's end.
func TestLiveStopWakes(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}})
	go func() {
		time.Sleep(10 * time.Millisecond)
		s.(Stopper).Stop()
	}()
	began := time.Now()
	var b Batch
	var err error
	for err == nil {
		err = s.ReadBatch(&b)
	}
	if d := time.Since(began); err != io.EOF || d > 20*retireAfter {
		t.Errorf("%v after %v", err, d)
	}
}

// What the kernel has when Stop is called is still read, also from blocks that are not full.
func TestLiveStopDrains(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v0", "v1"}})
	send(t, "v0", frame("last words"))
	for late := time.Now().Add(patience); s.Kernel().Received < 2 && time.Now().Before(late); {
		time.Sleep(time.Millisecond)
	}
	s.(Stopper).Stop()
	if frames := collect(t, s, 0, all); len(frames) != 2 || frames[0].Input == frames[1].Input {
		t.Errorf("%+v", frames)
	}
}

// Many packets turn the ring round several times and keep their order. On a machine so busy that the sender, which reads
// only now and then, takes longer than the small ring holds out, the kernel drops packets: each is then accounted for.
func TestLiveRingTurns(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}, BufferBytes: 1})
	const n = 8000 // 12 MB through a ring of 4 MiB
	body := strings.Repeat("x", 1400)
	seen, next := uint64(0), 0
	var b Batch
	read := func() {
		if err := s.ReadBatch(&b); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			number, _, _ := bytes.Cut(f.Data[len(f.Data)-len(body)-6:], []byte("x"))
			i, err := strconv.Atoi(string(number))
			if err != nil || i < next {
				t.Fatalf("packet %q comes where %d is due: %v", number, next, err)
			}
			next = i + 1
			seen++
		}
	}
	for i := range uint64(n) {
		send(t, "v0", frame(fmt.Sprintf("%06d%s", i, body)))
		if i%100 == 99 {
			for late := time.Now().Add(patience); seen+s.Kernel().Dropped <= i && time.Now().Before(late); {
				read()
			}
		}
	}
	in := s.Inputs()[0]
	if told := len(s.Warnings()) > 0; *in.Received != n || told != (*in.Dropped > 0) {
		t.Errorf("%d received, %d dropped, warnings %q", *in.Received, *in.Dropped, s.Warnings())
	}
	if k := s.Kernel(); seen+k.Dropped != n || k.Received != n {
		t.Errorf("%d seen, %+v", seen, k)
	}
}

// What finds no room in the ring is counted for the interface it came to, and warned of once.
func TestLiveDrops(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{AnyInterface, "v1"}, BufferBytes: 1})
	large := frame(strings.Repeat("x", 1400))
	for range 2 * minBlocks * blockSize / len(large) {
		send(t, "v0", large)
	}
	collect(t, s, 1, all)
	wantLines(t, s.Warnings(), "any: "+droppedWarning, "v1: "+droppedWarning)
	for _, in := range s.Inputs() {
		if *in.Dropped == 0 || *in.Received != in.Packets+*in.Dropped {
			t.Errorf("%s: %d received, %d dropped, %d read", in.Name, *in.Received, *in.Dropped, in.Packets)
		}
	}
}

// An interface may go down and come up again; a removed one ends the capture when it was the last.
func TestLiveInterfaceGoes(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}})
	ip(t, "link set v1 down")
	var b Batch
	for range 2 {
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
	}
	wantLines(t, s.Warnings(), "v1: the interface went down")
	ip(t, "link set v1 up")
	for late := time.Now().Add(patience); len(b.Frames) == 0 && time.Now().Before(late); {
		send(t, "v0", frame("again"))
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.Frames) == 0 {
		t.Fatal("nothing is captured after the interface came up again")
	}
	if !strings.Contains(string(b.Frames[0].Data), "again") {
		t.Errorf("%q", b.Frames[0].Data)
	}
	ip(t, "link del v1")
	var err error
	for range 100 {
		if err = s.ReadBatch(&b); err != nil {
			break
		}
	}
	if in := s.Inputs()[0]; err != io.EOF || in.Error != "the interface was removed" {
		t.Errorf("%v, %+v", err, in)
	}
}

// When one of several interfaces is removed the others go on.
func TestLiveOneInterfaceGoes(t *testing.T) {
	newNetwork(t)
	ip(t, "link add w0 type veth peer name w1")
	ip(t, "link set w0 up arp off addrgenmode none")
	s := openLive(t, LiveOptions{Interfaces: []string{"w0", "v1"}})
	ip(t, "link del w0")
	var b Batch
	for late := time.Now().Add(patience); s.Inputs()[0].Error == "" && time.Now().Before(late); {
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
	}
	wantLines(t, s.Warnings(), "w0: the interface was removed")
	send(t, "v0", frame("still here"))
	frames := collect(t, s, 1, func(f *Frame) bool { return f.Input == 1 && strings.Contains(string(f.Data), "still here") })
	if in := s.Inputs(); len(frames) != 1 || in[0].Error != "the interface was removed" || in[1].Error != "" {
		t.Errorf("%d frames, %+v", len(frames), in)
	}
}

func TestLiveOpenErrors(t *testing.T) {
	newNetwork(t)
	ip(t, "link set v0 down")
	for name, want := range map[string]string{
		"v0":      "v0: the interface is down",
		"nosuch0": "nosuch0: no such interface; there are lo, v1, v0, any",
	} {
		if _, err := OpenLive(LiveOptions{Interfaces: []string{"v1", name}}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := OpenLive(LiveOptions{}); err == nil {
		t.Error("opened without interfaces")
	}
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	s.(Stopper).Stop()
	if err := s.ReadBatch(new(Batch)); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
}

// Without the capability the error names it.
func TestLivePermission(t *testing.T) {
	newNetwork(t)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	if err := unix.Capget(&header, &caps[0]); err != nil {
		t.Fatal(err)
	}
	caps[0].Effective &^= 1 << unix.CAP_NET_RAW
	if err := unix.Capset(&header, &caps[0]); err != nil { // of this thread alone
		t.Fatal(err)
	}
	_, err := OpenLive(LiveOptions{Interfaces: []string{"v1"}, Program: "/usr/bin/hanalyze"})
	var perr *PermissionError
	if !errors.As(err, &perr) || perr.Capability != "CAP_NET_RAW" || perr.Interface != "v1" || perr.Program != "/usr/bin/hanalyze" {
		t.Errorf("%v", err)
	}
}
