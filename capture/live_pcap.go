//go:build libpcap

package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/google/gopacket/pcap"

	"hanalyze"
)

const (
	// pcapTick is how long ReadBatch waits for packets before it returns an empty batch, and so how soon it notices Stop.
	pcapTick = 100 * time.Millisecond

	// pcapLatency is how long packets wait in a batch for more.
	pcapLatency = 50 * time.Millisecond

	// pcapDrain bounds how long Stop goes on reading what libpcap has.
	pcapDrain = 2 * time.Second
)

// Link types of libpcap (DLT_) that differ from those of files.
const (
	dltRaw        = 12
	dltRawOpenBSD = 14
)

// OpenLive captures from one interface with libpcap, which puts VLAN tags back and cooks packets by itself. The source is
// a Stopper.
func OpenLive(o LiveOptions) (Source, error) {
	switch len(o.Interfaces) {
	case 0:
		return nil, errNoInterfaces
	case 1:
	default:
		return nil, errors.New("this build captures with libpcap, from one interface at a time")
	}
	if o.Snaplen <= 0 || o.Snaplen > maxSnaplen {
		o.Snaplen = maxSnaplen
	}
	if o.BufferBytes <= 0 {
		o.BufferBytes = DefaultBufferBytes
	}
	name := o.Interfaces[0]
	handle, err := activate(name, o)
	if err == nil && o.Filter != nil {
		// libpcap compiles it: what its kernel shows of a packet, and where, differs from system to system.
		if err = handle.SetBPFFilter(o.Filter.String()); err != nil {
			handle.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &pcapSource{
		handle: handle, link: pcapLink(int(handle.LinkType())), now: hanalyze.Time(time.Now().UnixNano()),
		stats: hanalyze.StatsInput{Name: name, Format: "live"}, warnings: warnings{name: name, tell: o.Warn},
	}, nil
}

func activate(name string, o LiveOptions) (*pcap.Handle, error) {
	h, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, err
	}
	defer h.CleanUp()
	if err := errors.Join(h.SetSnapLen(o.Snaplen), h.SetPromisc(o.Promiscuous && name != AnyInterface), h.SetTimeout(pcapLatency),
		h.SetBufferSize(o.BufferBytes)); err != nil {
		return nil, err
	}
	return h.Activate()
}

func pcapLink(dlt int) hanalyze.LinkType {
	if dlt == dltRaw || dlt == dltRawOpenBSD {
		return hanalyze.LinkRaw
	}
	return hanalyze.LinkType(dlt)
}

// pcapSource is the Source of OpenLive in builds with libpcap.
type pcapSource struct {
	handle   *pcap.Handle
	link     hanalyze.LinkType
	packer   packer
	held     []byte // a packet that found no room in the last batch; libpcap's until the next read
	heldAs   Frame  // the rest of it
	now      hanalyze.Time
	stats    hanalyze.StatsInput
	warnings warnings
	stopped  atomic.Bool
	last     time.Time // when the end comes at the latest, once stopped
	kernel   hanalyze.StatsKernel
	err      error // final
}

// Stop implements Stopper.
func (s *pcapSource) Stop() { s.stopped.Store(true) }

// ReadBatch implements Source.
func (s *pcapSource) ReadBatch(b *Batch) error {
	b.Reset()
	if s.err != nil {
		return s.err
	}
	began := time.Now()
	for len(b.Frames) < MaxBatch && (len(b.Frames) == 0 || time.Since(began) < pcapLatency) {
		drained, err := s.next()
		switch {
		case err != nil:
			s.end(err)
			return s.ended(b)
		case drained && s.stopped.Load(), s.late():
			s.end(io.EOF)
			return s.ended(b)
		case drained && (len(b.Frames) > 0 || time.Since(began) >= pcapTick):
			return s.tick(b)
		case drained:
		case !s.put(b):
			return s.tick(b)
		}
	}
	return s.tick(b)
}

// next reads a packet unless there is one that was held back. It reports whether there is none for now.
func (s *pcapSource) next() (drained bool, err error) {
	if s.held != nil {
		return false, nil
	}
	data, about, err := s.handle.ZeroCopyReadPacketData()
	if errors.Is(err, pcap.NextErrorTimeoutExpired) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s.held = data
	s.heldAs = Frame{Time: hanalyze.Time(about.Timestamp.UnixNano()), Len: max(about.Length, len(data)), Link: s.link}
	return false, nil
}

// put copies the packet that was read to b. It reports false if it must wait for the next batch.
func (s *pcapSource) put(b *Batch) bool {
	data := s.packer.room(b, len(s.held))
	if data == nil {
		return false
	}
	copy(data, s.held)
	s.heldAs.Data = data
	b.Frames = append(b.Frames, s.heldAs)
	s.held = nil
	s.stats.Packets++
	return true
}

// late reports whether Stop was called so long ago that what comes now came after it.
func (s *pcapSource) late() bool {
	if !s.stopped.Load() {
		return false
	}
	if s.last.IsZero() {
		s.last = time.Now().Add(pcapDrain)
	}
	return time.Now().After(s.last)
}

// tick moves the clock and hands b out, with or without packets.
func (s *pcapSource) tick(b *Batch) error {
	if n := len(b.Frames); n > 0 {
		s.now = max(s.now, b.Frames[n-1].Time)
	} else {
		s.now = max(s.now, hanalyze.Time(time.Now().Add(-2*pcapTick).UnixNano()))
	}
	return nil
}

// end makes this the last batch. An interface that fails has ended; what was captured stays.
func (s *pcapSource) end(err error) {
	s.count()
	reason := ""
	if !errors.Is(err, io.EOF) {
		reason = err.Error()
		s.stats.Error = reason
	}
	s.warnings.finish(reason)
	s.err = io.EOF
}

// ended hands out the last packets before the end is told.
func (s *pcapSource) ended(b *Batch) error {
	if len(b.Frames) > 0 {
		return s.tick(b)
	}
	return s.err
}

// count asks libpcap for its counts, which are those since the beginning.
func (s *pcapSource) count() {
	if st, err := s.handle.Stats(); err == nil {
		s.kernel = hanalyze.StatsKernel{Received: uint64(max(0, st.PacketsReceived)), Dropped: uint64(max(0, st.PacketsDropped))}
	}
}

// Now implements Source.
func (s *pcapSource) Now() hanalyze.Time { return s.now }

// Inputs implements Source.
func (s *pcapSource) Inputs() []hanalyze.StatsInput {
	k := s.Kernel()
	in := s.stats
	in.Received, in.Dropped = &k.Received, &k.Dropped
	return []hanalyze.StatsInput{in}
}

// Kernel implements Source.
func (s *pcapSource) Kernel() *hanalyze.StatsKernel {
	if s.err == nil {
		s.count()
	}
	k := s.kernel
	return &k
}

// Warnings implements Source.
func (s *pcapSource) Warnings() []string { return s.warnings.lines }

// Close implements Source.
func (s *pcapSource) Close() error {
	if s.err == nil {
		s.count()
		s.err = fs.ErrClosed
	}
	s.packer.close()
	s.handle.Close()
	return nil
}
