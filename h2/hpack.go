package h2

import (
	"errors"
	"fmt"

	"hanalyze"
)

// MaxHeaderList bounds the decoded fields of one block, in RFC 9113 §6.5.2 bytes (name, value and 32 each). Servers
// allow 8 KiB to 1 MiB; a few bytes of HPACK can ask for gigabytes. Fields beyond it are dropped, the table stays right.
const MaxHeaderList = 1 << 20

// keepScratch is the most memory that a direction holds on to for undoing Huffman codes.
const keepScratch = 4 << 10

// decoder decodes the field blocks of one direction (RFC 7541).
type decoder struct {
	table
	limit      uint64 // the largest size an update may set: the peer's acknowledged SETTINGS_HEADER_TABLE_SIZE
	limitKnown bool
	mustResize bool // the limit fell below the table size: the next block must begin with an update (RFC 7541 §4.2)

	count   compression
	last    int    // fields of the last block: the next one has about as many
	scratch []byte // where Huffman codes are undone
}

func newDecoder() decoder {
	return decoder{table: newTable(), limit: initialTable, limitKnown: true}
}

// setLimit tells the size that the peer announced and this direction acknowledged.
func (d *decoder) setLimit(limit uint64) {
	d.limit, d.limitKnown = limit, true
	d.mustResize = d.maxSeen && d.max > limit
}

// lose forgets what is known about the encoder: bytes of its direction are missing.
func (d *decoder) lose() {
	d.table.lose()
	d.mustResize = false
}

// block is a decoded field block. It owns its memory.
type block struct {
	fields  []hanalyze.Header
	listed  uint64 // size of fields by RFC 9113 §6.5.2, with those beyond MaxHeaderList
	missing hanalyze.Missing
	err     error // the first thing RFC 7541 forbids; the fields decoded before and, if possible, after it are there
}

// The ways in which the rest of a block becomes unreadable, or an entry wrong.
var (
	errTruncated = errors.New("field block ends inside a field")
	errInteger   = errors.New("integer exceeds 32 bits")
)

// decode decodes a whole field block; b is borrowed. A block known to be cut (partial) ends without complaint where its
// bytes end, and the table is lost. An index beyond what is known gives a placeholder.
func (d *decoder) decode(b []byte, partial bool) block {
	r := blockReader{d: d, fields: make([]hanalyze.Header, 0, min(len(b), d.last))} // a field takes a byte at least
	d.count.bytes += uint64(len(b))
	for len(b) > 0 {
		n, err := r.representation(b)
		if err != nil {
			if !partial || !errors.Is(err, errTruncated) {
				r.complain(err)
			}
			partial = true
			break
		}
		b = b[n:]
	}
	if partial {
		d.lose()
	}
	d.last = len(r.fields)
	if len(r.fields) == 0 {
		r.fields = nil
	}
	return block{fields: r.fields, listed: r.listed, missing: r.missing, err: r.err}
}

// blockReader is the state of one decode.
type blockReader struct {
	d       *decoder
	fields  []hanalyze.Header
	listed  uint64 // size of fields by RFC 9113 §6.5.2
	seen    bool   // a field came before: size updates must not follow
	missing hanalyze.Missing
	err     error
}

// complain keeps the first complaint.
func (r *blockReader) complain(err error) {
	if r.err == nil {
		r.err = err
	}
}

// representation consumes one representation of RFC 7541 §6.
func (r *blockReader) representation(b []byte) (n int, err error) {
	c := b[0]
	if c&0xe0 == 0x20 {
		return r.sizeUpdate(b)
	}
	r.seen = true
	if r.d.mustResize {
		r.d.mustResize = false
		r.complain(fmt.Errorf("no table size update after the limit became %d", r.d.limit))
	}
	switch {
	case c&0x80 != 0:
		return r.indexed(b)
	case c&0x40 != 0:
		return r.literal(b, 6, true)
	}
	return r.literal(b, 4, false) // without indexing, or never indexed
}

// sizeUpdate is RFC 7541 §6.3.
func (r *blockReader) sizeUpdate(b []byte) (n int, err error) {
	size, n, err := consumeInt(b, 5)
	if err != nil {
		return 0, err
	}
	d := r.d
	if r.seen {
		r.complain(errors.New("table size update after the first field"))
	}
	if d.limitKnown && size > d.limit {
		r.complain(fmt.Errorf("table size update to %d exceeds the limit of %d", size, d.limit))
	}
	d.mustResize = d.mustResize && size > d.limit
	d.resize(size)
	return n, nil
}

