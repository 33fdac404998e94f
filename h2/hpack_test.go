package h2

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2/hpack"

	"hanalyze"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fieldsText(fields []hanalyze.Header) string {
	var s strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&s, "%s: %s\n", f.Name, f.Value)
	}
	return s.String()
}

// tableText lists the dynamic table, newest first, and its size.
func tableText(t *table) string {
	var s strings.Builder
	for i := range t.len() {
		e := t.at(uint64(i))
		fmt.Fprintf(&s, "%s: %s\n", e.name, e.value)
	}
	fmt.Fprintf(&s, "%d", t.size)
	return s.String()
}

// TestAppendixC1 is RFC 7541 C.1: integers.
func TestAppendixC1(t *testing.T) {
	for _, tt := range []struct {
		hex    string
		prefix uint
		want   uint64
	}{{"0a", 5, 10}, {"ea", 5, 10}, {"1f9a0a", 5, 1337}, {"2a", 8, 42}, {"ff00", 7, 127}, {"7f80ffffff0f", 7, 1<<32 - 1}} {
		b := unhex(t, tt.hex)
		v, n, err := consumeInt(b, tt.prefix)
		if v != tt.want || n != len(b) || err != nil {
			t.Errorf("%s: %d, %d bytes, %v; want %d", tt.hex, v, n, err, tt.want)
		}
		for cut := range b {
			if _, _, err := consumeInt(b[:cut], tt.prefix); !errors.Is(err, errTruncated) {
				t.Errorf("%s cut at %d: %v", tt.hex, cut, err)
			}
		}
	}
	for _, s := range []string{"7fffffffffff01", "7f81ffffff0f", "7f808080808000"} {
		if v, _, err := consumeInt(unhex(t, s), 7); !errors.Is(err, errInteger) {
			t.Errorf("%s: %d, %v; want an error", s, v, err)
		}
	}
}

// TestAppendixC2 is RFC 7541 C.2: one field each.
func TestAppendixC2(t *testing.T) {
	for _, tt := range []struct{ name, hex, fields, table string }{
		{"C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header\n", "custom-key: custom-header\n55"},
		{"C.2.2", "040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path\n", "0"},
		{"C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\n", "0"},
		{"C.2.4", "82", ":method: GET\n", "0"},
	} {
		d := newDecoder()
		r := d.decode(unhex(t, tt.hex), false)
		if got := fieldsText(r.fields); got != tt.fields || r.err != nil {
			t.Errorf("%s: %q, %v", tt.name, got, r.err)
		}
		if got := tableText(&d.table); got != tt.table {
			t.Errorf("%s: table %q", tt.name, got)
		}
	}
}

// TestAppendixC3to6 is RFC 7541 C.3 to C.6: requests and responses, with and without Huffman codes, with evictions.
func TestAppendixC3to6(t *testing.T) {
	requests := []string{
		":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n",
		":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache\n",
		":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n",
	}
	requestTables := []string{
		":authority: www.example.com\n57",
		"cache-control: no-cache\n:authority: www.example.com\n110",
		"custom-key: custom-value\ncache-control: no-cache\n:authority: www.example.com\n164",
	}
	const (
		date21 = "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
		date22 = "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
		loc    = "location: https://www.example.com\n"
		cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
	)
	responses := []string{
		":status: 302\ncache-control: private\n" + date21 + loc,
		":status: 307\ncache-control: private\n" + date21 + loc,
		":status: 200\ncache-control: private\n" + date22 + loc + "content-encoding: gzip\n" + cookie,
	}
	responseTables := []string{
		loc + date21 + "cache-control: private\n:status: 302\n222",
		":status: 307\n" + loc + date21 + "cache-control: private\n222",
		cookie + "content-encoding: gzip\n" + date22 + "215",
	}
	for _, tt := range []struct {
		name           string
		size           uint64
		hex            []string
		fields, tables []string
	}{
		{"C.3", 4096, []string{
			"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			"8286 84be 5808 6e6f 2d63 6163 6865",
			"8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
		}, requests, requestTables},
		{"C.4", 4096, []string{
			"8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
			"8286 84be 5886 a8eb 1064 9cbf",
			"8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
		}, requests, requestTables},
		{"C.5", 256, []string{
			"4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			"4803 3330 37c1 c0bf",
			"88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
		}, responses, responseTables},
		{"C.6", 256, []string{
			"4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
			"4883 640e ffc1 c0bf",
			"88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
		}, responses, responseTables},
	} {
		d := newDecoder()
		d.resize(tt.size)
		for i := range tt.hex {
			r := d.decode(unhex(t, tt.hex[i]), false)
			if diff := cmp.Diff(tt.fields[i], fieldsText(r.fields)); diff != "" || r.err != nil {
				t.Errorf("%s.%d: %v\n%s", tt.name, i+1, r.err, diff)
			}
			if diff := cmp.Diff(tt.tables[i], tableText(&d.table)); diff != "" {
				t.Errorf("%s.%d table:\n%s", tt.name, i+1, diff)
			}
		}
	}
}

