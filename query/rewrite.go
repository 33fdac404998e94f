package query

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// rewriter makes an expression one that cannot fail where a record lacks a field:
//
//	status >= 500                 status != nil and status >= 500
//	any(answers, .ttl < 5)        answers != nil and any(answers, .ttl != nil and .ttl < 5)
//	not established               not (established == true)
//
// where a field is a call that reads it. Nodes are visited from the leaves to the root.
type rewriter struct {
	fields *fieldTable
	schema *shape
	bad    *ast.StringNode // the first one that is no network; nil: none
}

// Visit implements ast.Visitor.
func (w *rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if n.Value == whole || w.schema.fields[n.Value] != nil && !slices.Contains(functionNames, n.Value) {
			*node = w.fields.node(n.Value)
		}
	case *ast.MemberNode:
		w.member(node, n)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			w.boolean(&n.Node)
		}
	case *ast.BinaryNode:
		w.binary(node, n)
	case *ast.ConditionalNode:
		w.boolean(&n.Cond)
	case *ast.BuiltinNode:
		w.builtin(node, n)
	case *ast.CallNode:
		if c, ok := n.Callee.(*ast.IdentifierNode); ok && c.Value == "cidr" {
			w.network(n.Arguments[1])
			w.guard(node, n.Arguments...)
		}
	}
}

// choosing are the functions whose predicate is a condition. That of the others, such as map and sum, computes a value.
var choosing = []string{"any", "all", "none", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"}

func (w *rewriter) builtin(node *ast.Node, n *ast.BuiltinNode) {
	if slices.Contains(choosing, n.Name) && len(n.Arguments) == 2 {
		if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
			w.boolean(&p.Node)
		}
	}
	if slices.Contains([]string{"any", "all", "none", "one"}, n.Name) {
		w.guard(node, n.Arguments[:1]...)
	}
}

// network checks a network that is written in the expression.
func (w *rewriter) network(n ast.Node) {
	if s, ok := n.(*ast.StringNode); ok && w.bad == nil {
		if _, err := netip.ParsePrefix(s.Value); err != nil {
			w.bad = s
		}
	}
}

// member makes one field of a field and the name of one of its own.
func (w *rewriter) member(node *ast.Node, n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return
	}
	if path, ok := w.fields.path(n.Node); ok {
		path = strings.TrimPrefix(path+"."+name.Value, whole+".")
		*node = w.fields.node(path)
	}
}

// comparisons are the operators that do not hold where one side is absent.
var comparisons = []string{"==", "!=", "<", ">", "<=", ">=", "in", "contains", "startsWith", "endsWith", "matches"}

func (w *rewriter) binary(node *ast.Node, n *ast.BinaryNode) {
	switch {
	case slices.Contains([]string{"and", "or", "&&", "||"}, n.Operator):
		w.boolean(&n.Left)
		w.boolean(&n.Right)
	case slices.Contains(comparisons, n.Operator) && !isNil(n.Left) && !isNil(n.Right):
		w.guard(node, n.Left, n.Right)
	}
}

func isNil(n ast.Node) bool {
	_, is := n.(*ast.NilNode)
	return is
}

// boolean makes a condition of what may be an absent truth.
func (w *rewriter) boolean(node *ast.Node) {
	if w.mayBeAbsent(*node) {
		*node = &ast.BinaryNode{Operator: "==", Left: *node, Right: &ast.BoolNode{Value: true}}
	}
}

// guard puts in front of a condition that no field it computes with is absent.
func (w *rewriter) guard(node *ast.Node, operands ...ast.Node) {
	var fields []ast.Node
	for _, o := range operands {
		fields = w.absent(fields, o)
	}
	for _, f := range slices.Backward(fields) {
		present := &ast.BinaryNode{Operator: "!=", Left: f, Right: &ast.NilNode{}}
		*node = &ast.BinaryNode{Operator: "and", Left: present, Right: *node}
	}
}

// mayBeAbsent reports whether a node reads a field of the record, or of an element of a list.
func (w *rewriter) mayBeAbsent(n ast.Node) bool {
	if _, ok := w.fields.path(n); ok {
		return true
	}
	switch n := n.(type) {
	case *ast.MemberNode:
		return true
	case *ast.ChainNode:
		return w.mayBeAbsent(n.Node)
	}
	return false
}

// absent appends the nodes below n that may be absent. Conditions below it have guards of their own.
func (w *rewriter) absent(list []ast.Node, n ast.Node) []ast.Node {
	if w.mayBeAbsent(n) {
		if m, ok := n.(*ast.MemberNode); ok {
			list = w.absent(list, m.Node) // first what it is a member of
		}
		return append(list, n)
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		return w.absent(list, n.Node)
	case *ast.BinaryNode:
		return w.absent(w.absent(list, n.Left), n.Right)
	case *ast.SliceNode:
		return w.absent(list, n.Node)
	case *ast.CallNode:
		for _, a := range n.Arguments {
			list = w.absent(list, a)
		}
	case *ast.BuiltinNode:
		for _, a := range n.Arguments {
			if _, predicate := a.(*ast.PredicateNode); !predicate {
				list = w.absent(list, a)
			}
		}
	}
	return list
}
