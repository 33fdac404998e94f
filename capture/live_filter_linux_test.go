//go:build !libpcap

package capture

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"hanalyze/capture/filter"
)

func parseFilter(t *testing.T, text string) *filter.Expression {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The kernel chooses packets: by what is in them, by the VLAN tag it keeps beside them, and by where they go.
func TestLiveFilter(t *testing.T) {
	newNetwork(t)
	last := frame("last")
	last[13] = 0xb6
	for _, c := range []struct{ where, expr, want string }{
		{"v1", "ether proto 0x88b5", "plain tagged other"}, // a tag taken out hides nothing
		{"v1", "vlan", "tagged other"},
		{"v1", "vlan 7", "tagged"},
		{"v1", "not vlan", "plain"},
		{"v1", "vlan and ether proto 0x88b5", "tagged other"},
		{"v1", "vlan 8 and vlan", ""},
		{"v1", "ip or vlan 8", "other"},
		{"v1", "inbound", "plain tagged other"},
		{"v0", "outbound", "plain tagged other"},
		{"v0", "inbound", ""},
		{"v1", "ether src 02:00:00:00:00:00 and greater 70", "plain tagged other"},
		{"v1", "less 70", ""},
		{"any", "vlan 7 and inbound", "tagged"},
		{"any", "inbound and ether proto 0x88b5 and not vlan", "plain"},
		{"any", "outbound and less 80 and ether proto 0x88b5 and not vlan", "plain"}, // 60 bytes and the cooked header
		{"any", "outbound and less 79", ""},
	} {
		s := openLive(t, LiveOptions{Interfaces: []string{c.where}, Filter: parseFilter(t, "ether proto 0x88b6 or ("+c.expr+")")})
		for _, f := range [][]byte{frame("plain"), frame("tagged", 0x81, 0, 0, 7), frame("other", 0x81, 0, 0, 8), last} {
			send(t, "v0", f)
		}
		var got []string
		collect(t, s, 1, func(f *Frame) bool {
			word := bytes.TrimSpace(f.Data[len(f.Data)-60:])
			if string(word) != "last" {
				got = append(got, string(word))
			}
			return string(word) == "last"
		})
		if text := strings.Join(slices.Compact(got), " "); text != c.want {
			t.Errorf("%s: %s: %q, want %q", c.where, c.expr, text, c.want)
		}
		s.Close()
	}
}

// The program keeps as many bytes of a packet as are asked for.
func TestLiveFilterSnaplen(t *testing.T) {
	newNetwork(t)
	s := openLive(t, LiveOptions{Interfaces: []string{"v1"}, Snaplen: 20, Filter: parseFilter(t, "ether proto 0x88b5")})
	send(t, "v0", frame("long"))
	frames := collect(t, s, 1, all)
	if len(frames) != 1 || len(frames[0].Data) != 20 || frames[0].Len != 74 {
		t.Errorf("%+v", frames)
	}
}

func TestLiveFilterUnsuitable(t *testing.T) {
	newNetwork(t)
	ip(t, "tuntap add tun0 mode tun")
	ip(t, "link set tun0 up")
	_, err := OpenLive(LiveOptions{Interfaces: []string{"tun0"}, Filter: parseFilter(t, "ether broadcast")})
	var unsuitable *filter.Error
	if !errors.As(err, &unsuitable) || !strings.HasPrefix(err.Error(), "tun0: there are no Ethernet addresses") {
		t.Errorf("%v", err)
	}
}