// randomBlocks writes field blocks with x/net's encoder: few names and values, so that references, evictions and size
// updates all happen.
type randomBlocks struct {
	*rand.Rand
	buf bytes.Buffer
	enc *hpack.Encoder
}

func newRandomBlocks(seed uint64) *randomBlocks {
	r := &randomBlocks{Rand: rand.New(rand.NewPCG(seed, 1))}
	r.enc = hpack.NewEncoder(&r.buf)
	return r
}

func (r *randomBlocks) next(resize bool) []byte {
	if resize && r.IntN(10) == 0 {
		if r.IntN(3) == 0 {
			r.enc.SetMaxDynamicTableSize(0) // x/net's decoder accepts a second update only if the first one emptied the table
		}
		r.enc.SetMaxDynamicTableSize(uint32(r.IntN(4097)))
	}
	r.buf.Reset()
	for range 1 + r.IntN(12) {
		f := hpack.HeaderField{Name: fmt.Sprintf("name-%d", r.IntN(30)), Value: fmt.Sprint(r.IntN(40)), Sensitive: r.IntN(20) == 0}
		switch r.IntN(6) {
		case 0:
			s := staticTable[r.IntN(len(staticTable))]
			f.Name, f.Value = s.name, s.value
		case 1:
			f.Name = staticTable[r.IntN(len(staticTable))].name
		case 2:
			f.Value = strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(300))
		}
		if err := r.enc.WriteField(f); err != nil {
			panic(err)
		}
	}
	return r.buf.Bytes()
}

// TestDifferential decodes random blocks with x/net's decoder and ours and wants the same fields and table sizes.
func TestDifferential(t *testing.T) {
	for seed := range uint64(50) {
		r := newRandomBlocks(seed)
		ours := newDecoder()
		theirs := hpack.NewDecoder(4096, nil)
		for i := range 200 {
			b := r.next(true)
			want, err := theirs.DecodeFull(b)
			if err != nil {
				t.Fatal(err)
			}
			got := ours.decode(b, false)
			if got.err != nil || len(got.fields) != len(want) {
				t.Fatalf("seed %d block %d: %d fields, %v; want %d", seed, i, len(got.fields), got.err, len(want))
			}
			for j, w := range want {
				if g := got.fields[j]; g.Name != w.Name || g.Value != w.Value || g.Unresolved {
					t.Fatalf("seed %d block %d field %d: %+v, want %v", seed, i, j, g, w)
				}
			}
		}
	}
}

// TestJoinedLate misses some blocks of a series: every field is right or unresolved, and once enough was inserted nearly
// all are resolved again. A name that was referred to in a row may stay unknown.
func TestJoinedLate(t *testing.T) {
	unresolved, late, lateFields := 0, 0, 0
	for seed := range uint64(100) {
		r := newRandomBlocks(seed)
		ours := newDecoder()
		theirs := hpack.NewDecoder(4096, nil)
		for i := range 300 {
			b := r.next(seed%2 == 0)
			want, err := theirs.DecodeFull(b)
			if err != nil {
				t.Fatal(err)
			}
			if i%100 < 20 {
				ours.lose()
				continue
			}
			got := ours.decode(b, false)
			if got.err != nil || len(got.fields) != len(want) {
				t.Fatalf("seed %d block %d: %d fields, %v; want %d", seed, i, len(got.fields), got.err, len(want))
			}
			for j, w := range want {
				g := got.fields[j]
				if g.Unresolved {
					unresolved++
				}
				if i%100 > 80 {
					lateFields++
				}
				if g.Unresolved && i%100 > 80 {
					late++
				}
				wrong := !g.Unresolved && (g.Name != w.Name || g.Value != w.Value)
				wrong = wrong || g.Unresolved && (g.Name != UnknownName && g.Name != w.Name || g.Value != "" && g.Value != w.Value)
				if wrong {
					t.Fatalf("seed %d block %d field %d: %+v, want %v", seed, i, j, g, w)
				}
			}
		}
	}
	if unresolved == 0 || late > lateFields/20 {
		t.Errorf("%d unresolved, of these %d among %d late fields", unresolved, late, lateFields)
	}
}

// TestHeaderListLimit decodes a bomb: a long entry, referred to again and again.
func TestHeaderListLimit(t *testing.T) {
	d := newDecoder()
	b := append([]byte{0x40, 1, 'x', 0x7f, 0xa1, 0x1e}, bytes.Repeat([]byte{'v'}, 4000)...)
	b = append(b, bytes.Repeat([]byte{0xbe}, 100_000)...)
	b = append(b, 0x40, 1, 'y', 1, 'z')
	r := d.decode(b, false)
	if r.err != nil || r.missing != hanalyze.MissingLimit {
		t.Fatalf("err %v, missing %v", r.err, r.missing)
	}
	if n := len(r.fields); n == 0 || n > MaxHeaderList/4000 {
		t.Errorf("%d fields", n)
	}
	if e := d.at(0); e == nil || e.name != "y" {
		t.Errorf("the table has not followed: %v", e)
	}
}

