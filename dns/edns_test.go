package dns

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// query returns a query with an OPT record of the given options.
func query(options []byte) []byte {
	b := []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 'a', 0, 0, 1, 0, 1}
	b = append(b, 0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(options)))
	return append(b, options...)
}

var edns = []struct{ data, name, want string }{
	{"0001 0012 0001 0001 0000 0123456789abcdef 00000e10", "LLQ", "opcode 1, error 0, id 81985529216486895, lease 3600s"},
	{"0002 0004 00001c20", "UPDATE-LEASE", "7200s"},
	{"0002 0008 00000e10 00093a80", "UPDATE-LEASE", "3600s 604800s"},
	{`0003 0009 "gpdns-fra"`, "NSID", `"gpdns-fra"`},
	{"0003 0002 00ff", "NSID", "00ff"},
	{"0003 0000", "NSID", ""},
	{"0005 0003 050708", "DAU", "5 7 8"},
	{"0006 0001 01", "DHU", "1"},
	{"0007 0001 01", "N3U", "1"},
	{"0008 0007 0001 18 00 c00002", "ECS", "192.0.2.0/24/0"},
	{"0008 000b 0002 38 30 20010db8000001", "ECS", "2001:db8:0:100::/56/48"},
	{"0008 0004 0000 00 00", "ECS", "/0/0"},
	{"0009 0004 00000e10", "EXPIRE", "3600"},
	{"000a 0008 0102030405060708", "COOKIE", "0102030405060708"},
	{"000a 0010 0102030405060708 1112131415161718", "COOKIE", "0102030405060708 1112131415161718"},
	{"000b 0002 0078", "TCP-KEEPALIVE", "12s"},
	{"000b 0002 0005", "TCP-KEEPALIVE", "0.5s"},
	{"000b 0000", "TCP-KEEPALIVE", ""},
	{"000c 0004 00000000", "PADDING", "4"},
	{"000c 0000", "PADDING", "0"},
	{"000d 0003 01 61 00", "CHAIN", "a"},
	{"000e 0004 4f66 9728", "KEY-TAG", "20326 38696"},
	{"000f 0002 0012", "EDE", "18 (Prohibited)"},
	{`000f 0008 0007 "no" 0a "key"`, "EDE", `7 (Signature Expired) "no\010key"`},
	{"000f 0002 ffff", "EDE", "65535"},
	{"000f 0002 001e", "EDE", "30 (Invalid Query Type)"},
	{"0010 0002 0102", "CLIENT-TAG", "258"},
	{"0011 0002 0102", "SERVER-TAG", "258"},
	{"0012 0003 01 61 00", "REPORT-CHANNEL", "a"},
	{"0013 0006 02 00 78a1ac9c", "ZONEVERSION", "2 labels, SOA serial 2023861404"},
	{"0013 0004 02 f0 0102", "ZONEVERSION", "2 labels, type 240 0102"},
	{"0013 0000", "ZONEVERSION", ""},
	{`4f44 0004 "ODNS"`, "UMBRELLA-IDENT", "4f444e53"},
	{`6942 0004 "dev1"`, "DEVICEID", `"dev1"`},
	{"fde9 0002 c0de", "OPT65001", "c0de"},
}

func TestOptions(t *testing.T) {
	for _, c := range edns {
		data := wire(t, c.data)
		if c.name == "ECS" && len(data) != 4+int(data[3]) {
			data[3] = byte(len(data) - 4)
		}
		m, err := Parse(query(data))
		want := &hanalyze.EDNS{UDPSize: 1232, DO: true, Options: []hanalyze.EDNSOption{
			{Code: binary.BigEndian.Uint16(data), Name: c.name, Data: c.want},
		}}
		if d := cmp.Diff(want, m.EDNS); d != "" || err != nil {
			t.Errorf("%s: %v %s", c.data, err, d)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"0008 0004 0001 21 00", "00012100"}, // 33 bits of IPv4
		{"0008 0003 0001 18", "000118"},      //
		{"0001 0012 0002 0001 0000 0123456789abcdef 00000e10", "0002000100000123456789abcdef00000e10"},
		{"0002 0006 00000e100009", "00000e100009"},
		{"0013 0001 02", "02"},
		{"0009 0003 000e10", "000e10"},                 //
		{"000a 0007 01020304050607", "01020304050607"}, //
		{"000a 0009 010203040506070809", "010203040506070809"},
		{"000b 0001 01", "01"},
		{"000d 0002 0161", "0161"},
		{"000e 0003 010203", "010203"},
		{"000f 0001 00", "00"},
	} {
		m, err := Parse(query(wire(t, c.data)))
		if m.Err == nil || m.Err.Code != "option_malformed" && m.Err.Code != "name_truncated" || m.EDNS.Options[0].Data != c.want {
			t.Errorf("%s: %v %+v", c.data, err, m.EDNS)
		}
	}
	m, _ := Parse(query(wire(t, "0003 0001 61 0003 0005 61")))
	if m.Err == nil || m.Err.Code != "option_malformed" || len(m.EDNS.Options) != 1 {
		t.Errorf("an option that overruns its record: %+v, %v", m.EDNS, m.Err)
	}
}

func TestExtendedRcode(t *testing.T) {
	m, err := Parse(wire(t, "0001 8000 0000 0000 0000 0001 . 0029 0200 01010000 0000"))
	if err != nil || RcodeName(m.Rcode) != "BADVERS" || m.EDNS.Version != 1 || m.EDNS.DO {
		t.Errorf("%+v %v", m, err)
	}
}

func TestRepeatedOPT(t *testing.T) {
	m, _ := Parse(wire(t, "0001 8000 0000 0000 0000 0002 . 0029 0200 00000000 0000 . 0029 0400 00000000 0000"))
	if m.Err == nil || m.Err.Code != "opt_repeated" || m.EDNS.UDPSize != 512 {
		t.Errorf("%+v %v", m.EDNS, m.Err)
	}
}

func TestNamesOfNumbers(t *testing.T) {
	for got, want := range map[string]string{
		OpcodeName(0): "QUERY", OpcodeName(3): "OPCODE3", OpcodeName(6): "DSO", OpcodeName(15): "OPCODE15",
		RcodeName(3): "NXDOMAIN", RcodeName(12): "RCODE12", RcodeName(23): "BADCOOKIE", RcodeName(4095): "RCODE4095",
		TypeName(65): "HTTPS", TypeName(0): "TYPE0", TypeName(54): "TYPE54", TypeName(32769): "DLV", TypeName(32770): "TYPE32770",
		ClassName(3): "CH", ClassName(254): "NONE", ClassName(4096): "CLASS4096", OptionName(15): "EDE", OptionName(4): "OPT4",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
