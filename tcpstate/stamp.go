package tcpstate

import "time"

// maxIDStep is the distance up to which IP identifications of one sender are taken to be consecutive: a busy host that
// counts over all its connections sends few packets of others between two of one burst.
const maxIDStep = 64

// maxIDBehind is how far behind the newest identification of a sender whose identifications are in order one may lie.
const maxIDBehind = 4096

// trustedIDs is how many identifications in a row must be consecutive before their order says anything: a host that draws
// them at random passes by chance once in 10^9 segments.
const trustedIDs = 3

// stamp is what tells in which order a sender sent its segments, whatever the network did to them: the timestamp (RFC 7323
// §3), which never goes back and counts milliseconds or so, and the IP identification, which most systems count up.
type stamp struct {
	ts      uint32
	id      uint16
	ordered uint8 // consecutive identifications in a row, up to trustedIDs
	hasTS   bool
}

// order is how a segment's sending relates to another's.
type order int8

const (
	sentBefore order = iota - 1
	orderUnknown
	sentAfter
)

func stampOf(s *Segment) stamp {
	return stamp{ts: s.Options.TSVal, id: s.id(), hasTS: s.Options.HasTS}
}

// advance moves the stamp of the newest segment on to s.
func (t *stamp) advance(s *Segment) {
	if id := s.id(); id-t.id-1 < maxIDStep && id != 0 {
		t.ordered = min(t.ordered+1, trustedIDs)
		t.id = id
	} else {
		t.ordered, t.id = 0, id
	}
	t.ts, t.hasTS = s.Options.TSVal, s.Options.HasTS
}

// compare tells whether s was sent before or after the segment t was taken from.
func (t *stamp) compare(s *Segment) order {
	if t.hasTS && s.Options.HasTS {
		switch n := int32(s.Options.TSVal - t.ts); {
		case n < 0:
			return sentBefore
		case n > 0:
			return sentAfter
		}
	}
	id := s.id()
	if id == 0 || t.id == 0 {
		return orderUnknown
	}
	switch n := int16(id - t.id); {
	case n < 0 && n >= -maxIDStep:
		return sentBefore
	case n > 0 && n <= maxIDStep:
		return sentAfter
	}
	return orderUnknown
}

// after reports whether the newest segment, whose stamp t is, was sent after s, which so is late, or a copy. Some systems
// keep the identification of what they send again: it is proof only for a segment that comes soon, not after the given
// silence of its sender.
func (t *stamp) after(s *Segment, silence time.Duration) bool {
	if t.hasTS && s.Options.HasTS && s.Options.TSVal != t.ts {
		return int32(s.Options.TSVal-t.ts) < 0
	}
	id := s.id()
	return t.ordered == trustedIDs && id != 0 && t.id-id <= maxIDBehind && silence < timerFloor
}

// before reports whether the newest segment was surely sent before s, which so is no late one.
func (t *stamp) before(s *Segment) bool {
	if t.hasTS && s.Options.HasTS && s.Options.TSVal != t.ts {
		return int32(s.Options.TSVal-t.ts) > 0
	}
	id := s.id()
	return id != 0 && t.follows(id)
}

// follows reports whether an identification is the next, or nearly, of a sender whose identifications are in order.
func (t *stamp) follows(id uint16) bool {
	return t.ordered == trustedIDs && id-t.id-1 < maxIDStep
}

// copied reports whether s can be the newest segment once more: a sender that repeats itself has a new timestamp by then,
// and most have a new identification. One without tells nothing but soon after the first.
func (t *stamp) copied(s *Segment, silence time.Duration) bool {
	return t.hasTS == s.Options.HasTS && s.Options.TSVal == t.ts && s.id() == t.id && (t.id != 0 || silence <= noIDSpan)
}

// id is the IP identification, or 0 when the segment has none that tells anything.
func (s *Segment) id() uint16 {
	if s.HasIPID {
		return s.IPID
	}
	return 0
}
