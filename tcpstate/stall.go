package tcpstate

import "hanalyze"

// watch sees every segment after it was classed and the states were moved; duplicates of a capture are left out.
func (c *Conn) watch(d hanalyze.Dir, s *Segment, class Class) {}
