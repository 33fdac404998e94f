package h2

import "hanalyze"

const (
	// initialTable is the table size before any SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2).
	initialTable = 4096

	// MaxTable bounds the memory of one direction's dynamic table, in RFC 7541 §4.1 bytes. Browsers announce 64 KiB;
	// a peer may announce 4 GiB. Entries beyond it are forgotten, and references to them stay unresolved.
	MaxTable = 256 << 10

	// entryOverhead is what RFC 7541 §4.1 adds to the length of name and value.
	entryOverhead = 32

	// firstEntries is the capacity that a table begins with, a power of two. A request of a browser inserts about a dozen.
	firstEntries = 16

	// UnknownName stands for the name of a field whose HPACK entry was made before the capture or in a gap.
	UnknownName = "?"
)

// entry is one field of the dynamic table.
type entry struct {
	name, value string
	unresolved  bool // a part of it is not known
	nameUnknown bool // name is UnknownName, not a name from the wire
}

// unknownEntry stands for an entry from before the capture or in a gap.
var unknownEntry = entry{name: UnknownName, unresolved: true, nameUnknown: true}

func (e *entry) header() hanalyze.Header {
	return hanalyze.Header{Name: e.name, Value: e.value, Unresolved: e.unresolved}
}

// size is the entry's size by RFC 7541 §4.1, or the least it can be where a part is unknown.
func (e *entry) size() uint64 {
	n := uint64(entryOverhead + len(e.value))
	if !e.nameUnknown {
		n += uint64(len(e.name))
	}
	return n
}

// table is the dynamic table of one direction's encoder (RFC 7541 §2.3.2), which may be known in part only.
//
// Indices count from the newest entry, so an entry inserted after a loss has its right index whatever came before it.
// That an insertion may really have been too large for a table of unknown size does no harm: such an insertion empties
// the encoder's table (§4.4), so no valid index refers to it or to anything older. Therefore entries are kept while they
// may exist, and a reference beyond them is unknown as long as older holds.
type table struct {
	ring    []entry // of a power of two; in order of insertion from oldest on, count of them
	oldest  int
	count   int
	size    uint64 // sum of their sizes
	max     uint64 // the encoder's table size; valid iff maxSeen
	maxSeen bool
	older   bool   // the encoder may have entries older than the oldest
	forgot  uint64 // entries forgotten because of MaxTable
}

func newTable() table { return table{max: initialTable, maxSeen: true} }

// len returns the number of entries known.
func (t *table) len() int { return t.count }

// lose forgets everything: what was inserted, evicted or resized since is not in the capture.
func (t *table) lose() {
	t.clear()
	t.older = true
	t.maxSeen = false
}

func (t *table) clear() {
	for t.count > 0 {
		t.dropOldest()
	}
}

// resize obeys a dynamic table size update (RFC 7541 §4.3).
func (t *table) resize(size uint64) {
	t.max, t.maxSeen = size, true
	t.evict(size)
	if size < entryOverhead {
		t.older = false // no entry fits
	}
}

// insert adds e as index 62 (RFC 7541 §4.4).
func (t *table) insert(e entry) {
	n := e.size()
	if t.maxSeen && n > t.max {
		t.clear()
		t.older = false
		return
	}
	if t.maxSeen {
		t.evict(t.max - n)
	}
	for t.size+n > MaxTable && t.len() > 0 {
		t.dropOldest()
		t.older = true
		t.forgot++
	}
	if n > MaxTable {
		e = unknownEntry
		n = e.size()
		t.forgot++
	}
	if t.count == len(t.ring) {
		t.grow()
	}
	t.ring[(t.oldest+t.count)&(len(t.ring)-1)] = e
	t.count++
	t.size += n
}

// grow doubles the ring, which is full. Its size is bounded like that of the entries, of which each counts entryOverhead.
func (t *table) grow() {
	ring := make([]entry, max(firstEntries, 2*len(t.ring)))
	n := copy(ring, t.ring[t.oldest:])
	copy(ring[n:], t.ring[:t.oldest])
	t.ring, t.oldest = ring, 0
}

// evict drops the oldest entries until those left fit into size. What is older than a dropped entry is gone as well.
func (t *table) evict(size uint64) {
	for t.size > size {
		t.dropOldest()
		t.older = false
	}
}

func (t *table) dropOldest() {
	e := &t.ring[t.oldest]
	t.size -= e.size()
	*e = entry{}
	t.oldest = (t.oldest + 1) & (len(t.ring) - 1)
	t.count--
}

// at returns the entry of dynamic index i, 0 being the newest, or nil when it is not known.
func (t *table) at(i uint64) *entry {
	if i >= uint64(t.count) {
		return nil
	}
	return &t.ring[(t.oldest+t.count-1-int(i))&(len(t.ring)-1)]
}
