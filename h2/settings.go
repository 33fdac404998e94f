package h2

import (
	"encoding/binary"
	"fmt"

	"hanalyze"
)

// The settings of RFC 9113 §6.5.2 that change how a connection is read or checked.
const (
	settingHeaderTableSize   = 0x1
	settingEnablePush        = 0x2
	settingInitialWindowSize = 0x4
	settingMaxFrameSize      = 0x5
	settingConnectProtocol   = 0x8
	settingNoPriorities      = 0x9
)

// maxPending bounds the SETTINGS frames that wait for an acknowledgement. One or two are usual.
const maxPending = 16

// settings is what one end announced.
type settings struct {
	headerTableSize uint32
	maxFrameSize    uint32 // the largest ever announced: the peer may not have seen the last one yet
	noPush          bool

	pending   []uint32 // table sizes of SETTINGS frames not acknowledged, oldest first
	untracked bool     // pending is not certain any more
}

func defaultSettings() settings {
	return settings{headerTableSize: initialTable, maxFrameSize: defaultFrameSize}
}

// apply notes a setting; numbers without a meaning here are ignored.
func (s *settings) apply(id uint16, v uint32) {
	switch id {
	case settingHeaderTableSize:
		s.headerTableSize = v
	case settingEnablePush:
		s.noPush = v == 0
	case settingMaxFrameSize:
		s.maxFrameSize = max(s.maxFrameSize, min(v, largestFrameSize))
	}
}

// consumeSetting reads one parameter (RFC 9113 §6.5.1) from at least six bytes.
func consumeSetting(b []byte) (id uint16, v uint32) {
	return binary.BigEndian.Uint16(b), binary.BigEndian.Uint32(b[2:])
}

// settingName returns the IANA name without the prefix SETTINGS_, or 0x1a1a-style hexadecimal.
func settingName(id uint16) string {
	switch id {
	case settingHeaderTableSize:
		return "HEADER_TABLE_SIZE"
	case settingEnablePush:
		return "ENABLE_PUSH"
	case 0x3:
		return "MAX_CONCURRENT_STREAMS"
	case settingInitialWindowSize:
		return "INITIAL_WINDOW_SIZE"
	case settingMaxFrameSize:
		return "MAX_FRAME_SIZE"
	case 0x6:
		return "MAX_HEADER_LIST_SIZE"
	case settingConnectProtocol:
		return "ENABLE_CONNECT_PROTOCOL"
	case settingNoPriorities:
		return "NO_RFC7540_PRIORITIES"
	case 0x10:
		return "TLS_RENEG_PERMITTED"
	}
	return fmt.Sprintf("0x%04x", id)
}

// checkSetting returns what is wrong with a value sent in direction d (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1), "" if nothing.
func checkSetting(d hanalyze.Dir, id uint16, v uint32) string {
	switch id {
	case settingEnablePush:
		if v > 1 {
			return "neither 0 nor 1"
		}
		if v == 1 && d == hanalyze.S2C {
			return "a server must not set it to 1"
		}
	case settingInitialWindowSize:
		if v > 1<<31-1 {
			return "exceeds 2147483647"
		}
	case settingMaxFrameSize:
		if v < defaultFrameSize || v > largestFrameSize {
			return "is not between 16384 and 16777215"
		}
	case settingConnectProtocol, settingNoPriorities:
		if v > 1 {
			return "neither 0 nor 1"
		}
	}
	return ""
}

// settingsFrame is RFC 9113 §6.5.
func (c *Conn) settingsFrame(h *half, p []byte) {
	c.wantConnection(h)
	f := &h.f
	if f.has(FlagAck) {
		if len(p) > 0 {
			c.complain(h, BadSize, "acknowledgement with %d bytes", len(p))
		}
		c.acknowledge(h)
		c.tellFrame(h)
		return
	}
	if len(p)%6 != 0 {
		c.complain(h, BadSize, "%d bytes, not a multiple of 6", len(p))
	}
	for ; len(p) >= 6; p = p[6:] {
		id, v := consumeSetting(p)
		if wrong := checkSetting(h.dir, id, v); wrong != "" {
			c.complain(h, BadSetting, "%s %d %s", settingName(id), v, wrong)
		}
		h.sent.apply(id, v)
		f.Settings = append(f.Settings, hanalyze.HTTP2Setting{Name: settingName(id), Value: v})
	}
	c.announce(h)
	c.tellFrame(h)
	ev := c.event(KindSettings, h, f.StreamID)
	ev.Settings = f.Settings
	c.emit(ev)
}

// announce queues the table size that the peer's encoder obeys once it acknowledges.
func (c *Conn) announce(h *half) {
	if len(h.sent.pending) >= maxPending {
		c.limits.PendingSettings++
		h.sent.pending, h.sent.untracked = nil, true
		c.half[h.dir.Reverse()].dec.limitKnown = false
	}
	if !h.sent.untracked {
		h.sent.pending = append(h.sent.pending, h.sent.headerTableSize)
	}
}

// acknowledge makes the oldest announcement of the peer the limit of this direction's encoder (RFC 9113 §6.5.3).
func (c *Conn) acknowledge(h *half) {
	peer := &c.half[h.dir.Reverse()].sent
	if len(peer.pending) == 0 || peer.untracked {
		h.dec.limitKnown = false
		return
	}
	h.dec.setLimit(uint64(peer.pending[0]))
	peer.pending = append(peer.pending[:0], peer.pending[1:]...)
}
