package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// corpus is a folder of captures with tshark's counts for each.
type corpus struct {
	dir      string
	names    []string // sorted
	expected map[string]expectation
}

// expectation is what tshark counted in a capture when the corpus was made.
type expectation struct {
	Analysis map[string]int `json:"analysis"`
}

func openCorpus(dir, only string) (*corpus, error) {
	b, err := os.ReadFile(filepath.Join(dir, "expected-tshark.json"))
	if err != nil {
		return nil, err
	}
	c := &corpus{dir: dir}
	if err := json.Unmarshal(b, &c.expected); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.expected)) {
		if strings.Contains(name, only) {
			c.names = append(c.names, name)
		}
	}
	return c, nil
}

func (c *corpus) path(name string) string { return filepath.Join(c.dir, name) }

// analyses are the flags compared, with tshark's names.
var analyses = []string{
	"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "duplicate_ack", "lost_segment",
	"ack_lost_segment", "keep_alive", "zero_window", "zero_window_probe", "window_full", "window_update",
}

// verdicts are tshark's flags of a capture's packets.
type verdicts struct {
	flags   map[uint64][]string // by frame
	streams map[uint64]string   // frame to tshark's number of the stream
	unread  map[uint64]bool     // frames whose TCP length tshark could not tell
}

// askTshark returns tshark's flags for each packet, or nil when neither the corpus nor we say that there is anything to
// compare. note tells of what is odd.
func (c *corpus) askTshark(name string, t *told) (v *verdicts, note string) {
	want := c.expected[name].Analysis
	if len(want) == 0 && !t.remarkable() {
		return nil, ""
	}
	args := []string{"-n", "-r", c.path(name), "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "tcp", "-T", "fields",
		"-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.len"}
	for _, a := range analyses {
		args = append(args, "-e", "tcp.analysis."+a)
	}
	out, err := exec.Command("tshark", args...).Output()
	if len(out) == 0 && err != nil {
		return nil, "tshark: " + err.Error()
	}
	v = &verdicts{flags: map[uint64][]string{}, streams: map[uint64]string{}, unread: map[uint64]bool{}}
	counts := map[string]int{}
	for line := range bytes.Lines(out) {
		v.line(strings.Split(strings.TrimSuffix(string(line), "\n"), "\t"), counts)
	}
	for name, n := range want {
		if counts[name] != n {
			note = fmt.Sprintf("tshark counts %d %s here, the corpus %d", counts[name], name, n)
		}
	}
	return v, note
}

// line takes the fields of one packet.
func (v *verdicts) line(fields []string, counts map[string]int) {
	frame, err := strconv.ParseUint(cmp.Or(fields[0], "0"), 10, 64)
	if err != nil || len(fields) < 3+len(analyses) {
		return
	}
	v.streams[frame] = fields[1]
	v.unread[frame] = fields[2] == ""
	for i, a := range analyses {
		if fields[3+i] != "" {
			v.flags[frame] = append(v.flags[frame], a)
			counts[a]++
		}
	}
}
