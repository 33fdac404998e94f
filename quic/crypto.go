package quic

import (
	"cmp"
	"slices"
)

// Limits of a CRYPTO stream.
const (
	// maxCryptoBytes bounds what waits behind a hole. Hellos have up to a few kilobytes, and an end may refuse to hold more
	// than 4 KiB (RFC 9000 §7.5).
	maxCryptoBytes = 64 << 10
	// maxCryptoPieces bounds the pieces it is in. Clients that shuffle their hello on purpose make some dozen.
	maxCryptoPieces = 512
)

// cryptoStream puts the CRYPTO frames of one direction in order. The first copy of a byte counts.
type cryptoStream struct {
	next    int64   // offset of the first byte that was not told
	pieces  []piece // behind next, sorted by offset, without overlaps
	waiting int     // bytes in pieces
	dropped uint64  // bytes beyond the limits
}

type piece struct {
	off int64
	b   []byte // owned
}

func (p piece) end() int64 { return p.off + int64(len(p.b)) }

// add takes the data of a frame, which is borrowed, and tells what is in order now. fresh is the number of its bytes that
// had not come before.
func (s *cryptoStream) add(off int64, data []byte, tell func([]byte)) (fresh int) {
	if cut := s.next - off; cut > 0 {
		data = data[min(cut, int64(len(data))):]
		off = s.next
	}
	if len(data) == 0 {
		return 0
	}
	if off == s.next && (len(s.pieces) == 0 || off+int64(len(data)) <= s.pieces[0].off) {
		fresh = len(data)
		s.next += int64(fresh)
		tell(data)
	} else {
		fresh = s.insert(off, data)
	}
	s.drain(tell)
	return fresh
}

// insert keeps a copy of those bytes that are not there yet.
func (s *cryptoStream) insert(off int64, data []byte) (fresh int) {
	i, _ := slices.BinarySearchFunc(s.pieces, off, func(p piece, off int64) int { return cmp.Compare(p.end()-1, off) })
	for len(data) > 0 {
		hole := int64(len(data))
		if i < len(s.pieces) {
			hole = min(hole, s.pieces[i].off-off)
		}
		if hole > 0 {
			fresh += int(hole)
			if !s.keep(i, off, data[:hole]) {
				s.dropped += uint64(hole)
			} else {
				i++
			}
			off += hole
			data = data[hole:]
			continue
		}
		have := min(int64(len(data)), s.pieces[i].end()-off)
		off += have
		data = data[have:]
		i++
	}
	return fresh
}

// keep puts a piece at index i, unless there is no room.
func (s *cryptoStream) keep(i int, off int64, b []byte) bool {
	if len(s.pieces) >= maxCryptoPieces || off+int64(len(b)) > s.next+maxCryptoBytes {
		return false
	}
	s.pieces = slices.Insert(s.pieces, i, piece{off, slices.Clone(b)})
	s.waiting += len(b)
	return true
}

// drain tells the pieces that have no hole before them any more.
func (s *cryptoStream) drain(tell func([]byte)) {
	n := 0
	for n < len(s.pieces) && s.pieces[n].off == s.next {
		s.next = s.pieces[n].end()
		s.waiting -= len(s.pieces[n].b)
		tell(s.pieces[n].b)
		n++
	}
	s.pieces = slices.Delete(s.pieces, 0, n)
}
