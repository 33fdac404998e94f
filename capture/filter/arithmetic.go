package filter

// Operators of arithmetic by precedence, as in C. Those of level 0 do not mix with any others: libpcap groups them unlike C.
var levels = map[string]int{"%": 0, "^": 0, "|": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5}

// isAccess reports whether the next tokens are a protocol and "[".
func (p *parser) isAccess() bool {
	t := p.peek()
	_, known := keywords[t.text]
	return t.kind == tokenWord && (known || t.text == "radio") && p.peekAt(1).is("[")
}

// firstNumber reads one operand of arithmetic. bare says that it is a constant and nothing else.
func (p *parser) firstNumber() (x arithmetic, bare bool, err error) {
	if p.depth++; p.depth > maxDepth {
		return nil, false, p.fail(p.peek().at, "parentheses and negations nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	t := p.peek()
	switch {
	case t.kind == tokenNumber:
		p.next()
		return &constant{t.at, t.value}, true, nil
	case p.accept("len", "length"):
		return &length{t.at}, false, nil
	case p.accept("-"):
		y, _, err := p.firstNumber()
		if err != nil {
			return nil, false, err
		}
		return &operation{t.at.until(y.where()), '-', &constant{t.at, 0}, y}, false, nil
	case p.accept("("):
		x, bare, err = p.firstNumber()
		if err == nil {
			x, bare, err = p.binary(x, bare, 0)
		}
		if err == nil && !p.accept(")") {
			err = p.unexpected(p.peek())
		}
		return x, bare, err
	case p.isAccess():
		x, err = p.access()
		return x, false, err
	}
	return nil, false, p.unexpected(t)
}

// binary reads the operators of at least a level that follow x, and their operands.
func (p *parser) binary(x arithmetic, bare bool, level int) (arithmetic, bool, error) {
	for operators := 0; ; operators++ {
		t := p.peek()
		l, is := levels[t.text]
		if !is || t.kind != tokenSign || l < level {
			return x, bare, nil
		}
		if l == 0 && operators > 0 {
			return nil, false, p.mixed(t)
		}
		p.next()
		y, _, err := p.firstNumber()
		if err != nil {
			return nil, false, err
		}
		tighter := l + 1
		if l == 0 {
			tighter = len(levels)
		}
		if y, _, err = p.binary(y, false, tighter); err != nil {
			return nil, false, err
		}
		if after := p.peek(); l == 0 && levels[after.text] > 0 || l > 0 && after.is("%", "^") {
			return nil, false, p.mixed(after)
		}
		if err := p.checkOperand(t, y); err != nil {
			return nil, false, err
		}
		x, bare = &operation{x.where().until(y.where()), t.text[0], x, y}, false
	}
}

func (p *parser) mixed(t *token) *Error {
	return p.fail(t.at, "use parentheses to mix %% or ^ with other operators: libpcap and C group them in different ways")
}

// checkOperand refuses constants that no processor divides or shifts by.
func (p *parser) checkOperand(op *token, y arithmetic) error {
	c, ok := y.(*constant)
	switch {
	case !ok:
	case op.is("/", "%") && c.value == 0:
		return p.fail(op.at.until(c.span), "division by zero")
	case op.is("<<", ">>") && c.value > 31:
		return p.fail(op.at.until(c.span), "shift by more than 31 bits")
	}
	return nil
}

// access reads a protocol with an offset and perhaps a size in brackets.
func (p *parser) access() (arithmetic, error) {
	first := p.next()
	pr, known := keywords[first.text]
	if !known {
		return nil, p.unexpected(first)
	}
	p.next()
	x, bare, err := p.firstNumber()
	if err != nil {
		return nil, err
	}
	if x, _, err = p.binary(x, bare, 0); err != nil {
		return nil, err
	}
	n := &access{proto: pr, offset: x, size: 1}
	if p.accept(":") {
		t := p.next()
		if t.kind != tokenNumber || t.value != 1 && t.value != 2 && t.value != 4 {
			return nil, p.fail(t.at, "the number of bytes is 1, 2 or 4")
		}
		n.size = int(t.value)
	}
	end := p.next()
	if !end.is("]") {
		return nil, p.unexpected(end)
	}
	n.span = first.at.until(end.at)
	if !hasBytes(pr) {
		return nil, p.fail(first.at, "the bytes of %s cannot be looked at", first.text)
	}
	return n, nil
}

// hasBytes reports whether the header of a protocol is at a place that can be computed.
func hasBytes(pr proto) bool {
	switch pr {
	case link, ip, ip6, arp, rarp, atalk, decnet, lat, sca, mopdl, moprc, tcp, udp, sctp, icmp, igmp, igrp, pim, vrrp, carp, icmp6:
		return true
	}
	return false
}

// relation reads what follows the first operand of arithmetic: more of it, and a comparison with other arithmetic. Where no
// comparison follows, the number stays one.
func (p *parser) relation(x arithmetic, bare bool) (operand, error) {
	x, bare, err := p.binary(x, bare, 0)
	if err != nil {
		return operand{}, err
	}
	op := p.peek()
	if !p.accept("=", "==", "!=", "<", ">", "<=", ">=") {
		return operand{num: x, bare: bare}, nil
	}
	y, _, err := p.firstNumber()
	if err != nil {
		return operand{}, err
	}
	if y, _, err = p.binary(y, false, 0); err != nil {
		return operand{}, err
	}
	r := &relation{span: x.where().until(y.where()), x: x, y: y}
	switch op.text {
	case "!=":
		r.not = true
	case ">":
		r.op = greater
	case "<=":
		r.op, r.not = greater, true
	case ">=":
		r.op = greaterOrEqual
	case "<":
		r.op, r.not = greaterOrEqual, true
	}
	return operand{node: r}, nil
}
