package filter

// primitive reads a condition that begins with a keyword.
func (p *parser) primitive() (operand, error) {
	first := p.peek()
	if first.kind != tokenWord {
		return operand{}, p.unexpected(first)
	}
	if pr, ok := keywords[first.text]; ok {
		p.next()
		return p.qualified(first, pr)
	}
	switch first.text {
	case "src", "dst", "host", "net", "port", "portrange", "proto", "broadcast", "multicast":
		return p.qualified(first, anyProto)
	}
	if !reserved[first.text] || first.is("and", "or", "mask") {
		return operand{}, p.unexpected(first)
	}
	p.next()
	n, err := p.special(first)
	return operand{node: n}, err
}

// qualified reads what may follow a protocol: qualifiers and an id, broadcast or multicast, or nothing.
func (p *parser) qualified(first *token, pr proto) (operand, error) {
	if t := p.peek(); p.accept("broadcast", "multicast") {
		n, err := p.cast(first, t, pr)
		return operand{node: n}, err
	}
	q := qualifiers{proto: pr}
	some, err := p.direction(&q)
	if err != nil {
		return operand{}, err
	}
	switch t := p.peek(); {
	case p.accept("host"):
		q.kind = hostKind
	case p.accept("net"):
		q.kind = netKind
	case p.accept("port"):
		q.kind = portKind
	case p.accept("portrange"):
		q.kind = portRangeKind
	case !some && p.accept("proto"):
		q.kind = protoKind
	case t.is("protochain", "gateway") || t.kind == tokenWord && unsupported[t.text] == wlanReason:
		return operand{}, p.unexpected(t)
	case !some:
		return p.alone(first, pr)
	}
	n, err := p.ids(&q)
	return operand{node: n, q: &q}, err
}

// alone makes a condition of a protocol's name.
func (p *parser) alone(first *token, pr proto) (operand, error) {
	if pr == link {
		return operand{}, p.fail(first.at, "%q alone is no condition: say what of it, such as %s host ADDRESS", first.text, first.text)
	}
	return operand{node: &protocol{first.at, pr}}, nil
}

// direction reads src, dst, or both joined by and or or. It reports whether there was one.
func (p *parser) direction(q *qualifiers) (bool, error) {
	t := p.peek()
	if !p.accept("src", "dst") {
		return false, nil
	}
	q.dir = srcOnly
	if t.text == "dst" {
		q.dir = dstOnly
	}
	joined := p.peek().is("and", "or", "&&", "||") && p.peekAt(1).is("src", "dst") && p.peekAt(1).text != t.text
	if !joined {
		return true, nil
	}
	// "src A and dst B" is another matter: there an id stands between.
	q.dir = srcOrDst
	if p.next().is("and", "&&") {
		q.dir = srcAndDst
	}
	p.next()
	return true, nil
}

// cast makes a condition of broadcast or multicast.
func (p *parser) cast(first, word *token, pr proto) (node, error) {
	at := first.at.until(word.at)
	c := &cast{at, pr, word.text == "multicast"}
	switch {
	case pr == anyProto, pr == link, pr == ip, pr == ip6 && c.multi:
		return c, nil
	case c.multi:
		return nil, p.fail(at, "multicast is known of ether, ip and ip6")
	}
	return nil, p.fail(at, "broadcast is known of ether and ip")
}

// special reads what follows a keyword that takes no qualifiers.
func (p *parser) special(first *token) (node, error) {
	switch first.text {
	case "less", "greater":
		return p.lengthLimit(first)
	case "inbound", "outbound":
		return &passage{first.at, first.text == "outbound"}, nil
	case "ifindex":
		t := p.next()
		if t.kind != tokenNumber {
			return nil, p.fail(t.at, "ifindex needs a number")
		}
		return &interfaceIndex{first.at.until(t.at), t.value}, nil
	case "pppoed":
		return &discovery{first.at}, nil
	case "vlan", "mpls", "pppoes", "geneve":
		return p.encapsulation(first)
	case "llc":
		return p.llc(first)
	}
	return nil, p.unexpected(first)
}

// lengthLimit reads less N and greater N, which include N.
func (p *parser) lengthLimit(first *token) (node, error) {
	t := p.next()
	if t.kind != tokenNumber {
		return nil, p.fail(t.at, "%s needs a number of bytes", first.text)
	}
	at := first.at.until(t.at)
	r := &relation{at, greaterOrEqual, false, &length{first.at}, &constant{t.at, t.value}}
	if first.text == "less" {
		r.op, r.not = greater, true
	}
	return r, nil
}

// largest are the largest identifiers that encapsulations have room for.
var largest = map[string]uint32{"vlan": 0xfff, "mpls": 0xfffff, "pppoes": 0xffff, "geneve": 0xffffff}

// encapsulation reads the identifier that may follow, which may be in parentheses.
func (p *parser) encapsulation(first *token) (node, error) {
	e := &encapsulation{span: first.at, kind: first.text}
	open := 0
	for p.peekAt(open).is("(") {
		open++
	}
	t := p.peekAt(open)
	if t.kind != tokenNumber {
		return e, nil
	}
	p.at += open + 1
	for range open {
		if !p.accept(")") {
			return nil, p.unexpected(p.peek())
		}
	}
	e.span, e.some, e.value = first.at.until(t.at), true, t.value
	if e.value > largest[e.kind] {
		return nil, p.fail(t.at, "%d is more than %d, the largest that %s has", e.value, largest[e.kind], e.kind)
	}
	return e, nil
}

// llc reads the kind of PDU that may follow.
func (p *parser) llc(first *token) (node, error) {
	n := &llc{span: first.at}
	t := p.peek()
	if t.kind != tokenWord || reserved[t.text] {
		return n, nil
	}
	_, known := llcTypes[t.text]
	if !known && t.text != "i" {
		return nil, p.fail(t.at, "%q is no kind of LLC PDU", t.text)
	}
	p.next()
	n.span, n.kind = first.at.until(t.at), t.text
	return n, nil
}
