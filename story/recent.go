package story

// recent is a map that forgets its oldest key when it is full.
type recent[K comparable, V any] struct {
	m         map[K]V
	order     []K // ring of the keys, oldest at next once it is full
	next, max int
	forgotten uint64
}

func newRecent[K comparable, V any](max int) recent[K, V] {
	return recent[K, V]{m: map[K]V{}, max: max}
}

// put sets the value of a key. A key that is there keeps its age.
func (r *recent[K, V]) put(k K, v V) {
	if _, known := r.m[k]; !known {
		if len(r.order) < r.max {
			r.order = append(r.order, k)
		} else {
			delete(r.m, r.order[r.next])
			r.order[r.next] = k
			r.next = (r.next + 1) % r.max
			r.forgotten++
		}
	}
	r.m[k] = v
}
