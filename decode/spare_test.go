package decode

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"hanalyze"
)

// givenBack plays n exchanges with so many extra headers and cookies, gives their records back, and returns the decoder.
func givenBack(t *testing.T, n, extra int) *Decoder {
	p := newPlayer(t, hanalyze.TCP, 80)
	p.decoder.cfg.Reuse = true
	more := strings.Repeat("X-Header: value\r\n", extra)
	for i := range n {
		cookies := strings.Repeat("a=b; ", extra) + "last=1"
		p.data(hanalyze.C2S, fmt.Appendf(nil, "GET /%d HTTP/1.1\r\nHost: h\r\nCookie: %s\r\n%s\r\n", i, cookies, more))
		p.data(hanalyze.S2C, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nVary: accept\r\nContent-Length: 0\r\n%s\r\n", more))
	}
	var list Told
	p.decoder.Told(&list)
	if len(list.records) != n {
		t.Fatalf("%d records of %d exchanges", len(list.records), n)
	}
	p.decoder.Reuse(&list)
	if len(list.records) != 0 {
		t.Error("Told still has them")
	}
	return p.decoder
}

func TestSpareRecordsAreFew(t *testing.T) {
	if d := givenBack(t, maxSpareRecords+10, 0); len(d.spare) != maxSpareRecords {
		t.Errorf("%d records are kept", len(d.spare))
	}
}

func TestSpareListsAreShort(t *testing.T) {
	for _, extra := range []int{1, maxSpareHeaders} {
		r := givenBack(t, 1, extra).record()
		long := extra > 1
		if cap(r.headers[0]) == 0 != long || cap(r.headers[1]) == 0 != long || cap(r.meant.sent) == 0 != long || cap(r.meant.vary) == 0 {
			t.Errorf("%d more: room for %d and %d headers, %d cookies, %d names", extra, cap(r.headers[0]), cap(r.headers[1]), cap(r.meant.sent), cap(r.meant.vary))
		}
	}
}

// A record that is used again is as empty as a new one but for room in its lists.
func TestSpareRecordsAreEmpty(t *testing.T) {
	d := givenBack(t, 1, 3)
	d.cfg.Poison = true
	d.spare[0].poison()
	r := d.record()
	if len(r.headers[0])+len(r.headers[1])+len(r.meant.sent)+len(r.meant.vary) != 0 {
		t.Errorf("%+v", r)
	}
	r.headers, *r.meant = [2][]hanalyze.Header{}, meant{}
	if want := (&record{meant: r.meant}); !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
}
