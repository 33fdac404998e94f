//go:build libpcap

package capture

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"hanalyze/internal/testenv"
)

// What passes the loopback interface comes out once, and Stop ends the capture.
func TestPcapLoopback(t *testing.T) {
	testenv.Root(t)
	s, err := OpenLive(LiveOptions{Interfaces: []string{loopback(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text := []byte("a packet that nobody else sends")
	if _, err := conn.Write(text); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var b Batch
	for late := time.Now().Add(20 * time.Second); ; {
		if err := s.ReadBatch(&b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			if bytes.HasSuffix(f.Data, text) && f.Len == len(f.Data) {
				seen++
			}
		}
		if seen > 0 || time.Now().After(late) {
			s.(Stopper).Stop()
		}
	}
	if in := s.Inputs()[0]; seen == 0 || in.Packets == 0 || *in.Received < in.Packets || in.Error != "" {
		t.Errorf("seen %d times, %+v", seen, in)
	}
}

func loopback(t *testing.T) string {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Loopback {
			return i.Name
		}
	}
	t.Fatal("no loopback interface")
	return ""
}

func TestPcapErrors(t *testing.T) {
	for _, names := range [][]string{nil, {"lo", "any"}, {"nosuch0"}} {
		if _, err := OpenLive(LiveOptions{Interfaces: names}); err == nil || len(names) == 1 && !strings.HasPrefix(err.Error(), "nosuch0: ") {
			t.Errorf("%v: %v", names, err)
		}
	}
}
