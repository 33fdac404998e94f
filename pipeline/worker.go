package pipeline

import (
	"hanalyze"
	"hanalyze/decode"
	"hanalyze/reassembly"
)

// A worker owns every n-th shard: no other goroutine touches its flows.
type worker struct {
	id, n  int
	shards []*reassembly.Tracker // by shard; nil where another worker owns it
	decode *decode.Decoder
	now    cause // of the records being made
	out    *made // of the current job
}

func newWorker(id, n int, cfg decode.Config, packets, bodies bool) *worker {
	w := &worker{id: id, n: n, shards: make([]*reassembly.Tracker, numShards)}
	cfg.Emit = w.emit
	if bodies {
		cfg.Body = w.openBody
	}
	w.decode = decode.New(cfg)
	pool := new(reassembly.Pool)
	for s := id; s < numShards; s += n {
		w.shards[s] = reassembly.New(reassembly.Config{Open: w.open, Emit: w.emit, Packets: packets, Pool: pool})
	}
	return w
}

func (w *worker) open(f *hanalyze.Flow) reassembly.Handler {
	w.out.flows = append(w.out.flows, f)
	return w.decode.Open(f)
}

func (w *worker) emit(r hanalyze.Record) {
	w.out.entries = append(w.out.entries, entry{w.now, r})
}

// run works through jobs until the channel is closed.
func (w *worker) run(jobs <-chan *job) {
	for j := range jobs {
		w.job(j)
		j.done.Done()
	}
}

func (w *worker) job(j *job) {
	w.out = &j.out[w.id]
	w.decode.Reuse(&w.out.told) // of the last time; it is rendered
	defer w.decode.Told(&w.out.told)
	ticks := j.ticks
	for i := range j.packets {
		for len(ticks) > 0 && ticks[0].at == i {
			w.expire(ticks[0])
			ticks = ticks[1:]
		}
		p := &j.packets[i]
		if t := w.shards[p.shard]; t != nil {
			w.now = cause{p.Meta.Packet, atPacket}
			if p.icmp {
				t.ICMP(&p.Packet)
			} else {
				t.Packet(&p.Packet)
			}
		}
	}
	for _, t := range ticks {
		w.expire(t)
	}
	if j.end {
		w.now = cause{j.last.Packet, atEnd}
		for s := w.id; s < numShards; s += w.n {
			w.shards[s].Close(j.last)
		}
	}
}

func (w *worker) expire(t tick) {
	w.now = cause{t.after.Packet, atTick}
	for s := w.id; s < numShards; s += w.n {
		w.shards[s].Expire(t.now)
	}
}
