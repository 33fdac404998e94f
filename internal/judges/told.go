package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"
)

// told is what hanalyze says of one capture.
type told struct {
	packets []*packet // of TCP, in capture order
	byFrame map[uint64]*packet
	conns   map[uint64]*conn
}

// packet is a packet record of a TCP connection, as far as it is compared.
type packet struct {
	Type        string    `json:"type"`
	TS          time.Time `json:"ts"`
	Frame       uint64    `json:"frame"`
	Conn        uint64    `json:"conn"`
	Transport   string    `json:"transport"`
	Dir         string    `json:"dir"`
	Flags       string    `json:"flags"`
	Seq         int64     `json:"seq"`
	Ack         int64     `json:"ack"`
	Len         int64     `json:"len"`
	Window      int64     `json:"window"`
	WindowBytes int64     `json:"window_bytes"` // 0 when not known
	Class       string    `json:"class"`
	Cause       string    `json:"cause"`
	IPID        int       `json:"ip_id"`
	TSVal       uint32    `json:"tsval"`
	SACK        []struct {
		Left, Right int64
	} `json:"sack"`

	of *conn
	at int // place in of.packets
}

// conn is a conn record and the packets of its connection.
type conn struct {
	Conn        uint64   `json:"conn"`
	Transport   string   `json:"transport"`
	Client      endpoint `json:"client"`
	Server      endpoint `json:"server"`
	Orientation string   `json:"orientation"`
	TCP         account  `json:"tcp"`

	packets []*packet
}

type endpoint struct {
	IP      string `json:"ip"`
	Port    uint16 `json:"port"`
	Packets uint64 `json:"packets"`
}

// account is the tcp part of a conn record.
type account struct {
	Handshake struct {
		ClientRTT *float64 `json:"client_rtt_ms"`
		ServerRTT *float64 `json:"server_rtt_ms"`
	} `json:"handshake"`
	Retransmissions repeats `json:"retransmissions"`
	Client          side    `json:"client"`
	Server          side    `json:"server"`
	GapBytes        uint64  `json:"gap_bytes"`
	ZeroWindows     uint64  `json:"zero_windows"`
	WindowFull      uint64  `json:"window_full"`
}

type repeats struct {
	Total    uint64 `json:"total"`
	Fast     uint64 `json:"fast"`
	Spurious uint64 `json:"spurious"`
}

type side struct {
	StreamBytes     uint64  `json:"stream_bytes"`
	ResentBytes     uint64  `json:"resent_bytes"`
	GapBytes        uint64  `json:"gap_bytes"`
	LostBytes       uint64  `json:"lost_bytes"`
	MaxSegment      uint64  `json:"max_segment_bytes"`
	MaxInFlight     uint64  `json:"max_in_flight_bytes"`
	Retransmissions repeats `json:"retransmissions"`
	OutOfOrder      uint64  `json:"out_of_order"`
	WindowProbes    uint64  `json:"window_probes"`
	WindowUpdates   uint64  `json:"window_updates"`
	ZeroWindows     uint64  `json:"zero_windows"`
	SACKs           uint64  `json:"sacks"`
	DSACKs          uint64  `json:"dsacks"`
	RTT             *rtt    `json:"rtt"`
}

type rtt struct {
	Min     float64 `json:"min_ms"`
	Max     float64 `json:"max_ms"`
	Samples uint64  `json:"samples"`
}

// tell runs hanalyze over a capture.
func tell(binary, path string) (*told, error) {
	var complaint bytes.Buffer
	cmd := exec.Command(binary, "-q", "-r", path, "--json", "--events", "packets")
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("%w: %s", err, firstLine(complaint.Bytes()))
	}
	t := &told{byFrame: map[uint64]*packet{}, conns: map[uint64]*conn{}}
	for line := range bytes.Lines(out) {
		if err := t.line(line); err != nil {
			return nil, err
		}
	}
	for _, p := range t.packets {
		c := t.conns[p.Conn]
		if c == nil {
			return nil, fmt.Errorf("packet %d of connection %d, which is never told", p.Frame, p.Conn)
		}
		p.of, p.at = c, len(c.packets)
		c.packets = append(c.packets, p)
	}
	return t, nil
}

// inOrder are the connections by their first packet.
func (t *told) inOrder() (conns []*conn) {
	for _, p := range t.packets {
		if p.at == 0 {
			conns = append(conns, p.of)
		}
	}
	return conns
}

// line takes one line of output.
func (t *told) line(b []byte) error {
	var kind struct{ Type, Transport string }
	if err := json.Unmarshal(b, &kind); err != nil {
		return err
	}
	if kind.Transport != "tcp" {
		return nil
	}
	switch kind.Type {
	case "packet":
		p := new(packet)
		t.packets = append(t.packets, p)
		if err := json.Unmarshal(b, p); err != nil {
			return err
		}
		t.byFrame[p.Frame] = p
	case "conn":
		c := new(conn)
		if err := json.Unmarshal(b, c); err != nil {
			return err
		}
		t.conns[c.Conn] = c
	}
	return nil
}

// remarkable reports whether anything but plain segments was seen.
func (t *told) remarkable() bool {
	for _, p := range t.packets {
		if p.Class != "new" && p.Class != "pure_ack" {
			return true
		}
	}
	for _, c := range t.conns {
		if c.TCP.GapBytes+c.TCP.ZeroWindows+c.TCP.WindowFull > 0 {
			return true
		}
	}
	return false
}
