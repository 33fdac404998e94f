// Package capture turns capture files and network interfaces into frames, and frames into capture files.
//
// A Source fills one Batch after another. The bytes of a frame are never copied one by one: a file is read with large
// reads into a slab, and the frames of a batch point into it. A batch owns a share of its slab until it is reset, so any
// number of batches can be in flight at the same time.
//
// OpenFiles reads pcap and pcapng, plain or compressed with gzip, zstd, lz4 or xz, and merges several files by time;
// OpenLive captures from interfaces (Linux); a Writer writes pcapng.
package capture

import (
	"errors"
	"fmt"
	"net/netip"

	"hanalyze"
)

// MaxFrame bounds the captured bytes of one frame. libpcap and Wireshark write at most 262,144 bytes per packet of a
// network; the rest is for headers that a capture puts in front (a VLAN tag, a cooked header). A record that claims more
// is skipped with a warning.
const MaxFrame = 256<<10 + 1<<10

// MaxBatch bounds the frames of one batch. A slab of full-sized packets ends long before; with the smallest packets, the
// work in one batch stays below a millisecond, which keeps shards evenly busy.
const MaxBatch = 4096

// Frame is one captured packet.
type Frame struct {
	Time  hanalyze.Time     // the capture's clock
	Data  []byte            // captured bytes from the link layer on, at most MaxFrame; borrowed until the batch is reset
	Len   int               // bytes on the wire, at least len(Data)
	Link  hanalyze.LinkType // what Data begins with
	Input int               // index into the source's Inputs
}

// Batch is a run of frames in capture order. The zero Batch is ready to use. A batch belongs to one goroutine at a time and
// must not be copied.
type Batch struct {
	Frames  []Frame
	Names   []Name   // what the capture calls addresses, in its order
	Secrets []Secret // decryption secrets in the capture, in its order
	slabs   []*slab  // hold the data of the frames
}

// Name is what a capture calls an address (a name resolution block). Names own their memory.
type Name struct {
	Before int // index of the first frame that comes after it
	Addr   netip.Addr
	Name   string
}

// Secret is one block of decryption secrets. Secrets own their memory.
type Secret struct {
	Before int // index of the first frame that comes after it
	Kind   uint32
	Data   []byte // TLSKeyLog: lines of the format that SSLKEYLOGFILE names
}

// TLSKeyLog is the Kind of secrets that are a TLS key log (draft-ietf-opsawg-pcapng §4.7).
const TLSKeyLog = 0x544c534b

// Reset empties b and gives its slabs back. Data of its frames must not be used any more.
func (b *Batch) Reset() {
	b.Frames = b.Frames[:0]
	clear(b.Names)
	clear(b.Secrets)
	b.Names, b.Secrets = b.Names[:0], b.Secrets[:0]
	for i, s := range b.slabs {
		s.release()
		b.slabs[i] = nil
	}
	b.slabs = b.slabs[:0]
}

// empty reports whether b holds nothing at all.
func (b *Batch) empty() bool { return len(b.Frames)+len(b.Names)+len(b.Secrets) == 0 }

// full reports whether b should be handed out.
func (b *Batch) full() bool {
	return len(b.Frames) >= MaxBatch || len(b.Names)+len(b.Secrets) >= MaxBatch
}

// hold makes b a holder of s, which frames of b point into.
func (b *Batch) hold(s *slab) {
	if n := len(b.slabs); n > 0 && b.slabs[n-1] == s {
		return
	}
	s.retain()
	b.slabs = append(b.slabs, s)
}

// Source is where frames come from. Its methods are for one goroutine, but different batches may be used and reset by
// others meanwhile.
type Source interface {
	// ReadBatch resets b and fills it with at least one frame, name or secret. A live source returns an empty batch and no error when
	// nothing arrived for a while; then Now has moved. After the last frame of the last input it returns io.EOF and an
	// empty batch. Any other error is final too: a *FormatError for an input that is no capture.
	ReadBatch(b *Batch) error

	// Now returns the capture's clock: the time of the last frame returned or, after an idle tick of a live source, a time
	// that frames to come will not precede.
	Now() hanalyze.Time

	// Inputs describes the files or interfaces in the order given. Counts and errors are final after io.EOF.
	Inputs() []hanalyze.StatsInput

	// Kernel returns the kernel's packet counts, or nil for files.
	Kernel() *hanalyze.StatsKernel

	// Warnings returns what went wrong so far without ending the capture, one line each with input and offset.
	Warnings() []string

	// Close releases files, sockets and rings. Batches stay valid.
	Close() error
}

// Stopper is a Source that can be told to end. Live sources are.
type Stopper interface {
	// Stop makes ReadBatch return what was captured so far and then io.EOF. It may be called from any goroutine, any
	// number of times.
	Stop()
}

// FormatError reports an input that is not a capture.
type FormatError struct {
	File   string // as named by the user; "-" is the standard input
	Offset int64  // where the reader stopped, in bytes; of the decompressed data if the file is compressed
	Reason string
}

// Error returns one line: file: offset N: reason.
func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s", e.File, e.Offset, e.Reason)
}

// ErrNotSupported is the error of OpenLive where it is not built in: on systems other than Linux without the build tag
// libpcap.
var ErrNotSupported = errors.New("live capture is not built in on this system: build with -tags libpcap, or capture with tcpdump -w and read the file")
