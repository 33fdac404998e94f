package story

// table is a map of at most limit keys that forgets the oldest one for each new one beyond. The zero value with a limit is
// empty.
type table[K comparable, V any] struct {
	limit     int
	values    map[K]V
	order     []K // ring of keys, oldest at next once it is full; a key that was deleted may still be in it
	next      int
	forgotten uint64
}

func (t *table[K, V]) get(k K) (V, bool) {
	v, ok := t.values[k]
	return v, ok
}

func (t *table[K, V]) put(k K, v V) {
	if _, known := t.values[k]; !known {
		t.admit(k)
	}
	t.values[k] = v
}

// admit makes room for a new key.
func (t *table[K, V]) admit(k K) {
	if t.values == nil {
		t.values = map[K]V{}
	}
	if len(t.order) < t.limit {
		t.order = append(t.order, k)
		return
	}
	old := t.order[t.next]
	if _, there := t.values[old]; there {
		delete(t.values, old)
		t.forgotten++
	}
	t.order[t.next] = k
	t.next = (t.next + 1) % t.limit
}

func (t *table[K, V]) delete(k K) { delete(t.values, k) }

func (t *table[K, V]) len() int { return len(t.values) }