// indexed is RFC 7541 §6.1.
func (r *blockReader) indexed(b []byte) (n int, err error) {
	i, n := uint64(b[0]&0x7f), 1
	if i == 0x7f {
		if i, n, err = consumeInt(b, 7); err != nil {
			return 0, err
		}
	}
	if i > uint64(len(staticTable)) {
		r.d.count.fromTable++
	}
	r.add(r.lookup(i))
	return n, nil
}

// literal is RFC 7541 §6.2: a name by index or by text, and the text of the value.
func (r *blockReader) literal(b []byte, prefix uint, insert bool) (n int, err error) {
	i, n, err := consumeInt(b, prefix)
	if err != nil {
		return 0, err
	}
	var e entry
	if i != 0 {
		named := r.lookup(i)
		e.name, e.nameUnknown = named.name, named.nameUnknown
		e.unresolved = named.nameUnknown
	} else {
		name, m, err := consumeString(b[n:])
		if err != nil {
			return 0, err
		}
		n += m
		if e.name, err = r.d.text(name); err != nil {
			r.complain(err)
			e.name, e.nameUnknown, e.unresolved = UnknownName, true, true
		}
	}
	value, m, err := consumeString(b[n:])
	if err != nil {
		return 0, err
	}
	if e.value, err = r.d.text(value); err != nil {
		r.complain(err)
		e.unresolved = true
	}
	if insert {
		r.d.insert(e)
	}
	r.add(&e)
	return n + m, nil
}

// lookup resolves an index (RFC 7541 §2.3.3). What is not known becomes a placeholder.
// The entry is valid until the next insertion.
func (r *blockReader) lookup(i uint64) *entry {
	const static = uint64(len(staticTable))
	if i-1 < static {
		return &staticEntries[i-1]
	}
	if e := r.d.at(i - 1 - static); e != nil {
		return e
	}
	if i == 0 || !r.d.older {
		r.complain(fmt.Errorf("index %d is not in the table", i))
		r.d.lose() // one of the two, the encoder or this table, is wrong: resolve nothing by it any more
	}
	return &unknownEntry
}

// add appends a field to the list, as far as the limit allows.
func (r *blockReader) add(e *entry) {
	n := uint64(len(e.name) + len(e.value))
	r.d.count.fields++
	r.d.count.decoded += n
	if e.unresolved {
		r.d.count.unresolved++
	}
	r.listed += n + entryOverhead
	if r.listed > MaxHeaderList {
		r.missing |= hanalyze.MissingLimit
		return
	}
	r.fields = append(r.fields, e.header())
}

// consumeInt reads an integer with a prefix of the given bits (RFC 7541 §5.1). Values above 32 bits are an error, as
// nothing in HTTP/2 is larger.
func consumeInt(b []byte, prefix uint) (v uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errTruncated
	}
	mask := uint64(1)<<prefix - 1
	if v = uint64(b[0]) & mask; v < mask {
		return v, 1, nil
	}
	return consumeLong(b, mask)
}

// consumeLong reads an integer that its prefix, of which v is the largest value, does not hold.
func consumeLong(b []byte, v uint64) (_ uint64, n int, err error) {
	for n, shift := 1, uint(0); n < len(b); n, shift = n+1, shift+7 {
		if shift > 28 {
			return 0, 0, errInteger
		}
		v += uint64(b[n]&0x7f) << shift
		if b[n]&0x80 != 0 {
			continue
		}
		if v > 1<<32-1 {
			return 0, 0, errInteger
		}
		return v, n + 1, nil
	}
	return 0, 0, errTruncated
}

// literalString is a string literal of RFC 7541 §5.2, not yet decoded. It borrows the block.
type literalString struct {
	b       []byte
	huffman bool
}

func consumeString(b []byte) (s literalString, n int, err error) {
	size, n, err := consumeInt(b, 7)
	if err != nil {
		return s, 0, err
	}
	if size > uint64(len(b)-n) {
		return s, 0, errTruncated
	}
	end := n + int(size)
	return literalString{b[n:end], b[0]&0x80 != 0}, end, nil
}

// text decodes s into memory of its own.
func (d *decoder) text(s literalString) (string, error) {
	if !s.huffman {
		return string(s.b), nil
	}
	t, err := appendHuffman(d.scratch[:0], s.b)
	if cap(t) <= keepScratch {
		d.scratch = t
	}
	if err != nil {
		return "", err
	}
	return string(t), nil
}
