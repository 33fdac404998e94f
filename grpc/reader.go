// Package grpc reads the length-prefixed messages that gRPC puts into the bodies of HTTP/2 ("gRPC over HTTP2", section
// Requests), and gRPC-Web into those of any HTTP ("gRPC-Web" protocol description, PROTOCOL-WEB): bytes are fed, messages
// come out. What messages say is protobuf mostly, and not read.
package grpc

import (
	"encoding/binary"
	"strings"

	"hanalyze"
)

const (
	prefixSize     = 5    // flags, and four bytes of length
	flagCompressed = 0x01 // the message is compressed as grpc-encoding says
	flagTrailers   = 0x80 // gRPC-Web: a header section in place of trailers
	// maxTrailers bounds the trailers of gRPC-Web that are kept; gRPC asks for 8 KiB at most.
	maxTrailers = 8 << 10
	// maxFields bounds the fields of them. Servers send three, and tools add a few of their own.
	maxFields = 64
)

// Counts are what a Reader has read.
type Counts struct {
	Messages   uint64   // begun, complete or not
	Bytes      uint64   // of complete messages without prefixes
	Compressed uint64   // messages that are marked as compressed
	Sizes      []uint32 // of the first messages, MaxSizes at most, as their prefixes say
	Cut        bool     // the body ended within a message
	Lost       int64    // bytes of messages that the capture lacks
	Unread     bool     // bytes are missing with a prefix among them: there may be more messages
	Odd        bool     // flags that gRPC does not know: this is something else
	Limited    bool     // not all trailers of gRPC-Web were kept
}

// MaxSizes bounds Counts.Sizes: most calls have one message, and the first of a stream tell what the rest look like.
const MaxSizes = 32

// Reader reads the messages of one direction of a call. The zero Reader is ready to use.
type Reader struct {
	Web    bool // gRPC-Web: the body may end with trailers
	Base64 bool // gRPC-Web in text: the body is base64
	Counts

	// Trailers are those of gRPC-Web, once they are complete.
	Trailers []hanalyze.Header

	prefix   [prefixSize]byte
	have     int    // bytes of prefix
	left     int64  // bytes of the message to come
	inside   bool   // a message has begun
	lost     int64  // bytes of the message that are missing
	trailers []byte // of gRPC-Web, as far as they have come
	text     base64Reader
}

// Feed reads the next bytes of the body. b is borrowed until Feed returns.
func (r *Reader) Feed(b []byte) {
	if r.Unread || r.Odd {
		return // behind a hole nobody knows which of four characters comes next either
	}
	if r.Base64 {
		r.text.feed(b, r.feed)
		r.Odd = r.Odd || r.text.bad
		return
	}
	r.feed(b)
}

func (r *Reader) feed(b []byte) {
	for len(b) > 0 && !r.Unread && !r.Odd {
		if !r.inside {
			n := copy(r.prefix[r.have:], b)
			b = b[n:]
			if r.have += n; r.have == prefixSize {
				r.begin()
			}
			continue
		}
		n := min(int64(len(b)), r.left)
		if r.isTrailers() {
			r.keep(b[:n])
		}
		b = b[n:]
		r.pass(n)
	}
}

// keep keeps a piece of the trailers.
func (r *Reader) keep(b []byte) {
	room := maxTrailers - len(r.trailers)
	r.trailers = append(r.trailers, b[:min(room, len(b))]...)
	r.Limited = r.Limited || len(b) > room
}

func (r *Reader) isTrailers() bool { return r.prefix[0]&flagTrailers != 0 }

// begin begins the message whose prefix is complete.
func (r *Reader) begin() {
	flags, size := r.prefix[0], binary.BigEndian.Uint32(r.prefix[1:])
	if flags&^(flagCompressed|flagTrailers) != 0 || flags&flagTrailers != 0 && !r.Web {
		r.Odd = true
		return
	}
	r.have, r.inside, r.left, r.lost = 0, true, int64(size), 0
	if r.isTrailers() {
		r.trailers, r.Trailers = r.trailers[:0], nil
	} else {
		r.Messages++
		if flags&flagCompressed != 0 {
			r.Compressed++
		}
		if len(r.Sizes) < MaxSizes {
			r.Sizes = append(r.Sizes, size)
		}
	}
	r.pass(0)
}

// pass says that n bytes of the message came or are lost; at its end it is counted.
func (r *Reader) pass(n int64) {
	if r.left -= n; r.left > 0 {
		return
	}
	r.inside = false
	switch {
	case !r.isTrailers():
		if r.lost == 0 {
			r.Bytes += uint64(binary.BigEndian.Uint32(r.prefix[1:]))
		}
	case r.lost == 0 && r.prefix[0]&flagCompressed == 0:
		r.parseTrailers()
	}
}

// Gap says that n bytes of the body are missing, -1 for an unknown number. Within a message they cost nothing else; with a
// prefix among them nobody knows where the next message begins.
func (r *Reader) Gap(n int64) {
	if r.Unread || r.Odd {
		return
	}
	if r.inside && n >= 0 && n <= r.left && !r.Base64 {
		r.lost += n
		r.Lost += n
		r.pass(n)
		return
	}
	r.Unread, r.inside = true, false
}

// End says that the body is over. whole says that it ended as its framing says.
func (r *Reader) End(whole bool) {
	if r.inside || r.have > 0 {
		r.Cut = !r.Unread && !r.Odd && whole
		r.inside = false
	}
}

// parseTrailers reads the header section of gRPC-Web's last frame: lines in lower case, each with CRLF. Of a section that
// was not kept to its end, the last line may lack its end too.
func (r *Reader) parseTrailers() {
	text := string(r.trailers)
	if r.Limited {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r"), ":")
		switch {
		case !ok:
		case len(r.Trailers) == maxFields:
			r.Limited = true
		default:
			r.Trailers = append(r.Trailers, hanalyze.Header{Name: strings.ToLower(strings.TrimSpace(name)), Value: strings.TrimSpace(value)})
		}
	}
}
