package dns

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// dso is a message of RFC 8490 with the given ID, bits and TLVs.
func dso(t testing.TB, head, tlvs string) []byte {
	return wire(t, head+" 0000 0000 0000 0000 "+tlvs)
}

func TestStateful(t *testing.T) {
	const subscribe, push, answer = "0001 3000", "0000 3000", "0001 b000"
	for _, c := range []struct {
		name, head, tlvs string
		want             []hanalyze.DNSTLV
		code             string
	}{
		{"KeepAlive", subscribe, "0001 0008 00003a98 0000ea60", []hanalyze.DNSTLV{{Code: 1, Name: "KeepAlive", Data: "inactivity 15000ms, interval 60000ms"}}, ""},
		{"the answer, padded", answer, "0001 0008 ffffffff 00002710 0003 0002 0000", []hanalyze.DNSTLV{
			{Code: 1, Name: "KeepAlive", Data: "inactivity 4294967295ms, interval 10000ms", Response: true},
			{Code: 3, Name: "EncryptionPadding", Data: "2", Response: true}}, ""},
		{"RetryDelay", push, "0002 0004 000003e8", []hanalyze.DNSTLV{{Code: 2, Name: "RetryDelay", Data: "1000ms"}}, ""},
		{"SUBSCRIBE", subscribe, `0040 0010 05 "_http" 04 "_tcp" 00 000c 0001`, []hanalyze.DNSTLV{{Code: 64, Name: "SUBSCRIBE", Data: "_http._tcp PTR IN"}}, ""},
		{"PUSH", push, `0041 0039 01 "a" 00 0001 0001 0000003c 0004 c0000201 c010 0001 0001 ffffffff 0004 c0000202 c010 001c 0001 fffffffe 0000 c010 00ff 0001 fffffffe 0000`,
			[]hanalyze.DNSTLV{{Code: 65, Name: "PUSH", Changes: []string{"add a 60 A 192.0.2.1", "remove a A 192.0.2.2", "remove all AAAA of a", "remove all of a"}}}, ""},
		{"UNSUBSCRIBE", push, "0042 0002 0001", []hanalyze.DNSTLV{{Code: 66, Name: "UNSUBSCRIBE", Data: "id 1"}}, ""},
		{"RECONFIRM", push, `0043 000b 01 "a" 00 0001 0001 c0000201`, []hanalyze.DNSTLV{{Code: 67, Name: "RECONFIRM", Data: "a A IN 192.0.2.1"}}, ""},
		{"RECONFIRM of a name", push, `0043 000a 01 "a" 00 000c 0001 01 "b" 00`, []hanalyze.DNSTLV{{Code: 67, Name: "RECONFIRM", Data: "a PTR IN b"}}, ""},
		{"unknown", push, "f800 0002 c0ff", []hanalyze.DNSTLV{{Code: 63488, Name: "DSO63488", Data: "c0ff"}}, ""},
		{"too short", subscribe, "0001 0004 00003a98", []hanalyze.DNSTLV{{Code: 1, Name: "KeepAlive", Data: "00003a98"}}, "tlv_malformed"},
		{"too long", push, "0042 0004 00010002", []hanalyze.DNSTLV{{Code: 66, Name: "UNSUBSCRIBE", Data: "00010002"}}, "tlv_malformed"},
		{"a record that overruns its TLV", push, `0041 000d 01 "a" 00 0001 0001 0000003c 0004`, []hanalyze.DNSTLV{{Code: 65, Name: "PUSH", Data: "01610000010001" + "0000003c0004"}}, "tlv_malformed"},
		{"cut after one", push, "0042 0002 0001 0001 0008 0000", []hanalyze.DNSTLV{{Code: 66, Name: "UNSUBSCRIBE", Data: "id 1"}}, "tlv_truncated"},
		{"cut in its head", push, "0042 00", nil, "tlv_truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := Parse(dso(t, c.head, c.tlvs))
			if d := cmp.Diff(c.want, m.DSO); d != "" || (m.Err == nil) != (c.code == "") || m.Err != nil && m.Err.Code != c.code {
				t.Errorf("%s%v", d, m.Err)
			}
		})
	}
}

// What both sides say of a session is told in one record, and what is pushed in one of its own.
func TestStatefulPairs(t *testing.T) {
	var got []*hanalyze.DNS
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { got = append(got, r) })
	p.Stream = true
	for i, b := range [][]byte{dso(t, "0001 3000", "0001 0008 00003a98 0000ea60"), dso(t, "0001 b000", "0001 0008 00002710 0000ea60"), dso(t, "0000 3000", "0002 0004 000003e8")} {
		m, _ := Parse(b)
		p.Message(hanalyze.Dir(i&1), hanalyze.Meta{Packet: uint64(i + 1)}, m)
	}
	if len(got) != 2 || got[0].Outcome != "answered" || len(got[0].DSO) != 2 || !got[0].DSO[1].Response || got[1].Outcome != "one_way" || len(got[1].DSO) != 1 {
		t.Errorf("%+v", got)
	}
}
