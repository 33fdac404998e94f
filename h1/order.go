package h1

import "hanalyze"

// After a loss the order of answers alone does not pair them: nobody knows how many were lost. What helps is that an answer
// lies behind all that its client had read, or the capture had seen, when it asked (pending.after). Clients that wait for all
// answers before they ask again, which are nearly all, thereby ask in batches, and what was lost before a batch does not
// matter to it. Where several requests are left that a response may answer, it is told as the answer to none.

// leastMessage is how many bytes the shortest message has that anybody sends: a start line and an empty line. Fewer between
// two messages do not hide a third.
const leastMessage = int64(len("GET / HTTP/1.0\r\n\r\n"))

// maxInterimRest is how much of an interim answer may follow a gap that hides its beginning: 100 (Continue) has no headers,
// 103 some links.
const maxInterimRest = 128

// Ahead says that who sends what is fed next of direction d had read n bytes of the other direction that were not fed: they
// are missing, or come later.
func (c *Conn) Ahead(d hanalyze.Dir, n int64) {
	if d == hanalyze.C2S {
		c.ahead = max(n, 0)
	}
}

// place turns an offset of the server's direction into one that counts a gap of unknown size as a byte, so that what comes
// behind it is behind.
func (c *Conn) place(offset int64) int64 { return offset + c.unknownGaps }

// placeRequest says where the answer to p, which begins at offset at and is not in the queue yet, can begin at the earliest,
// and what that shows of the client.
func (c *Conn) placeRequest(p *pending, at int64) {
	server := &c.half[hanalyze.S2C]
	shown := server.offset
	if server.state == bodyPeek {
		shown += int64(len(server.carry))
	}
	p.after = max(c.place(shown)+c.ahead, c.asked)
	p.first = p.after != c.asked || c.last == 1
	if n := len(c.outstanding.items); n > c.outstanding.first {
		q := &c.outstanding.items[n-1]
		calm := server.state == idle || server.state.inMessage() && server.state != bodyPeek
		switch {
		case q.after == p.after:
			c.pipelines = true
		case c.ahead == 0 && c.lostTo <= q.after && calm: // it did not wait for the end of an answer
			c.pipelines, c.overlaps = true, true
		}
	}
	p.silent = p.first && c.gapFrom <= p.after && p.after < c.gapTo
	p.hole = c.requestsLost && at-c.requestsFrom >= leastMessage
	p.strange = p.hole && c.strange && p.after == c.strangeAt
	c.requestsLost, c.strange = false, false
	c.asked = p.after
}

// searchFrom notes the offset in direction d from which on bytes are lost, or passed over in search of a message.
func (c *Conn) searchFrom(d hanalyze.Dir, offset int64) {
	switch {
	case d == hanalyze.S2C && c.half[d].state != hunt:
		c.searched = c.place(offset)
	case d == hanalyze.C2S && !c.requestsLost:
		c.requestsLost, c.requestsFrom = true, offset
	}
}

// misread notes that bytes of the client from that offset on could not be read, although none are missing: they may have been a
// request all the same, which the server answers with 400.
func (c *Conn) misread(offset int64) {
	if !c.requestsLost {
		c.strange, c.strangeAt = true, c.place(c.half[hanalyze.S2C].offset)+c.ahead
		c.searchFrom(hanalyze.C2S, offset)
	}
}

// foundAt ends the search for an answer, which begins at the given offset. What was passed over may have been others.
func (c *Conn) foundAt(offset int64) {
	if at := c.place(offset); at-c.searched >= leastMessage {
		c.lostTo = at
	}
}

// loseAnswers takes notice of lost bytes of the server from the offset from on, behind whole answers; they end where its
// direction stands now. next is where an answer was due, -1 where that is not known. An answer that begins among them will
// not be recognised.
func (c *Conn) loseAnswers(from, next int64, sized bool) {
	c.gapFrom = c.place(from)
	if !sized {
		c.unknownGaps++
		c.gapFrom = c.place(from) // who joins in the middle has not lost the first answer
		c.searched -= leastMessage
	}
	c.gapTo = c.place(c.half[hanalyze.S2C].offset)
	items := c.outstanding.items[c.outstanding.first:]
	for i := range items {
		p := &items[i]
		due := i == 0 && next >= 0 && p.after <= c.place(next) || p.first && c.gapFrom <= p.after
		p.silent = p.silent || sized && due && p.after < c.gapTo
	}
}

// candidates returns how many of the oldest outstanding requests a response at offset at does not answer, and how many of
// those after them it may answer.
func (c *Conn) candidates(at int64) (skip, n int) {
	items := c.outstanding.items[c.outstanding.first:]
	n, at = len(items), c.place(at)
	for n > 0 && items[n-1].after > at {
		n--
	}
	if n == 0 {
		return 0, 0
	}
	if c.lostTo > items[0].after && !c.overlaps {
		for items[skip].after < items[n-1].after {
			skip++
		}
	}
	for skip < n && items[skip].silent && items[skip].exchange != c.wait && !(items[skip].expect && c.nearGap(at)) {
		skip++
	}
	return skip, n - skip
}

// nearGap reports whether what begins at the place at is the first after a gap but for the rest of an interim answer. Where that
// was asked for, it is the answer proper; else the request that it answers may be as lost as the beginning of the answer before.
func (c *Conn) nearGap(at int64) bool { return c.gapTo <= at && at-c.gapTo <= maxInterimRest }

// choose returns the request that a response at offset at answers as far as that can be known, nil when none waits. sure is
// false when it may be one of several, or one that was not seen.
func (c *Conn) choose(at int64) (p *pending, sure bool) {
	skip, n := c.candidates(at)
	for range skip {
		c.outstanding.pop()
	}
	if n == 0 {
		return nil, true
	}
	p = c.outstanding.front()
	lost := c.lostTo > p.after
	if c.overlaps {
		lost = c.answersLost
	}
	return p, !(lost && n > 1) && !c.unseenBefore(p)
}

// unseenBefore reports whether a request that the capture lacks, or that was not recognised, may have been asked together with
// p, before it.
func (c *Conn) unseenBefore(p *pending) bool { return p.hole && c.pipelines || p.strange }

// expects reports whether a message of direction d that begins at offset at is plausible: a response answers a request.
func (c *Conn) expects(d hanalyze.Dir, at int64) bool {
	if d == hanalyze.C2S || c.requestsLost || !c.half[hanalyze.C2S].spoke {
		return true
	}
	if _, n := c.candidates(at); n > 0 || c.place(at) == c.gapTo {
		return true
	}
	for _, p := range c.outstanding.items[c.outstanding.first:] {
		if p.hole {
			return true // it may answer one that was lost
		}
	}
	return false
}
