package capture

import (
	"fmt"
	"time"

	"hanalyze"
)

const (
	// maxLost bounds the search behind damage. What is lost of a file is a page or an extent; a compressed file of zeros
	// must not keep hanalyze searching for hours.
	maxLost = 64 << 20

	// searchAhead is what must be in memory to judge one place: a whole record with its options and the header after it.
	searchAhead = MaxFrame + 4<<10

	// searchWindow is how much is in memory while searching, unless the file ends before.
	searchWindow = searchAhead + 256<<10

	// maxWireLen is the largest length on the wire that a search believes.
	maxWireLen = 1 << 20

	// maxClockStep is how far a searched header's clock may be from that of the last record.
	maxClockStep = 24 * time.Hour
)

// damage is a place where a file does not go on as its format wants, while the next sound record is searched.
type damage struct {
	under bool   // the search is under way
	what  string // is wrong
	off   int64  // of the bad record
}

// begin starts the search at the byte after the present one.
func (d *damage) begin(in *input, what string) {
	*d = damage{under: true, what: what, off: in.w.off}
	in.damagedAt(d.off)
	in.w.advance(1)
}

// search moves the window to the next place that sound says is a record or block and ends the search. sound is given all
// that is in memory from a place on, and whether the input ends with it. It returns how much must be in memory to go on, or
// where and why reading stops because there is nothing.
func (d *damage) search(in *input, b *Batch, sound func(in *input, b []byte, end bool) bool) (need int, stop string) {
	if !b.empty() {
		return 1, "" // first hand out what is there: the search moves the window
	}
	w := &in.w
	for {
		rest, ended := w.bytes(), w.err != nil
		if len(rest) < searchWindow && !ended {
			return searchWindow, ""
		}
		places := len(rest) - searchAhead
		if ended {
			places = len(rest)
		}
		for n := range places {
			if sound(in, rest[n:], ended) {
				w.advance(n)
				d.found(in)
				return 0, ""
			}
		}
		w.advance(places)
		if ended || w.off-d.off > maxLost {
			d.under = false
			return 0, fmt.Sprintf("offset %d: %s; nothing sound in the next %d bytes", d.off, d.what, w.off-d.off)
		}
	}
}

// beyond judges a record that is longer than the rest of the input, which is in memory from the record on: it reports whether
// there is a sound one in that rest. Then the length is damaged; otherwise the input is cut.
func beyond(in *input, rest []byte, sound func(in *input, b []byte, end bool) bool) bool {
	if in.w.err == nil {
		return false // nobody knows yet
	}
	for n := 1; n < len(rest); n++ {
		if sound(in, rest[n:], true) {
			return true
		}
	}
	return false
}

// found tells what was skipped.
func (d *damage) found(in *input) {
	d.under = false
	n := in.w.off - d.off
	in.stats.Resynchronised++
	in.stats.SkippedBytes += uint64(n)
	text := fmt.Sprintf("offset %d: %s: %d bytes skipped", d.off, d.what, n)
	in.warnings.add("%s", text)
	if in.stats.Error == "" {
		in.stats.Error = text
	}
}

// sound reports whether b begins with a record: two plausible headers in a row make one, or one whose record ends where the
// file ends.
func (p *pcapReader) sound(in *input, b []byte, end bool) bool {
	if len(b) < p.header {
		return false
	}
	size, ok := p.plausible(in, b)
	if !ok || size > len(b) {
		return false
	}
	next := b[size:]
	if len(next) < p.header {
		return end && len(next) == 0
	}
	_, ok = p.plausible(in, next)
	return ok
}

// plausible judges a record header at the start of h and returns the size of its record.
func (p *pcapReader) plausible(in *input, h []byte) (size int, ok bool) {
	captured, wire := p.lengths(h)
	ok = captured > 0 && captured <= MaxFrame && captured <= wire && wire <= maxWireLen &&
		p.clockPlausible(in.last, in.stats.Packets > 0, h)
	return p.header + int(captured), ok
}

// possible judges the header that follows an odd record of time t: whatever made that one odd may be in this one, too.
func (p *pcapReader) possible(in *input, t hanalyze.Time, h []byte) bool {
	captured, wire := p.lengths(h)
	return (captured <= MaxFrame || captured <= maxSkip && captured <= wire) && u32(h[4:], p.big) < 1e9 &&
		(p.near(t, h) || in.stats.Packets > 0 && p.near(in.last, h))
}

// clockPlausible judges the time of a record header by that of the last record, if there is one.
func (p *pcapReader) clockPlausible(last hanalyze.Time, known bool, h []byte) bool {
	return u32(h[4:], p.big) < p.second && (!known || p.near(last, h))
}

func (p *pcapReader) near(last hanalyze.Time, h []byte) bool {
	step := (hanalyze.Time(u32(h, p.big)) * 1e9).Sub(last)
	return -maxClockStep < step && step < maxClockStep
}
