//go:build !libpcap

package capture

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"hanalyze"
)

const (
	// idleTick is how long ReadBatch waits for packets before it returns an empty batch.
	idleTick = 100 * time.Millisecond

	// retireAfter is when the kernel hands over a block that is not full, and so the latency of a quiet link.
	retireAfter = 50 * time.Millisecond

	// settle is how old a packet of one of several interfaces must be before it is returned: time stamps are taken a little
	// before packets enter their rings.
	settle = 10 * time.Millisecond

	// recheck is how often a ring is looked at whose packets others wait for.
	recheck = 5 * time.Millisecond

	// clockLag is how far the idle clock stays behind, such that packets to come do not precede it.
	clockLag = 100 * time.Millisecond

	// countEvery is how often a busy source asks the kernel for its counts, which have 32 bits and would overflow in minutes
	// at most rates there are, and which the user is to be warned by.
	countEvery = time.Second

	// drainLimit is how long Stop waits for blocks that are not full. The kernel's timer hands them over within
	// retireAfter, but may be late on a busy machine.
	drainLimit = 2 * time.Second
)

// OpenLive captures from interfaces with one AF_PACKET socket and TPACKET_V3 ring each (packet(7)). The source is a
// Stopper. Packets of several interfaces come in the order of the kernel's time stamps. The error is a *PermissionError if
// the process lacks a capability.
func OpenLive(o LiveOptions) (Source, error) {
	if len(o.Interfaces) == 0 {
		return nil, errNoInterfaces
	}
	if o.Snaplen <= 0 || o.Snaplen > maxSnaplen {
		o.Snaplen = maxSnaplen
	}
	if o.BufferBytes <= 0 {
		o.BufferBytes = DefaultBufferBytes
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	s := &liveSource{wake: wake, now: hanalyze.Time(time.Now().UnixNano())}
	for _, name := range o.Interfaces {
		p := &port{stats: hanalyze.StatsInput{Name: name, Format: "live"}, warnings: warnings{name: name, tell: o.Warn}}
		if p.ring, err = openRing(name, o); err != nil {
			s.Close()
			return nil, err
		}
		s.ports = append(s.ports, p)
	}
	return s, nil
}

// port is one interface that is captured from.
type port struct {
	*ring
	stats    hanalyze.StatsInput
	warnings warnings
	gone     bool   // the interface was removed
	received uint64 // by the kernel's count, with dropped
	dropped  uint64 // for want of room in the ring
}

// liveSource is the Source of OpenLive.
type liveSource struct {
	ports   []*port
	packer  packer
	now     hanalyze.Time
	mu      sync.Mutex  // guards wake
	wake    int         // eventfd that Stop writes to; -1 once closed
	stopped atomic.Bool // Stop was called
	ending  bool        // the sockets are detached: what the rings hold is all there is
	last    time.Time   // when the end comes even if a ring is not drained, once ending
	counted time.Time   // when the kernel was last asked for its counts
	err     error       // final
}

// Stop implements Stopper.
func (s *liveSource) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped.Swap(true) && s.wake >= 0 {
		_, _ = unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // cannot fail: the counter goes to 1
	}
}

// ReadBatch implements Source.
func (s *liveSource) ReadBatch(b *Batch) error {
	b.Reset()
	if b.Frames == nil {
		b.Frames = make([]Frame, 0, MaxBatch)
	}
	deadline := time.Now().Add(idleTick)
	for s.err == nil {
		s.detach()
		wait := s.take(b)
		now := time.Now()
		switch {
		case len(b.Frames) > 0:
			if now.Sub(s.counted) >= countEvery {
				s.count()
			}
			s.now = max(s.now, b.Frames[len(b.Frames)-1].Time)
			return nil
		case s.ending && (!s.pending() || now.After(s.last)), s.allGone():
			s.finish()
		case now.After(deadline):
			if !s.pending() {
				s.now = max(s.now, hanalyze.Time(now.Add(-clockLag).UnixNano()))
			}
			s.count()
			return nil
		default:
			s.poll(min(wait, time.Until(deadline)))
		}
	}
	return s.err
}

// detach begins the end once Stop was called: no more packets come into the rings, and what is in an open block is handed
// over by the kernel's timer.
func (s *liveSource) detach() {
	if s.ending || !s.stopped.Load() {
		return
	}
	s.ending = true
	s.last = time.Now().Add(drainLimit)
	for _, p := range s.ports {
		if err := p.detach(); err != nil && !p.gone {
			p.warnings.add("%v", err)
		}
	}
}

func (s *liveSource) finish() {
	s.count()
	for _, p := range s.ports {
		p.warnings.finish("")
	}
	s.err = io.EOF
}

func (s *liveSource) allGone() bool {
	for _, p := range s.ports {
		if !p.gone {
			return false
		}
	}
	return true
}

// pending reports whether a ring has packets.
func (s *liveSource) pending() bool {
	for _, p := range s.ports {
		if p.pending() {
			return true
		}
	}
	return false
}

