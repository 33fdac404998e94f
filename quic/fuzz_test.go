package quic

import (
	"testing"

	"hanalyze"
)

// seeds are the datagrams of all scenes, each conversation as one input: a byte for direction and kind, two for the length.
func seeds(f *testing.F) {
	for _, s := range scenes {
		var in []byte
		for _, x := range s.steps(f) {
			in = append(in, byte(x.dir), byte(len(x.b)>>8), byte(len(x.b)))
			in = append(in, x.b...)
		}
		f.Add(in)
	}
}

// FuzzFlow plays datagrams as they are.
func FuzzFlow(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		p := newPlayer(t)
		for len(in) >= 3 {
			d, n := hanalyze.Dir(in[0]&1), min(int(in[1])<<8|int(in[2]), len(in)-3)
			Sniff(in[3 : 3+n])
			p.play(d, in[3:3+n])
			if in[0]&2 != 0 {
				p.flow.Cut(int64(in[0]), hanalyze.MissingSnaplen)
			}
			in = in[3+n:]
		}
		for _, r := range p.close() {
			checkRecord(t, r)
		}
	})
}

// FuzzSealed plays Initial packets whose payloads the fuzzer makes and whose protection is right, so that it reaches what is
// behind it.
func FuzzSealed(f *testing.F) {
	client, server := hellos(f)
	f.Add(append([]byte{0, byte(len(client) >> 8), byte(len(client) + 4)}, crypto(0, client)...))
	f.Add(append([]byte{1, 0, byte(len(server) + 4)}, crypto(0, server)...))
	f.Add(append([]byte{1, 0, 30}, closing(0x178, "no application protocol")...))
	f.Add([]byte{0, 0, 8, 6, 0x40, 100, 2, 1, 1, 2, 0, 1, 0, 8, 3, 9, 0, 2, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		p := newPlayer(t)
		x := newFlight(t, Version1, 1, true)
		for len(in) >= 3 {
			d, n := hanalyze.Dir(in[0]&1), min(int(in[1])<<8|int(in[2]), len(in)-3)
			p.play(d, x.initial(d, in[0]&2 != 0, 0, in[3:3+n]))
			in = in[3+n:]
		}
		records := p.close()
		if len(records) > 1 {
			t.Errorf("%d connections where there is one", len(records))
		}
		for _, r := range records {
			checkRecord(t, r)
			if r.DCID != "" && r.Client.Undecipherable+r.Server.Undecipherable > 0 {
				t.Errorf("packets do not open: %+v", r)
			}
		}
	})
}

// checkRecord fails the test when a record contradicts itself.
func checkRecord(t *testing.T, r *hanalyze.QUIC) {
	t.Helper()
	sum := func(p *hanalyze.QUICPackets) uint64 {
		return p.Initial + p.ZeroRTT + p.Handshake + p.OneRTT + p.Retry + p.VersionNegotiation + p.Other
	}
	if sum(&r.Packets) != sum(&r.Client.Packets)+sum(&r.Server.Packets) {
		t.Errorf("packets %+v are not those of the ends %+v %+v", r.Packets, r.Client.Packets, r.Server.Packets)
	}
	if r.Start.Packet == 0 || r.Last.Packet < r.Start.Packet {
		t.Errorf("packets %d to %d", r.Start.Packet, r.Last.Packet)
	}
	if x := r.Spin; x != nil && (x.RTT.Samples < minSpins || x.Odd*spinsPerOdd > x.RTT.Samples) {
		t.Errorf("spin bit: %+v", x)
	}
	for _, e := range [...]*hanalyze.QUICEnd{&r.Client, &r.Server} {
		if x := e.Probes; x != nil && (x.MaxBytes > maxProbe || x.MaxBytes <= minInitial || x.MaxBytes > e.MaxDatagramBytes || x.Count > e.Datagrams) {
			t.Errorf("probes %+v of %+v", x, e)
		}
	}
	if x := r.StatelessReset; x != nil && (x.Packets == 0 || x.Frame < r.Start.Packet || x.Frame > r.Last.Packet) {
		t.Errorf("stateless reset: %+v", x)
	}
	if r.Missing == 0 && r.Established && r.TLS == nil {
		t.Errorf("complete without TLS: %+v", r)
	}
	if len(r.Parameters) > maxParameters || len(r.SupportedVersions) > maxVersions || len(r.AvailableVersions) > maxVersions {
		t.Errorf("%d parameters, %d and %d versions", len(r.Parameters), len(r.SupportedVersions), len(r.AvailableVersions))
	}
}
