package h2

import "hanalyze"

// otherType stands for all frame types beyond those with a meaning here, in counts.
const otherType = FramePriorityUpdate + 1

// compression counts what the field blocks of one direction took and held.
type compression struct {
	fields, bytes, decoded uint64
	fromTable              uint64 // fields that were an index into the dynamic table
	unresolved             uint64
}

// Streams returns how many streams were opened or promised, and how many of the client's were open at a time at most.
func (c *Conn) Streams() (opened, peak uint64) { return c.opened, uint64(c.peak) }

// AtLimit reports whether the client may open no more streams: as many are open as the server's last acknowledged
// SETTINGS_MAX_CONCURRENT_STREAMS allows.
func (c *Conn) AtLimit() bool {
	limit := c.StreamLimit()
	return limit != nil && c.concurrent >= int(*limit) && c.concurrent > 0 && !c.lossy
}

// StreamLimit returns the server's last acknowledged SETTINGS_MAX_CONCURRENT_STREAMS, nil where there is none.
func (c *Conn) StreamLimit() *uint32 {
	v := &c.half[hanalyze.S2C].sent.obeyed
	if !v.hasMaxStreams {
		return nil
	}
	return &v.maxStreams
}

// Fill writes what direction d sent to r: frames, settings and field blocks. The record owns its memory.
func (c *Conn) Fill(d hanalyze.Dir, r *hanalyze.HTTP2Side) {
	h := &c.half[d]
	r.Frames = map[string]uint64{}
	for t, n := range h.byType {
		switch {
		case n == 0:
		case knownType(FrameType(t)):
			r.Frames[FrameType(t).String()] = n
		default:
			r.Frames["other"] += n
		}
	}
	r.Settings = append(r.Settings, h.sent.told...)
	r.SettingsAcked = h.sent.acked && !h.sent.untracked
	r.HPACK = h.dec.account()
}

func knownType(t FrameType) bool {
	return t < otherType && t != 0x0b && (t < 0x0d || t == FramePriorityUpdate)
}

// account returns what is told of the field blocks of one direction, nil when there were none.
func (d *decoder) account() *hanalyze.HTTP2HPACK {
	n := &d.count
	if n.bytes == 0 {
		return nil
	}
	r := &hanalyze.HTTP2HPACK{
		Fields: n.fields, Bytes: n.bytes, DecodedBytes: n.decoded, FromTable: n.fromTable, Unresolved: n.unresolved,
		TableEntries: uint64(d.len()), TableBytes: d.size, TableLimit: d.limit,
	}
	if n.decoded > n.bytes {
		r.SavedPercent = 100 * (n.decoded - n.bytes) / n.decoded
	}
	return r
}
