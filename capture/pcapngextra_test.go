package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestNamesAndSecrets(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		head := ngInterface(ngSection(nil, o), o, 1, 0)
		v6 := netip.MustParseAddr("fd77::2").As16()
		names := ngOptions(nil, o, []ngOption{
			{namesIPv4, []byte("\x0a\x4d\x00\x02www.example.test\x00again.example.test\x00")},
			{namesIPv6, append(v6[:], "six.example.test\x00"...)},
			{namesIPv4, []byte("\x0a\x4d")}, {namesIPv6, []byte("\x0a\x4d\x00\x04")}, {namesIPv4, []byte("\x0a\x4d\x00\x03\x00")}, {3, []byte("\x01\x02\x03\x04\x05\x06mac\x00")},
			{namesIPv4, append([]byte{1, 2, 3, 4}, strings.Repeat("n", maxNameLen+1)...)},
		})
		log := "CLIENT_RANDOM 00 11\n"
		secret := append(o.AppendUint32(o.AppendUint32(nil, TLSKeyLog), uint32(len(log))), log...)
		lying := o.AppendUint32(o.AppendUint32(nil, TLSKeyLog), 1<<31)
		file := slices.Concat(head, ngBlock(nil, o, blockNames, names), ngPacket(nil, o, 0, 1, "a", 1),
			ngBlock(nil, o, blockSecrets, secret), ngBlock(nil, o, blockSecrets, lying), ngPacket(nil, o, 0, 2, "b", 1))
		s := NewReader("x", bytes.NewReader(file))
		var b Batch
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
		wantNames := []Name{{0, netip.MustParseAddr("10.77.0.2"), "www.example.test"}, {0, netip.MustParseAddr("fd77::2"), "six.example.test"}}
		if d := cmp.Diff(wantNames, b.Names, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]Secret{{1, TLSKeyLog, []byte(log)}}, b.Secrets); d != "" {
			t.Error(d)
		}
		in := s.Inputs()[0]
		if in.Names != 2 || in.Secrets != 1 || len(in.Warnings) != 1 || !strings.Contains(in.Warnings[0], "claims 2147483648 bytes of secrets") {
			t.Errorf("%+v", in)
		}
	}
}

// A file of nothing but names and secrets is handed out in bounded batches.
func TestExtrasBounded(t *testing.T) {
	le := binary.LittleEndian
	file := ngSection(nil, le)
	name := ngOptions(nil, le, []ngOption{{namesIPv4, []byte("\x01\x02\x03\x04n\x00")}})
	secret := append(le.AppendUint32(le.AppendUint32(nil, TLSKeyLog), 256<<10), make([]byte, 256<<10)...)
	for range 3 * MaxBatch {
		file = ngBlock(file, le, blockNames, name)
	}
	for range 70 {
		file = ngBlock(file, le, blockSecrets, secret)
	}
	s := NewReader("x", bytes.NewReader(file))
	var b Batch
	names, secrets, most := 0, 0, 0
	for s.ReadBatch(&b) == nil {
		names, secrets, most = names+len(b.Names), secrets+len(b.Secrets), max(most, len(b.Names))
	}
	if names != 3*MaxBatch || secrets != maxSecrets/(256<<10) || most > MaxBatch {
		t.Errorf("%d names, at most %d at once, %d secrets", names, most, secrets)
	}
	wantWarning(t, s, "secrets skipped: more than 16777216 bytes")
}

func wantWarning(t *testing.T, s Source, want string) {
	t.Helper()
	if w := s.Warnings(); len(w) == 0 || !strings.Contains(w[0], want) {
		t.Errorf("%q, want %q", w, want)
	}
}

func TestStatistics(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		file := ngInterface(ngSection(nil, o), o, 1, 96, ngOption{optName, []byte("eth0")}, ngOption{optTSResol, []byte{127}})
		for _, n := range []uint64{5, 7} {
			body := append(o.AppendUint32(nil, 0), make([]byte, 8)...)
			file = ngBlock(file, o, blockStatistics, ngOptions(body, o, []ngOption{
				{optReceived, o.AppendUint64(nil, 100*n)}, {optDropped, o.AppendUint64(nil, n)}, {optOSDropped, []byte{1}},
			}))
		}
		file = ngBlock(file, o, blockStatistics, append(o.AppendUint32(nil, 9), make([]byte, 8)...))
		s := NewReader("x", bytes.NewReader(file))
		wantFrames(t, s, nil)
		received, dropped := uint64(700), uint64(7)
		in := s.Inputs()[0]
		want := []hanalyze.StatsInterface{{Name: "eth0", Link: 1, Snaplen: 96, Received: &received, Dropped: &dropped}}
		if d := cmp.Diff(want, in.Interfaces); d != "" {
			t.Error(d)
		}
		if len(in.Warnings) != 2 || !strings.Contains(in.Warnings[0], "units of 10^-127 s") || !strings.Contains(in.Warnings[1], "no interface 9") {
			t.Errorf("%q", in.Warnings)
		}
	}
}
