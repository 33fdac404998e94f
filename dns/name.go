package dns

const (
	// maxName bounds a name on the wire with its final root label, RFC 1035 §2.3.4.
	maxName = 255

	// MaxPointers bounds the compression pointers of one name. A name has at most 127 labels, and no honest pointer
	// leads to another pointer without a label between them.
	MaxPointers = 127

	// keptNames is how many decoded names are kept for compressed ones to come. The owner of most records is one of
	// the last few names.
	keptNames = 8
)

// names are the last names decoded, by the offset of their first label.
type names struct {
	at   [keptNames]int
	name [keptNames]string
	next int
}

func (n *names) find(at int) (string, bool) {
	for i, a := range n.at {
		if a == at && n.name[i] != "" {
			return n.name[i], true
		}
	}
	return "", false
}

func (n *names) keep(at int, name string) {
	n.at[n.next], n.name[n.next] = at, name
	n.next = (n.next + 1) % keptNames
}

// name reads the name at offset at and returns it in presentation form, and the offset after it. The part before the
// first pointer must end before limit.
func (p *parser) name(at, limit int) (name string, next int, ok bool) {
	first := at
	if at+2 <= limit && p.msg[at] >= 0xc0 {
		first = p.pointer(at)
		if name, ok = p.seen.find(first); ok {
			return name, at + 2, true
		}
	}
	start := p.text.Len()
	if next, ok = p.appendName(at, limit); !ok {
		return "", 0, false
	}
	name = p.text.from(start)
	p.seen.keep(first, name)
	return name, next, true
}

func (p *parser) pointer(at int) int { return int(p.msg[at]&0x3f)<<8 | int(p.msg[at+1]) }

// appendName is name without the memory: it appends the name to p.text.
//
// RFC 1035 §4.1.4: a pointer goes to "a prior occurance of the same name". Each must lead before the labels it ends, so
// the way goes strictly backwards and comes to an end.
func (p *parser) appendName(at, limit int) (next int, ok bool) {
	i, floor, wire, pointers := at, at, 0, 0
	for {
		if i >= limit {
			p.fail(at, "name_truncated", "")
			return 0, false
		}
		c := int(p.msg[i])
		switch c & 0xc0 {
		case 0x00:
			if c == 0 {
				if wire == 0 {
					p.text.WriteByte('.')
				}
				return max(next, i+1), true
			}
			if i+1+c > limit {
				p.fail(at, "name_truncated", "")
				return 0, false
			}
			if wire > 0 {
				p.text.WriteByte('.')
			}
			if wire += 1 + c; wire+1 > maxName {
				p.fail(at, "name_too_long", "")
				return 0, false
			}
			p.text.label(p.msg[i+1 : i+1+c])
			i += 1 + c
		case 0xc0:
			if i+2 > limit {
				p.fail(at, "name_truncated", "")
				return 0, false
			}
			target := p.pointer(i)
			if code := badPointer(target, floor, pointers); code != "" {
				p.fail(i, code, "")
				return 0, false
			}
			if pointers == 0 {
				next = i + 2 // every later position is before at, so max(next, i+1) keeps it
			}
			pointers++
			i, floor, limit = target, target, len(p.msg)
		default:
			p.fail(i, "name_label_type", "")
			return 0, false
		}
	}
}

// badPointer returns the code of what is wrong with a pointer to target after so many others, "" when nothing is.
func badPointer(target, floor, pointers int) string {
	switch {
	case target >= floor:
		return "name_pointer_forward"
	case target < headerLen:
		return "name_pointer_header"
	case pointers == MaxPointers:
		return "name_pointer_chain"
	}
	return ""
}
