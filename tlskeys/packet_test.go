package tlskeys

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSchedule follows the examples of RFC 9001 §A.1.
func TestSchedule(t *testing.T) {
	secret, err := Extract(unhex(t, "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), unhex(t, "8394c8f03e515708"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"; hex.EncodeToString(secret) != want {
		t.Fatalf("initial secret %x, want %s", secret, want)
	}
	client, err := ExpandLabel(secret, "client in", SecretSize)
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string]string{
		"quic key": "1f369613dd76d5467730efcbe3b1a22d",
		"quic iv":  "fa044b2f42a3fd3b46fb255c",
		"quic hp":  "9f50449e04a0e810283a1e9933adedd2",
	} {
		if got, err := ExpandLabel(client, label, len(want)/2); err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v, want %s", label, got, err, want)
		}
	}
}

func testKey(t testing.TB) *PacketKey {
	t.Helper()
	k, err := NewPacketKey(AES128GCM, make([]byte, SecretSize), Labels{"quic key", "quic iv", "quic hp"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpenWhatSealMade(t *testing.T) {
	k := testKey(t)
	for _, number := range []int64{0, 1, 255, 256, 70000} {
		for n := 1; n <= 4; n++ {
			head := []byte{0xc0 | byte(n-1), 1, 2, 3}
			for i := n - 1; i >= 0; i-- {
				head = append(head, byte(number>>(8*i)))
			}
			b := k.Seal(append(head, "a payload of twenty b"...), 4, n, number)
			got, payload, err := k.Open(b, 4, number-1)
			if err != nil || got != number || string(payload) != "a payload of twenty b" {
				t.Errorf("number %d in %d bytes: %d, %q, %v", number, n, got, payload, err)
			}
		}
	}
}

// TestOpenShortHeader has packets with the final keys: more bits of the first byte are protected, and once it is open it shows
// the key phase (RFC 9001 §5.4.1).
func TestOpenShortHeader(t *testing.T) {
	k := testKey(t)
	const spin, phase = 0x20, 0x04
	for _, first := range []byte{0x40, 0x40 | spin, 0x40 | phase, 0x40 | spin | phase} {
		for n := 1; n <= 4; n++ {
			clear := first | byte(n-1)
			b := k.Seal(append([]byte{clear, 1, 2, 3, 4, 0, 0, 0, 9}[:5:5], append([]byte{0, 0, 0, 9}[4-n:], "a payload of twenty b"...)...), 5, n, 9)
			if b[0]&^0x1f != clear&^0x1f {
				t.Errorf("first byte %x: what nothing protects is %x", clear, b[0])
			}
			number, payload, err := k.Open(b, 5, 8)
			if err != nil || number != 9 || string(payload) != "a payload of twenty b" || b[0] != clear {
				t.Errorf("first byte %x: %x, number %d, %q, %v", clear, b[0], number, payload, err)
			}
		}
	}
}

// TestKeyUpdate takes the secrets of RFC 9001 §A.5: the next one follows from the last by a label.
func TestKeyUpdate(t *testing.T) {
	secret := unhex(t, "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
	const want = "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"
	if got, err := ExpandLabel(secret, "quic ku", SecretSize); err != nil || hex.EncodeToString(got) != want {
		t.Errorf("%x, %v, want %s", got, err, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	k := testKey(t)
	good := k.Seal(append([]byte{0xc0, 1, 2, 3, 7}, "a payload of twenty b"...), 4, 1, 7)
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 0x40
		if _, _, err := k.Open(b, 4, 6); err == nil {
			t.Errorf("byte %d changed, and it opens", i)
		}
	}
	for n := range good {
		if _, _, err := k.Open(bytes.Clone(good[:n]), 4, 6); err == nil {
			t.Errorf("cut to %d bytes, and it opens", n)
		}
	}
	if _, err := NewPacketKey(0, make([]byte, SecretSize), Labels{}); err == nil {
		t.Error("a suite that does not exist has a key")
	}
}

// TestDecodeNumber takes the example of RFC 9000 §A.3, and the ends of the range.
func TestDecodeNumber(t *testing.T) {
	for _, c := range []struct {
		largest int64
		b       string
		want    int64
	}{
		{0xa82f30ea, "9b32", 0xa82f9b32}, {-1, "00", 0}, {-1, "ff", 255}, {255, "00", 256}, {256, "ff", 255}, {1 << 40, "00000001", 1<<40 + 1},
	} {
		if got := decodeNumber(c.largest, unhex(t, c.b)); got != c.want {
			t.Errorf("after %d, %s: %d, want %d", c.largest, c.b, got, c.want)
		}
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	k := testKey(t)
	sealed := k.Seal(append([]byte{0xc0, 1, 2, 3, 7}, make([]byte, 1200)...), 4, 1, 7)
	b := make([]byte, len(sealed))
	if n := testing.AllocsPerRun(100, func() {
		copy(b, sealed)
		if _, _, err := k.Open(b, 4, 6); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
