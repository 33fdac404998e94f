package dns

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
)

func TestChain(t *testing.T) {
	rr := func(name, typ, data string) hanalyze.DNSRR { return hanalyze.DNSRR{Name: name, Type: typ, Data: data} }
	var long []hanalyze.DNSRR
	for i := range MaxChain + 5 {
		long = append(long, rr(fmt.Sprint("n", i), "CNAME", fmt.Sprint("n", i+1)))
	}
	for _, c := range []struct {
		name  string
		rrs   []hanalyze.DNSRR
		want  string
		limit bool
	}{
		{"a", nil, "", false},
		{"a", []hanalyze.DNSRR{rr("b", "CNAME", "c")}, "", false},
		{"a", []hanalyze.DNSRR{rr("A", "CNAME", "b"), rr("b", "CNAME", "c"), rr("c", "A", "192.0.2.1")}, "a b c", false},
		{"a", []hanalyze.DNSRR{rr("b", "CNAME", "c"), rr("a", "CNAME", "b")}, "a b c", false},
		{"a", []hanalyze.DNSRR{rr("a", "CNAME", "b"), rr("b", "CNAME", "A")}, "a b", false},
		{"a", []hanalyze.DNSRR{rr("a", "CNAME", "a")}, "a", false},
		{"a", []hanalyze.DNSRR{rr("a", "CNAME", `\# 1 ff`)}, "", false},
		{"x.y.old", []hanalyze.DNSRR{rr("OLD", "DNAME", "new"), rr("x.y.old", "CNAME", "x.y.new")}, "x.y.old x.y.new", false},
		{"x.y.old", []hanalyze.DNSRR{rr("OLD", "DNAME", "new")}, "x.y.old x.y.new", false},
		{"x.old", []hanalyze.DNSRR{rr("old", "DNAME", ".")}, "x.old x", false},
		{"old", []hanalyze.DNSRR{rr("old", "DNAME", "new")}, "", false},
		{`x\.old`, []hanalyze.DNSRR{rr("old", "DNAME", "new")}, "", false},
		{`x\\.old`, []hanalyze.DNSRR{rr("old", "DNAME", "new")}, `x\\.old x\\.new`, false},
		{"n0", long, "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11 n12 n13 n14 n15 n16", true},
	} {
		names, limit := chain(c.name, c.rrs)
		if got := strings.Join(names, " "); got != c.want || limit != c.limit {
			t.Errorf("%s: %q %v, want %q %v", c.name, got, limit, c.want, c.limit)
		}
	}
}
