package troublelink

import "testing"

// TestRanges compares the set with one that keeps every offset.
func TestRanges(t *testing.T) {
	var r ranges
	has := map[int64]bool{}
	for i, s := range []span{
		{10, 20}, {30, 40}, {20, 22}, {5, 7}, {5, 5}, {36, 34}, {6, 31}, {50, 60}, {70, 15}, {0, 100}, {7, 7}, {12, 10}, {90, 80}, {100, 101}, {101, 0},
	} {
		keep := s.from <= s.to // otherwise the range is taken out
		if keep {
			r.add(s.from, s.to)
		} else {
			s = span{s.to, s.from}
			r.remove(s.from, s.to)
		}
		for at := s.from; at < s.to; at++ {
			has[at] = keep
		}
		for from := range int64(110) {
			for _, to := range []int64{from + 1, from + 7} {
				n, meet := int64(0), false
				for at := from; at < to; at++ {
					if has[at] {
						meet = true
					} else {
						n++
					}
				}
				if r.missing(from, to) != n || r.cover(from, to) != (n == 0) || r.meet(from, to) != meet {
					t.Fatalf("after %d ranges, of %d to %d: %d are missing in %v", i+1, from, to, n, r)
				}
			}
		}
	}
}
