package query

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/expr-lang/expr"
)

// functions are what expressions can call besides the library's own functions.
func functions() []expr.Option {
	return []expr.Option{
		expr.Function("cidr", inNetwork(map[string]netip.Prefix{}), new(func(string, string) bool)),
		expr.Function("header", header, new(func([]any, string) string)),
	}
}

// inNetwork returns the function cidr(address, network): whether an address is in a network. A network is read once.
func inNetwork(known map[string]netip.Prefix) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		address, ok1 := args[0].(string)
		network, ok2 := args[1].(string)
		if !ok1 || !ok2 {
			return false, nil
		}
		p, ok := known[network]
		if !ok {
			var err error
			if p, err = netip.ParsePrefix(network); err != nil {
				return nil, fmt.Errorf("cidr: %q is no network like 10.0.0.0/8", network)
			}
			known[network] = p
		}
		a, err := netip.ParseAddr(address)
		return err == nil && p.Contains(a.Unmap()), nil
	}
}

// header is the function header(headers, name): the value of the first header of a name, "" if there is none. Names are
// equal whatever their case (RFC 9110 §5.1).
func header(args ...any) (any, error) {
	list, _ := args[0].([]any)
	name, _ := args[1].(string)
	for _, h := range list {
		m, ok := h.(map[string]any)
		if !ok {
			continue
		}
		if n, ok := m["name"].(string); ok && strings.EqualFold(n, name) {
			return m["value"], nil
		}
	}
	return "", nil
}
