package filter

// parser reads the tokens of an expression from left to right. It stops at the first error.
//
//	expression  = operand { ("and" | "or") operand }       equal precedence, from left to right
//	operand     = "not" operand | "(" expression ")" | relation | primitive | id
//	primitive   = [protocol] [direction] [kind] id | protocol | …
//
// An id without qualifiers takes those of the operand before it: "port 80 or 443".
type parser struct {
	text   string
	tokens []token
	at     int
	depth  int // of parentheses and negations
}

// qualifiers say what an id means.
type qualifiers struct {
	proto proto
	dir   direction
	kind  idKind
}

// idKind is what an id is: a host, a port.
type idKind uint8

const (
	anyKind idKind = iota // a host
	hostKind
	netKind
	portKind
	portRangeKind
	protoKind
)

// operand is what a part of an expression turned out to be.
type operand struct {
	node node
	num  arithmetic  // instead of node: a number, which may become an id or part of a relation
	bare bool        // num is but a constant, perhaps in parentheses
	q    *qualifiers // what an id that follows inherits; nil: nothing
}

func newParser(text string) (*parser, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	return &parser{text: text, tokens: tokens}, nil
}

// parse reads a whole expression. It returns nil for an empty one.
func (p *parser) parse() (node, error) {
	if p.peek().kind == tokenEnd {
		return nil, nil
	}
	o, err := p.expression(nil)
	if err != nil {
		return nil, err
	}
	if err := p.condition(&o, nil); err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.unexpected(t)
	}
	return o.node, nil
}

func (p *parser) peek() *token { return &p.tokens[p.at] }

