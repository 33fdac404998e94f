//go:build libpcap

package capture

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"hanalyze/capture/filter"
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

// libpcap chooses packets, and what it does not understand is its error.
func TestPcapFilter(t *testing.T) {
	testenv.Root(t)
	open := func(text string) (Source, error) {
		e, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return OpenLive(LiveOptions{Interfaces: []string{loopback(t)}, Filter: e})
	}
	if _, err := open("ether[0] = 0b1"); err == nil || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("%v", err)
	}
	s, err := open("udp dst port 7")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, port := range []string{"9", "7"} {
		conn, err := net.Dial("udp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("for port " + port)); err != nil {
			t.Fatal(err)
		}
		conn.Close()
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
			if seen++; !bytes.HasSuffix(f.Data, []byte("for port 7")) {
				t.Errorf("% x", f.Data)
			}
		}
		if seen > 0 || time.Now().After(late) {
			s.(Stopper).Stop()
		}
	}
	if seen == 0 {
		t.Error("nothing was captured")
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
