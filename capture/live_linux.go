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

	// holdBack is how old a packet must be before it is returned while another interface has nothing to show: that one's
	// block may still hold an older packet. It is also how far the idle clock stays behind. It must exceed retireAfter;
	// the kernel's timers are late by some jiffies.
	holdBack = 2 * retireAfter
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
	gone     bool // the interface was removed
}

// liveSource is the Source of OpenLive.
type liveSource struct {
	ports   []*port
	pool    slabPool
	slab    *slab // being filled; nil before the first packet
	used    int   // bytes of slab that are taken
	now     hanalyze.Time
	mu      sync.Mutex  // guards wake
	wake    int         // eventfd that Stop writes to; -1 once closed
	stopped atomic.Bool // Stop was called
	ending  bool        // the sockets are detached: what the rings hold is all there is
	last    time.Time   // when the last ring is surely drained, once ending
	kernel  hanalyze.StatsKernel
	err     error // final
}

// Stop implements Stopper.
func (s *liveSource) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped.Swap(true) && s.wake >= 0 {
		unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // cannot fail: the counter goes to 1
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
			s.now = max(s.now, b.Frames[len(b.Frames)-1].Time)
			return nil
		case s.ending && now.After(s.last), s.allGone():
			s.finish()
		case now.After(deadline):
			s.now = max(s.now, hanalyze.Time(now.Add(-holdBack).UnixNano()))
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
	s.last = time.Now().Add(holdBack)
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

// take moves packets, the oldest first, from the rings to b. It returns how long to wait at most for more.
func (s *liveSource) take(b *Batch) (wait time.Duration) {
	young := hanalyze.Time(time.Now().Add(-holdBack).UnixNano())
	for len(b.Frames) < MaxBatch {
		from, quiet := s.oldest()
		switch {
		case from == nil:
			return idleTick
		case quiet && !s.ending && from.packet.time > young:
			return time.Duration(from.packet.time - young)
		}
		if !s.room(b, from.size()) {
			return 0
		}
		data := s.slab.buf[s.used : s.used+from.size() : s.used+from.size()]
		from.copyTo(data)
		s.used += len(data)
		b.hold(s.slab)
		b.Frames = append(b.Frames, Frame{
			Time: from.packet.time, Data: data, Len: from.wire(), Link: from.link, Input: s.index(from),
		})
		from.stats.Packets++
		from.next()
	}
	return 0
}

// oldest returns the port with the oldest packet, or nil, and whether another one has none.
func (s *liveSource) oldest() (from *port, quiet bool) {
	for _, p := range s.ports {
		switch {
		case !p.ready():
			quiet = quiet || !p.gone
		case from == nil || p.packet.time < from.packet.time:
			from = p
		}
	}
	return from, quiet
}

func (s *liveSource) index(p *port) int {
	for i := range s.ports {
		if s.ports[i] == p {
			return i
		}
	}
	return 0
}

// room makes n bytes of slab available. It reports false if that needs another slab than the frames of b are in.
func (s *liveSource) room(b *Batch, n int) bool {
	if s.slab != nil && len(s.slab.buf)-s.used >= n {
		return true
	}
	if len(b.Frames) > 0 {
		return false
	}
	if s.slab != nil {
		s.slab.release()
	}
	s.slab, s.used = s.pool.get(), 0
	return true
}

// poll waits for a ring to have packets, for Stop, or for d to pass. While packets are held back it only waits for Stop:
// their ring is readable.
func (s *liveSource) poll(d time.Duration) {
	fds := []unix.PollFd{{Fd: int32(s.wake), Events: unix.POLLIN}}
	if s.ending {
		fds[0].Events = 0 // it was read once and for all
	}
	var polled []*port
	if from, _ := s.oldest(); from == nil {
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

// count adds what the kernel counted since the last time.
func (s *liveSource) count() {
	for _, p := range s.ports {
		if st, err := p.statistics(); err == nil {
			s.kernel.Received += uint64(st.Packets)
			s.kernel.Dropped += uint64(st.Drops)
		}
	}
}

// Now implements Source.
func (s *liveSource) Now() hanalyze.Time { return s.now }

// Inputs implements Source.
func (s *liveSource) Inputs() []hanalyze.StatsInput {
	out := make([]hanalyze.StatsInput, len(s.ports))
	for i, p := range s.ports {
		out[i] = p.stats
	}
	return out
}

// Kernel implements Source. After Close the counts are those of the last moment before.
func (s *liveSource) Kernel() *hanalyze.StatsKernel {
	if s.err == nil {
		s.count()
	}
	k := s.kernel
	return &k
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
	if s.slab != nil {
		s.slab.release()
		s.slab = nil
	}
	err = errors.Join(err, unix.Close(s.wake))
	s.wake = -1
	return err
}
