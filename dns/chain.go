package dns

import (
	"strings"

	"hanalyze"
)

// MaxChain bounds the names of DNS.CNAMEChain. BIND follows 16 aliases and Unbound 11; more are a loop or an attack.
const MaxChain = 17

// addresses returns the data of the A and AAAA records, in order.
func addresses(rrs []hanalyze.DNSRR) (addrs []string) {
	for i := range rrs {
		rr := &rrs[i]
		if (rr.Type == "A" || rr.Type == "AAAA") && rr.Data != "" && rr.Data[0] != '\\' { // \# 3 … is no address
			addrs = append(addrs, rr.Data)
		}
	}
	return addrs
}

// chain follows the aliases of the answer section from name and returns all names on the way, nil when name has no
// alias. It stops at a name that was there before. limit is true when MaxChain was reached.
func chain(name string, rrs []hanalyze.DNSRR) (names []string, limit bool) {
	for {
		target, ok := alias(name, rrs)
		if !ok {
			return names, false
		}
		if names == nil {
			names = append(names, name)
		}
		for _, n := range names {
			if strings.EqualFold(n, target) {
				return names, false
			}
		}
		if len(names) == MaxChain {
			return names, true
		}
		names = append(names, target)
		name = target
	}
}

// alias returns what name is an alias of: by its CNAME, or by a DNAME above it where the server left out the CNAME that
// RFC 6672 §3.1 wants.
func alias(name string, rrs []hanalyze.DNSRR) (target string, ok bool) {
	for i := range rrs {
		switch rr := &rrs[i]; rr.Type {
		case "CNAME":
			if strings.EqualFold(rr.Name, name) && rr.Data != "" && rr.Data[0] != '\\' {
				return rr.Data, true
			}
		case "DNAME":
			if prefix, below := cutSuffixFold(name, rr.Name); below && !ok && rr.Data != "" {
				target, ok = join(prefix, rr.Data), true
			}
		}
	}
	return target, ok
}

// cutSuffixFold returns the labels of name before those of zone, and whether name lies below zone.
func cutSuffixFold(name, zone string) (prefix string, ok bool) {
	if zone == "." {
		return name, name != "."
	}
	dot := len(name) - len(zone) - 1
	if dot < 1 || name[dot] != '.' || !strings.EqualFold(name[dot+1:], zone) {
		return "", false
	}
	escapes := 0
	for i := dot - 1; i >= 0 && name[i] == '\\'; i-- {
		escapes++
	}
	return name[:dot], escapes%2 == 0 // else the dot is part of a label
}

func join(prefix, zone string) string {
	if zone == "." {
		return prefix
	}
	return prefix + "." + zone
}
