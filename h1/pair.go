package h1

import "hanalyze"

// pending is a request whose answer is not complete.
type pending struct {
	exchange   uint64
	method     methodKind // methodUnknown while its head is not complete
	pipelined  bool
	persistent bool
	old        bool // HTTP/0.9
	upgrade    bool // it offers an upgrade
	expect     bool // it asks for an interim answer

	after   int64 // place in the server's direction, see Conn.place, before which its answer cannot begin
	first   bool  // of those with the same after
	silent  bool  // its answer begins in lost bytes
	strange bool  // bytes before it, asked together with it, could not be read
	hole    bool  // bytes of the client before it are lost, and maybe requests
}

// queue holds the outstanding requests, oldest first.
type queue struct {
	items []pending
	first int
}

func (q *queue) len() int { return len(q.items) - q.first }

func (q *queue) front() *pending {
	if q.len() == 0 {
		return nil
	}
	return &q.items[q.first]
}

// find returns the request of an exchange, nil if it is not outstanding. Only the ends of the queue are asked for: a
// request is the newest while it is sent, and the oldest when it is answered.
func (q *queue) find(exchange uint64) *pending {
	if q.len() == 0 {
		return nil
	}
	if p := &q.items[len(q.items)-1]; p.exchange == exchange {
		return p
	}
	if p := q.front(); p.exchange == exchange {
		return p
	}
	return nil
}

// push adds a request. Popped ones are squeezed out when they are half of a full slice, so that a push costs a constant.
func (q *queue) push(p pending) {
	if len(q.items) == cap(q.items) && q.first > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.first:])]
		q.first = 0
	}
	q.items = append(q.items, p)
}

func (q *queue) pop() {
	if q.first++; q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
	}
}

func (q *queue) dropLast() {
	if q.items = q.items[:len(q.items)-1]; q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
	}
}

// ask opens an exchange for the request that begins in h at offset at and reports whether it is pipelined.
func (c *Conn) ask(h *half, at int64) (pipelined bool) {
	c.asksAgain()
	pipelined = c.outstanding.len() > 0
	if c.outstanding.len() == maxOutstanding {
		c.outstanding.pop()
		c.doubt = true
		if !c.overflowed {
			c.overflowed = true
			c.malformed(hanalyze.C2S, h, LimitOutstanding, "")
		}
	}
	c.last++
	h.exchange = c.last
	p := pending{exchange: c.last, pipelined: pipelined, persistent: true}
	c.placeRequest(&p, at)
	c.outstanding.push(p)
	return pipelined
}

// asksAgain says that the client goes on to another request. One that has not pipelined so far does so because it has got
// its answer: that was in the lost bytes.
func (c *Conn) asksAgain() {
	if c.answersLost && !c.pipelines {
		c.forgetUnanswered()
	}
}

// forgetUnanswered drops the outstanding requests but the one that is being answered.
func (c *Conn) forgetUnanswered() {
	c.answersLost = false
	server := &c.half[hanalyze.S2C]
	var current pending
	if p := c.outstanding.front(); p != nil && server.state.inMessage() && p.exchange == server.exchange {
		current = *p
	}
	c.outstanding.items, c.outstanding.first = c.outstanding.items[:0], 0
	if current.exchange != 0 {
		c.outstanding.push(current)
	}
}

// pair finds the request that the response which begins in h at offset at answers: the oldest outstanding one, as long as
// nothing was lost.
func (c *Conn) pair(h *half, at int64) {
	p, sure := c.outstanding.front(), true
	if c.doubt {
		p, sure = c.choose(at)
	}
	h.oneOf = !sure
	switch {
	case (p == nil || !sure) && c.orphan != 0:
		h.exchange = c.orphan
	case p == nil || !sure:
		c.last++
		h.exchange, c.orphan = c.last, c.last
		// A request that was not seen may have been sent all the same, or comes later in a capture that puts packets in
		// the wrong order: later pairs may be off by one.
		c.doubt = true
	default:
		h.exchange, h.pairing, c.orphan = p.exchange, Certain, 0
		if c.doubt {
			h.pairing = Guessed
		}
	}
}

// spend takes notice that the final response in h is not told as the answer to a request. Where it answers one of several, one
// of them is answered with it, for all that is known the oldest; not so where it may be the answer to one that was not seen.
// It returns the last exchange before those that still wait.
func (c *Conn) spend(h *half) (settled uint64) {
	p := c.outstanding.front()
	if h.oneOf && c.outstanding.len() > 1 && !c.unseenBefore(p) {
		c.outstanding.pop()
		p = c.outstanding.front()
	}
	if p == nil {
		return h.exchange - 1
	}
	return p.exchange - 1
}

// withdraw takes back the exchange of a message in h that turned out not to be one, unless the server has answered it.
func (c *Conn) withdraw(d hanalyze.Dir, h *half) {
	if d == hanalyze.S2C {
		if h.pairing == Unpaired && h.exchange == c.last {
			c.last--
		}
		return
	}
	if n := len(c.outstanding.items); n == c.outstanding.first || c.outstanding.items[n-1].exchange != h.exchange || h.exchange == c.half[hanalyze.S2C].exchange {
		return
	}
	c.outstanding.dropLast()
	if h.exchange == c.last {
		c.last--
	}
}

// answered closes the exchange of the final response in h. The client, if it waits for this answer, goes on.
func (c *Conn) answered(h *half) {
	c.orphan = 0
	if p := c.outstanding.front(); p != nil && p.exchange == h.exchange {
		c.outstanding.pop()
	}
	if c.outstanding.len() == 0 {
		c.answersLost = false
	}
	if c.wait == h.exchange && c.wait != 0 {
		c.release()
		h.yields = c.half[hanalyze.C2S].withheld
	}
}

// release lets the client speak HTTP again after a request that could have switched protocols and did not.
func (c *Conn) release() {
	c.wait = 0
	client := &c.half[hanalyze.C2S]
	if client.state != wait && client.state != peek {
		return
	}
	client.state = idle
	if client.lostWhile {
		client.lostWhile = false
		c.resync(hanalyze.C2S, client)
	}
}
