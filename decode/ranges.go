package decode

import (
	"hanalyze"
	"hanalyze/semantics"
)

// ranges tells which parts of a resource were asked for and came. Only GET has ranges, RFC 9110 §14.2.
func (r *meaning) ranges() *hanalyze.HTTPRange {
	x := r.x
	if !r.pair || x.Method != "GET" || !r.asked.Has(semantics.Range) && x.Status != 206 {
		return nil
	}
	g := &hanalyze.HTTPRange{Asked: r.asked.Get(semantics.Range)}
	c, ok := semantics.ParseContentRange(r.told.Get(semantics.ContentRange))
	switch {
	case x.Status == 206 && x.Response.ContentType == "multipart/byteranges":
		g.Outcome = "several"
		return g
	case x.Status == 206:
		g.Outcome, g.Mismatch = "partial", r.mismatch(c, ok)
	case x.Status == 416:
		g.Outcome = "unsatisfiable"
	case x.Status == 200:
		g.Outcome = "whole"
		return g
	default:
		return nil
	}
	if ok && c.First >= 0 {
		first, last := uint64(c.First), uint64(c.Last)
		g.First, g.Last = &first, &last
	}
	if ok && c.Total >= 0 {
		total := uint64(c.Total)
		g.Total = &total
	}
	return g
}

// mismatch says what is wrong with a part: whether its body has the length its Content-Range says, and whether it was asked
// for.
func (r *meaning) mismatch(c semantics.PartialContent, ok bool) string {
	if !ok && semantics.OtherRangeUnit(r.told.Get(semantics.ContentRange)) {
		return ""
	}
	if !ok || c.First < 0 {
		return "invalid"
	}
	m, length := r.x.Response, uint64(c.Bytes())
	if m.DeclaredBytes != nil && *m.DeclaredBytes != length || r.c.whole[hanalyze.S2C] && m.BodyBytes != length {
		return "body_length"
	}
	if asked, ok := semantics.ParseRange(r.asked.Get(semantics.Range)); ok && !c.Answers(asked) {
		return "not_asked"
	}
	return ""
}
