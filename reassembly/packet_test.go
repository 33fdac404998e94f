package reassembly

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// packetsOf plays a script and returns the members of its packet records that depend on it, a line each.
func packetsOf(t *testing.T, script string) (lines []string) {
	t.Helper()
	p := newPlay(t, Limits{})
	p.cfg.Packets = true
	p.cfg.Emit = func(r hanalyze.Record) {
		k, ok := r.(*hanalyze.Packet)
		if !ok {
			return
		}
		k.Envelope, k.TTL = hanalyze.Envelope{}, 0
		b, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		_, own, _ := strings.Cut(string(b), `"dir":`)
		lines = append(lines, strings.ReplaceAll(strings.TrimSuffix(own, `,"ttl":0}`), `"`, ""))
	}
	p.run(script)
	p.end()
	return lines
}

func TestPackets(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"a lost segment", opened + `
			> . seq=101 ack=501 "abc"
			> . seq=107 ack=501 "ghi"
			< . seq=501 ack=104
			+1s > . seq=104 ack=501 "def"`, `
			c2s,flags:S,seq:0,len:0,window:1000,window_bytes:1000,class:new,phase:handshake,step:syn,client_state:syn_sent,server_state:listen
			s2c,flags:SA,seq:0,ack:1,len:0,window:1000,window_bytes:1000,class:new,phase:handshake,step:synack,client_state:syn_sent,server_state:syn_received,since_previous_ms:1
			c2s,flags:A,seq:1,ack:1,len:0,window:1000,window_bytes:1000,class:pure_ack,phase:handshake,step:ack,client_state:established,server_state:established,since_previous_ms:1
			c2s,flags:A,seq:1,ack:1,len:3,window:1000,window_bytes:1000,class:new,phase:data,client_state:established,server_state:established,since_previous_ms:1
			c2s,flags:A,seq:7,ack:1,len:3,window:1000,window_bytes:1000,class:ahead,phase:data,client_state:established,server_state:established,since_previous_ms:1
			s2c,flags:A,seq:1,ack:4,len:0,window:1000,window_bytes:1000,class:pure_ack,phase:data,client_state:established,server_state:established,since_previous_ms:1
			c2s,flags:A,seq:4,ack:1,len:3,window:1000,window_bytes:1000,class:retransmission,cause:rto,phase:data,client_state:established,server_state:established,since_previous_ms:1001`},
		{"in the middle the scale of windows is not known", `
			> . seq=101 ack=501 "abc"`, `
			c2s,flags:A,seq:1,ack:1,len:3,window:1000,class:new,phase:data,client_state:established,server_state:established`},
		{"datagrams", `
			> U "question"
			< U len=100`, `
			c2s,len:8
			s2c,len:100,since_previous_ms:1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.Split(strings.ReplaceAll(strings.TrimSpace(c.want), "\t", ""), "\n")
			if d := cmp.Diff(want, packetsOf(t, c.script)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Blocks are relative to the numbers of the end whose bytes they name; the record keeps nothing of the packet.
func TestPacketOwnsItsOptions(t *testing.T) {
	p := newPlay(t, Limits{})
	p.cfg.Packets = true
	var told []*hanalyze.Packet
	p.cfg.Emit = func(r hanalyze.Record) {
		if k, ok := r.(*hanalyze.Packet); ok {
			told = append(told, k)
		}
	}
	p.run(opened)
	k := p.parse(`< . seq=501 ack=101`)
	k.IPID, k.HasIPID, k.TTL = 77, true, 63
	k.Options = []byte{1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6, 1, 1, 5, 10, 0, 0, 0, 111, 0, 0, 0, 121}
	p.Packet(k)
	k.IPID = 1
	clear(k.Options)
	p.run(`> . seq=101 ack=501 "abc"`)
	got := told[3]
	if d := cmp.Diff([]hanalyze.SACKBlock{{Left: 11, Right: 21}}, got.SACK); d != "" {
		t.Error(d)
	}
	if *got.IPID != 77 || got.TTL != 63 || *got.TSVal != 5 || *got.TSEcr != 6 || *got.Seq != 1 {
		t.Errorf("%+v", got)
	}
}
