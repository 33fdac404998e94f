package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// trace is tcptrace's account of one connection: end a sent the first packet.
type trace struct {
	a, b     string                // address:port
	figures  [2]map[string]float64 // by tcptrace's name, of the bytes a sent and those b sent
	reported bool                  // it has figures
}

// linePair is a line of tcptrace's long report: a figure of end a, then the same of end b.
var linePair = regexp.MustCompile(`^\s+([^:]+):\s+(\S+)(?:\s\w+)?\s+([^:]+):\s+(\S+)(?:\s\w+)?\s*$`)

// askTcptrace runs tcptrace over a capture and returns its connections in its order, by first packet. note says when it
// cannot read the capture.
func askTcptrace(path string) (traces []*trace, note string) {
	cmd := exec.Command("tcptrace", "-l", "-r", "-W", "-n", filepath.Base(path))
	cmd.Dir = filepath.Dir(path)
	out, err := cmd.Output()
	if err != nil {
		return nil, "tcptrace cannot read it: " + err.Error()
	}
	var t *trace
	for line := range bytes.Lines(out) {
		text := strings.TrimRight(string(line), "\n")
		name, value, _ := strings.Cut(strings.TrimSpace(text), ":")
		if strings.HasPrefix(text, "TCP connection ") && strings.HasSuffix(text, ":") {
			t = &trace{figures: [2]map[string]float64{{}, {}}}
			traces = append(traces, t)
			continue
		}
		if t == nil {
			continue
		}
		t.line(name, strings.TrimSpace(value), text)
	}
	return traces, ""
}

// line takes one line of a connection's report.
func (t *trace) line(name, value, text string) {
	switch {
	case strings.HasPrefix(name, "host ") && t.a == "":
		t.a = value
	case strings.HasPrefix(name, "host "):
		t.b = value
	default:
		m := linePair.FindStringSubmatch(text)
		if m == nil || m[1] != m[3] {
			return
		}
		t.set(0, m[1], m[2])
		t.set(1, m[3], m[4])
	}
}

// set keeps a figure of one end. "SYN/FIN pkts sent: 1/2" is two.
func (t *trace) set(end int, name, value string) {
	if left, right, ok := strings.Cut(value, "/"); ok {
		if n, err := strconv.ParseFloat(left, 64); err == nil {
			t.figures[end]["SYN pkts"] = n
		}
		value, name = right, "FIN pkts"
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		if _, twice := t.figures[end][name]; !twice {
			t.figures[end][name] = n
		}
		t.reported = true
	}
}
