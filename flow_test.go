package hanalyze

import (
	"math"
	"net/netip"
	"testing"
	"time"
)

// TestCommunityID uses the baseline of the specification, https://github.com/corelight/community-id-spec.
func TestCommunityID(t *testing.T) {
	for _, tt := range []struct {
		transport Transport
		a, b, id  string
	}{
		{TCP, "128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{UDP, "192.168.1.52:54585", "8.8.8.8:53", "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	} {
		a, b := netip.MustParseAddrPort(tt.a), netip.MustParseAddrPort(tt.b)
		for _, got := range []string{CommunityIDv1(tt.transport, a, b), CommunityIDv1(tt.transport, b, a)} {
			if got != tt.id {
				t.Errorf("%s %s %s: %s, want %s", tt.transport, a, b, got, tt.id)
			}
		}
	}
}

func TestTCPFlags(t *testing.T) {
	for f, want := range map[TCPFlags]string{0: "", SYN: "S", SYN | ACK: "SA", FIN | ACK: "FA", FIN | SYN | RST | PSH | ACK | URG | ECE | CWR | AE: "FSRPAUECN"} {
		if got := f.String(); got != want {
			t.Errorf("%#x: %q, want %q", int(f), got, want)
		}
	}
	if !(SYN | ACK).Has(SYN) || SYN.Has(SYN|ACK) {
		t.Error("Has")
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", time.Millisecond: "1", 24100 * time.Microsecond: "24.1", 1: "0.000001", -500 * time.Microsecond: "-0.5",
		time.Hour: "3600000", math.MaxInt64: "9223372036854.775807", math.MinInt64: "-9223372036854.775808",
	} {
		if got := string(Known(d).AppendMS(nil)); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
	if !(Span{}).IsZero() || Known(0).IsZero() {
		t.Error("a known zero is not unknown")
	}
}

func TestTime(t *testing.T) {
	if got := Time(1500000000123456789).String(); got != "2017-07-14T02:40:00.123456789Z" {
		t.Error(got)
	}
	if got := Time(-1).String(); got != "1969-12-31T23:59:59.999999999Z" {
		t.Error(got)
	}
	// Hostile clocks saturate, they do not wrap.
	if d := Time(math.MaxInt64).Sub(math.MinInt64); d != math.MaxInt64 {
		t.Error(d)
	}
	if d := Time(math.MinInt64).Sub(math.MaxInt64); d != math.MinInt64 {
		t.Error(d)
	}
	if s := Time(math.MaxInt64).Add(1); s != math.MaxInt64 {
		t.Error(s)
	}
	if s := Time(math.MinInt64).Add(-1); s != math.MinInt64 {
		t.Error(s)
	}
}