// TestTableLimit inserts more than MaxTable into a table that may hold 4 GiB.
func TestTableLimit(t *testing.T) {
	d := newDecoder()
	d.setLimit(1<<32 - 1)
	d.decode([]byte{0x3f, 0xe0, 0xff, 0xff, 0xff, 0x0f}, false)
	if d.max != 1<<32-1 {
		t.Fatalf("max is %d", d.max)
	}
	value := bytes.Repeat([]byte{'v'}, 1000)
	for i := range 300 {
		b := append([]byte{0x40, 3, 'a' + byte(i%26), 'b', 'c', 0x7f, 0xe9, 0x06}, value...)
		if r := d.decode(b, false); r.err != nil {
			t.Fatal(r.err)
		}
	}
	if d.size > MaxTable || d.forgot == 0 || !d.older {
		t.Fatalf("size %d, forgot %d, older %v", d.size, d.forgot, d.older)
	}
	r := d.decode([]byte{0xff, 0xe8, 0x01, 0xbe}, false) // entries 297 and 0, counted from the newest
	if r.err != nil || len(r.fields) != 2 || !r.fields[0].Unresolved || r.fields[1].Unresolved {
		t.Errorf("%d fields, %v", len(r.fields), r.err)
	}
	huge := append([]byte{0x40, 1, 'h', 0x7f, 0x81, 0x92, 0x14}, bytes.Repeat([]byte{'h'}, 330_112)...)
	if r := d.decode(huge, false); r.err != nil || d.size > MaxTable {
		t.Errorf("%v, size %d", r.err, d.size)
	}
	if r := d.decode([]byte{0xbe}, false); r.err != nil || !r.fields[0].Unresolved {
		t.Errorf("an entry too long to keep: %+v, %v", r.fields, r.err)
	}
}

// FuzzHPACK wants what x/net can decode to be decoded alike, and never a panic or a table above its limits.
func FuzzHPACK(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(bytes.Clone(newRandomBlocks(seed).next(true)), byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut byte) {
		ours := newDecoder()
		theirs := hpack.NewDecoder(initialTable, nil)
		at := min(int(cut), len(b))
		for _, part := range [][]byte{b[:at], b[at:]} {
			got := ours.decode(part, false)
			want, err := theirs.DecodeFull(part)
			if ours.size > MaxTable {
				t.Fatalf("table of %d bytes", ours.size)
			}
			if err != nil {
				return
			}
			if len(got.fields) != len(want) {
				t.Fatalf("%d fields, want %d", len(got.fields), len(want))
			}
			for j, w := range want {
				if g := got.fields[j]; g.Name != w.Name || g.Value != w.Value || g.Unresolved {
					t.Fatalf("field %d: %+v, want %v", j, g, w)
				}
			}
		}
	})
}

// BenchmarkHPACK decodes what a browser sends and a server answers, again and again: ns/field is what counts.
func BenchmarkHPACK(b *testing.B) {
	request := [][2]string{
		{":method", "GET"}, {":authority", "www.example.com"}, {":scheme", "https"}, {":path", "/static/js/app.js?v="},
		{"sec-ch-ua-platform", `"Linux"`}, {"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"},
		{"accept", "*/*"}, {"sec-fetch-site", "same-origin"}, {"sec-fetch-mode", "no-cors"}, {"sec-fetch-dest", "script"},
		{"referer", "https://www.example.com/"}, {"accept-encoding", "gzip, deflate, br, zstd"}, {"accept-language", "en-US,en;q=0.9"},
		{"cookie", "sid=0123456789abcdef0123456789abcdef"}, {"priority", "u=1"},
	}
	for _, changing := range []int{0, 1} {
		b.Run(fmt.Sprintf("changing=%d", changing), func(b *testing.B) {
			var buf bytes.Buffer
			enc := hpack.NewEncoder(&buf)
			var blocks [][]byte
			for i := range 64 {
				buf.Reset()
				for _, f := range request {
					if f[0] == ":path" && changing > 0 {
						f[1] += fmt.Sprint(i)
					}
					if err := enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
						b.Fatal(err)
					}
				}
				blocks = append(blocks, bytes.Clone(buf.Bytes()))
			}
			d := newDecoder()
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n%len(blocks) == 0 {
					d = newDecoder()
				}
				d.decode(blocks[n%len(blocks)], false)
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*len(request)), "ns/field")
		})
	}
}
