package h2

import (
	"encoding/binary"
	"fmt"

	"hanalyze"
)

// The settings of RFC 9113 §6.5.2 that change how a connection is read or checked.
const (
	settingHeaderTableSize      = 0x1
	settingEnablePush           = 0x2
	settingMaxConcurrentStreams = 0x3
	settingInitialWindowSize    = 0x4
	settingMaxFrameSize         = 0x5
	settingConnectProtocol      = 0x8
	settingNoPriorities         = 0x9
)

// maxPending bounds the SETTINGS frames that wait for an acknowledgement. One or two are usual.
const maxPending = 16

// values are the settings that change how the peer may send.
type values struct {
	tableSize     uint32
	initialWindow uint32
	maxFrameSize  uint32
	maxStreams    uint32 // valid iff hasMaxStreams
	hasMaxStreams bool
}

// settings is what one end announced. The peer obeys a SETTINGS frame from its acknowledgement on (RFC 9113 §6.5.3); until
// then the values acknowledged last hold.
type settings struct {
	announced values
	obeyed    values
	noPush    bool
	connect   bool // SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441

	pending   []values // of SETTINGS frames not acknowledged, oldest first
	untracked bool     // pending is not certain any more

	told  []hanalyze.HTTP2Setting // the last value of each parameter, in the order in which they came first
	acked bool                    // nothing told waits for an acknowledgement
}

func defaultSettings() settings {
	v := values{tableSize: initialTable, initialWindow: initialWindow, maxFrameSize: defaultFrameSize}
	return settings{announced: v, obeyed: v}
}

// apply notes a setting; numbers without a meaning here are only told.
func (s *settings) apply(id uint16, v uint32) {
	switch id {
	case settingHeaderTableSize:
		s.announced.tableSize = v
	case settingEnablePush:
		s.noPush = v == 0
	case settingConnectProtocol:
		s.connect = v == 1
	case settingMaxConcurrentStreams:
		s.announced.maxStreams, s.announced.hasMaxStreams = v, true
	case settingInitialWindowSize:
		s.announced.initialWindow = v
	case settingMaxFrameSize:
		s.announced.maxFrameSize = min(v, largestFrameSize)
	}
	s.tell(hanalyze.HTTP2Setting{Name: settingName(id), Value: v})
}

func (s *settings) tell(v hanalyze.HTTP2Setting) {
	s.acked = false
	for i := range s.told {
		if s.told[i].Name == v.Name {
			s.told[i].Value = v.Value
			return
		}
	}
	if len(s.told) < hanalyze.MaxHTTP2Settings {
		s.told = append(s.told, v)
	}
}

// maxFrameSize is the longest payload that the peer may send: it may have obeyed what it has not acknowledged yet.
func (s *settings) maxFrameSize() int {
	n := max(s.obeyed.maxFrameSize, s.announced.maxFrameSize)
	for i := range s.pending {
		n = max(n, s.pending[i].maxFrameSize)
	}
	return int(n)
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
	case settingMaxConcurrentStreams:
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

// announce queues what the peer obeys once it acknowledges.
func (c *Conn) announce(h *half) {
	if len(h.sent.pending) >= maxPending {
		c.limits.PendingSettings++
		h.sent.pending, h.sent.untracked = nil, true
		c.half[h.dir.Reverse()].dec.limitKnown = false
	}
	if !h.sent.untracked {
		h.sent.pending = append(h.sent.pending, h.sent.announced)
	}
}

// acknowledge makes the oldest announcement of the peer what this direction obeys (RFC 9113 §6.5.3).
func (c *Conn) acknowledge(h *half) {
	peer := &c.half[h.dir.Reverse()].sent
	if len(peer.pending) == 0 || peer.untracked {
		h.dec.limitKnown = false
		return
	}
	v := peer.pending[0]
	peer.pending = append(peer.pending[:0], peer.pending[1:]...)
	peer.acked = len(peer.pending) == 0
	h.dec.setLimit(uint64(v.tableSize))
	raised := v.initialWindow > peer.obeyed.initialWindow
	peer.obeyed = v
	if raised {
		c.reopenStreams(h)
	}
}
