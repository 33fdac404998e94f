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

	// UnknownName stands for the name of a field whose HPACK entry was made before the capture or in a gap.
	UnknownName = "?"
)

// entry is one field of the dynamic table.
type entry struct {
	hanalyze.Header
	nameUnknown bool // Name is UnknownName, not a name from the wire
}

// size is the entry's size by RFC 7541 §4.1, or the least it can be where a part is unknown.
func (e *entry) size() uint64 {
	n := uint64(entryOverhead + len(e.Value))
	if !e.nameUnknown {
		n += uint64(len(e.Name))
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
	ents    []entry // ents[first:] in order of insertion, newest last
	first   int
	size    uint64 // sum of the sizes of ents[first:]
	max     uint64 // the encoder's table size; valid iff maxSeen
	maxSeen bool
	older   bool   // the encoder may have entries older than ents[first]
	forgot  uint64 // entries forgotten because of MaxTable
}

func newTable() table { return table{max: initialTable, maxSeen: true} }

// len returns the number of entries known.
func (t *table) len() int { return len(t.ents) - t.first }

// lose forgets everything: what was inserted, evicted or resized since is not in the capture.
func (t *table) lose() {
	t.clear()
	t.older = true
	t.maxSeen = false
}

func (t *table) clear() {
	clear(t.ents)
	t.ents, t.first, t.size = t.ents[:0], 0, 0
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
	t.ents = append(t.ents, e)
	t.size += n
}

// evict drops the oldest entries until those left fit into size. What is older than a dropped entry is gone as well.
func (t *table) evict(size uint64) {
	for t.size > size {
		t.dropOldest()
		t.older = false
	}
}

func (t *table) dropOldest() {
	t.size -= t.ents[t.first].size()
	t.ents[t.first] = entry{}
	t.first++
	if t.first >= 64 && t.first >= len(t.ents)/2 {
		n := copy(t.ents, t.ents[t.first:])
		clear(t.ents[n:])
		t.ents, t.first = t.ents[:n], 0
	}
}

// at returns the entry of dynamic index i, 0 being the newest, or nil when it is not known.
func (t *table) at(i uint64) *entry {
	if i >= uint64(t.len()) {
		return nil
	}
	return &t.ents[len(t.ents)-1-int(i)]
}