// peekAt returns the n-th token after the next one.
func (p *parser) peekAt(n int) *token { return &p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() *token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept takes the next token if it is one of the operators or keywords.
func (p *parser) accept(texts ...string) bool {
	if p.peek().is(texts...) {
		p.at++
		return true
	}
	return false
}

func (p *parser) fail(at span, format string, args ...any) *Error {
	return newError(p.text, at, format, args...)
}

// unexpected says why a token cannot stand where it is.
func (p *parser) unexpected(t *token) *Error {
	_, known := keywords[t.text]
	switch {
	case t.kind == tokenEnd:
		return p.fail(t.at, "the expression is not complete")
	case t.kind == tokenWord && unsupported[t.text] != "":
		return p.fail(t.at, "%s", unsupported[t.text])
	case t.kind == tokenWord && !known && !reserved[t.text]:
		return p.fail(t.at, "unknown word %q", t.text)
	case t.kind == tokenWord || t.kind == tokenSign:
		return p.fail(t.at, "%q cannot stand here", t.text)
	}
	return p.fail(t.at, "%q needs a word in front that says what it is, such as host, net or port", p.text[t.at.from:t.at.to])
}

// expression reads operands joined by and and or.
func (p *parser) expression(inherit *qualifiers) (operand, error) {
	x, err := p.operand(inherit)
	if err != nil {
		return x, err
	}
	for {
		and := p.peek().is("and", "&&")
		if !and && !p.peek().is("or", "||") {
			return x, nil
		}
		if err := p.condition(&x, inherit); err != nil {
			return x, err
		}
		p.next()
		y, err := p.operand(x.q)
		if err != nil {
			return y, err
		}
		if err := p.condition(&y, x.q); err != nil {
			return y, err
		}
		x = operand{node: &logic{x.node.where().until(y.node.where()), !and, x.node, y.node}, q: y.q}
	}
}

// condition makes an id of an operand that is a bare number.
func (p *parser) condition(o *operand, inherit *qualifiers) error {
	if o.node != nil {
		return nil
	}
	c, ok := o.num.(*constant)
	switch {
	case !ok || !o.bare:
		return p.fail(o.num.where(), "a number is no condition: compare it with another one")
	case inherit == nil:
		return p.fail(c.span, "%q needs a word in front that says what it is, such as host, net or port", p.text[c.from:c.to])
	}
	n, err := p.resolve(&token{kind: tokenNumber, at: c.span, value: c.value}, *inherit)
	o.node, o.num, o.q = n, nil, inherit
	return err
}

// operand reads one condition or, in front of ")" or an operator, a number.
func (p *parser) operand(inherit *qualifiers) (operand, error) {
	if p.depth++; p.depth > maxDepth {
		return operand{}, p.fail(p.peek().at, "parentheses and negations nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	t := p.peek()
	switch {
	case p.accept("not", "!"):
		return p.negated(t, inherit)
	case p.accept("("):
		return p.parenthesized(t, inherit)
	case t.kind == tokenNumber, t.is("-", "len", "length"), p.isAccess():
		x, bare, err := p.firstNumber()
		if err != nil {
			return operand{}, err
		}
		return p.relation(x, bare)
	case inherit != nil && p.isID(t):
		p.next()
		n, err := p.resolve(t, *inherit)
		return operand{node: n, q: inherit}, err
	}
	return p.primitive()
}

// negated reads what follows not.
func (p *parser) negated(not *token, inherit *qualifiers) (operand, error) {
	o, err := p.operand(inherit)
	if err != nil {
		return o, err
	}
	if err := p.condition(&o, inherit); err != nil {
		return o, err
	}
	o.node = &negation{not.at.until(o.node.where()), o.node}
	return o, nil
}

// parenthesized reads what follows "(": a condition, or the first part of a number. What is inherited from before the
// parentheses holds after them, but what is written inside ends with them.
func (p *parser) parenthesized(open *token, inherit *qualifiers) (operand, error) {
	o, err := p.expression(inherit)
	if err != nil {
		return o, err
	}
	if !p.peek().is(")") {
		if t := p.peek(); t.kind != tokenEnd {
			return o, p.unexpected(t)
		}
		return o, p.fail(open.at, "this parenthesis is not closed")
	}
	p.next()
	if o.num != nil {
		return p.relation(o.num, o.bare)
	}
	if o.q != inherit {
		o.q = nil
	}
	return o, nil
}

// isID reports whether t can be an id: a name that is no keyword, or an address.
func (p *parser) isID(t *token) bool {
	switch t.kind {
	case tokenWord:
		_, known := keywords[t.text]
		return !known && !reserved[t.text] && unsupported[t.text] == ""
	case tokenEscaped, tokenDotted, tokenMAC, tokenIP6:
		return true
	}
	return false
}

// ids reads what follows qualifiers: an id, or several in parentheses. Numbers are ids here.
func (p *parser) ids(q *qualifiers) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.peek().at, "parentheses and negations nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	t := p.peek()
	switch {
	case p.accept("not", "!"):
		n, err := p.ids(q)
		if err != nil {
			return nil, err
		}
		return &negation{t.at.until(n.where()), n}, nil
	case p.accept("("):
		return p.idList(t, q)
	case t.kind == tokenNumber, p.isID(t):
		p.next()
		return p.resolve(t, *q)
	case t.kind == tokenEnd:
		return nil, p.fail(t.at, "%s is missing", q.kind.wanted())
	case t.kind == tokenWord && q.kind == protoKind:
		return nil, p.fail(t.at, `%q is a keyword: write \%s for the protocol of that name`, t.text, t.text)
	}
	return nil, p.unexpected(t)
}

// idList reads ids after "(" up to ")".
func (p *parser) idList(open *token, q *qualifiers) (node, error) {
	x, err := p.ids(q)
	if err != nil {
		return nil, err
	}
	for !p.accept(")") {
		and := p.peek().is("and", "&&")
		if !and && !p.peek().is("or", "||") {
			if t := p.peek(); t.kind != tokenEnd {
				return nil, p.unexpected(t)
			}
			return nil, p.fail(open.at, "this parenthesis is not closed")
		}
		p.next()
		y, err := p.ids(q)
		if err != nil {
			return nil, err
		}
		x = &logic{x.where().until(y.where()), !and, x, y}
	}
	return x, nil
}

// wanted names what an id of the kind is.
func (k idKind) wanted() string {
	switch k {
	case netKind:
		return "a net"
	case portKind:
		return "a port"
	case portRangeKind:
		return "a range of ports"
	case protoKind:
		return "a protocol"
	}
	return "an address"
}
