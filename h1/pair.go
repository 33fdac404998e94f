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

// ask opens an exchange for the request that begins in h and reports whether it is pipelined.
func (c *Conn) ask(h *half) (pipelined bool) {
	c.asksAgain()
	pipelined = c.outstanding.len() > 0
	if pipelined && !c.doubt {
		c.pipelines = true
	}
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
	c.outstanding.push(pending{exchange: c.last, pipelined: pipelined, persistent: true})
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

// pair finds the request that the response which begins in h answers: the oldest outstanding one.
func (c *Conn) pair(h *half) {
	p := c.outstanding.front()
	switch {
	case p == nil && c.orphan != 0:
		h.exchange = c.orphan
	case p == nil:
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