// take moves packets, the oldest first, from the rings to b. It returns how long to wait at most for more.
func (s *liveSource) take(b *Batch) (wait time.Duration) {
	for len(b.Frames) < MaxBatch {
		from := s.oldest()
		if from == nil {
			return idleTick
		}
		if wait = s.hold(from); wait > 0 {
			return wait
		}
		data := s.packer.room(b, from.size())
		if data == nil {
			return 0
		}
		from.copyTo(data)
		b.Frames = append(b.Frames, Frame{
			Time: from.packet.time, Data: data, Len: from.wire(), Link: from.link, Input: s.index(from),
		})
		from.stats.Packets++
		from.next()
	}
	return 0
}

// oldest returns the port with the oldest packet that the kernel has handed over, or nil.
func (s *liveSource) oldest() (from *port) {
	for _, p := range s.ports {
		if p.ready() && (from == nil || p.packet.time < from.packet.time) {
			from = p
		}
	}
	return from
}

// hold returns how long the packet of from must wait for an older one of another interface: while one of those has packets
// that it has not handed over, and while the packet is very young. A packet from the future, before a clock was set back,
// does not wait.
func (s *liveSource) hold(from *port) time.Duration {
	if len(s.ports) == 1 || s.ending && time.Now().After(s.last) {
		return 0
	}
	for _, p := range s.ports {
		if !p.ready() && p.pending() {
			return recheck
		}
	}
	if age := time.Since(from.packet.time.Std()); age >= 0 && age < settle {
		return settle - age
	}
	return 0
}

func (s *liveSource) index(p *port) int {
	for i := range s.ports {
		if s.ports[i] == p {
			return i
		}
	}
	return 0
}

// poll waits for a ring to have packets, for Stop, or for d to pass. While packets are held back it only waits for Stop:
// their ring is readable.
func (s *liveSource) poll(d time.Duration) {
	fds := []unix.PollFd{{Fd: int32(s.wake), Events: unix.POLLIN}}
	if s.ending {
		fds[0].Events = 0 // it was read once and for all
	}
	var polled []*port
	if s.oldest() == nil {
		for _, p := range s.ports {
			if !p.gone {
				fds = append(fds, unix.PollFd{Fd: int32(p.fd), Events: unix.POLLIN})
				polled = append(polled, p)
			}
		}
	}
	ms := int(max(0, d)/time.Millisecond) + 1
	if n, err := unix.Poll(fds, ms); err != nil || n == 0 {
		return // a signal came, or nothing
	}
	for i, p := range polled {
		if fds[i+1].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
			p.trouble()
		}
	}
}

// trouble deals with a socket error: mostly the interface went down. It works again when the interface is up again; a
// removed one does not come back.
func (p *port) trouble() {
	code, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_ERROR) // and clears it
	switch {
	case err != nil:
		p.warnings.add("%v", err)
	case p.index != 0 && !interfaceExists(p.index):
		p.gone = true
		p.stats.Error = "the interface was removed"
		p.warnings.add("%s", p.stats.Error)
	case unix.Errno(code) == unix.ENETDOWN:
		p.warnings.add("the interface went down")
	case code != 0:
		p.warnings.add("%v", unix.Errno(code))
	}
}

const droppedWarning = "the kernel dropped packets, because they came faster than they were read; a larger buffer (-B) helps if only for a moment"

// count adds what the kernel counted since the last time, and warns of the first packets dropped.
func (s *liveSource) count() {
	s.counted = time.Now()
	for _, p := range s.ports {
		st, err := p.statistics()
		if err != nil {
			continue
		}
		if p.dropped == 0 && st.Drops > 0 {
			p.warnings.add(droppedWarning)
		}
		p.received += uint64(st.Packets)
		p.dropped += uint64(st.Drops)
	}
}

// Now implements Source.
func (s *liveSource) Now() hanalyze.Time { return s.now }

// Inputs implements Source.
func (s *liveSource) Inputs() []hanalyze.StatsInput {
	if s.err == nil {
		s.count()
	}
	out := make([]hanalyze.StatsInput, len(s.ports))
	for i, p := range s.ports {
		out[i] = p.stats
		out[i].Received, out[i].Dropped = new(p.received), new(p.dropped)
	}
	return out
}

// Kernel implements Source: the counts of all interfaces. After Close they are those of the last moment before.
func (s *liveSource) Kernel() *hanalyze.StatsKernel {
	if s.err == nil {
		s.count()
	}
	k := new(hanalyze.StatsKernel)
	for _, p := range s.ports {
		k.Received += p.received
		k.Dropped += p.dropped
	}
	return k
}

// Warnings implements Source.
func (s *liveSource) Warnings() []string {
	var out []string
	for _, p := range s.ports {
		out = append(out, p.warnings.lines...)
	}
	return out
}

// Close implements Source.
func (s *liveSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake < 0 {
		return nil
	}
	if s.err == nil {
		s.count()
		s.err = fs.ErrClosed
	}
	var err error
	for _, p := range s.ports {
		err = errors.Join(err, p.close())
	}
	s.packer.close()
	err = errors.Join(err, unix.Close(s.wake))
	s.wake = -1
	return err
}
