package semantics

import (
	"testing"
	"time"
)

func TestAsks(t *testing.T) {
	for in, want := range map[string]string{
		"Connection: close": "close", "Connection: Keep-Alive": "keep_alive", "Connection: keep-alive, close": "close", "Connection: upgrade": "",
		"Proxy-Connection: keep-alive": "keep_alive", "Host: a": "",
	} {
		if got := section(in).Asks(); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestKeepAliveParams(t *testing.T) {
	for in, want := range map[string]KeepAliveParams{
		"timeout=5, max=1000":   {Timeout: 5 * time.Second, HasTimeout: true, Max: 1000, HasMax: true},
		"timeout=\"5\"; max=10": {}, // not a list
		"115":                   {},
		"max=-1":                {},
	} {
		if got := section("Keep-Alive: " + in).KeepAliveParams(); got != want {
			t.Errorf("%s: %+v", in, got)
		}
	}
}

func TestIdempotent(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "PUT": true, "DELETE": true, "POST": false, "PATCH": false, "get": false, "": false} {
		if Idempotent(method) != want {
			t.Errorf("%s: %v", method, !want)
		}
	}
}

func TestWaits(t *testing.T) {
	if d, ok := section("Prefer: respond-async, wait=100").Waits(); !ok || d != 100*time.Second { // RFC 7240 §4.3
		t.Errorf("%v %v", d, ok)
	}
	if _, ok := section("Prefer: wait").Waits(); ok {
		t.Error("no number was read")
	}
}
