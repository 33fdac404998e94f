package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"hanalyze/output"
)

// parseConns reads the values of --conn: "3", "4-6", "9-" (from 9 on).
func parseConns(words []string) (output.Conns, error) {
	var c output.Conns
	for _, w := range words {
		first, last, isRange := strings.Cut(w, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 64)
		b := uint64(math.MaxUint64)
		if err == nil && last != "" {
			b, err = strconv.ParseUint(last, 10, 64)
		}
		if err != nil || a == 0 || b < a {
			return nil, fmt.Errorf("--conn %s: want numbers from 1 on, like 3, 4-6 or 9-", w)
		}
		c = append(c, output.ConnRange{First: a, Last: b})
	}
	return c, nil
}

// warnAbsent says which of the connections asked for are not among the n there are.
func warnAbsent(c output.Conns, n uint64, warn func(string)) {
	for _, r := range c {
		if r.Last <= n || r.First <= n && r.Last == math.MaxUint64 {
			continue
		}
		asked := strconv.FormatUint(r.First, 10)
		if r.Last == math.MaxUint64 {
			asked += "-"
		} else if r.Last > r.First {
			asked += "-" + strconv.FormatUint(r.Last, 10)
		}
		warn(fmt.Sprintf("--conn %s: the last connection is %d", asked, n))
	}
}
