package main

// endRule is a rule about figures of an end.
type endRule struct {
	rule
	figures []string
	applies func(e *end, theirs, ours float64) bool
}

// endRules are tried in this order.
var endRules = []endRule{}
