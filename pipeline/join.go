package pipeline

import (
	"cmp"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"hanalyze"
	"hanalyze/findings"
	"hanalyze/output"
	"hanalyze/story"
)

// flushBytes is how much rendered text is collected before it is written: large enough that system calls do not count.
const flushBytes = 256 << 10

// join puts the records of all workers back into capture order, numbers the flows, lets the story and the findings see
// them, renders and writes. It is the only goroutine that touches Flow.ID and Flow.ServerName.
type join struct {
	render   output.Renderer
	events   map[string]bool
	prompt   bool // write after every job
	w        io.Writer
	story    *story.Joiner
	findings *findings.Engine
	bodies   *bodies // nil: nobody asked for them
	secrets  bool    // passwords in URLs are told

	flows   uint64
	begun   []*hanalyze.Flow
	names   []named
	entries []entry
	buf     []byte
	counts  map[string]uint64
	conns   hanalyze.StatsConnections
	err     error
	failed  *atomic.Bool // err is set: tells the reader to stop
}

// run renders jobs until the channel is closed. After a write error it only drains.
func (n *join) run(jobs <-chan *job, free chan<- *job) {
	for j := range jobs {
		j.done.Wait()
		n.job(j)
		free <- j
	}
}

func (n *join) job(j *job) {
	n.begun, n.entries, n.names = nil, n.entries[:0], j.names
	for i := range j.out {
		n.begun = append(n.begun, j.out[i].flows...)
		n.entries = append(n.entries, j.out[i].entries...)
	}
	// Flows that begin with packets of one frame are of any workers, unless they have the same addresses and ports.
	slices.SortStableFunc(n.begun, func(a, b *hanalyze.Flow) int {
		return cmp.Or(cmp.Compare(a.First.Packet, b.First.Packet), a.Client.Compare(b.Client), a.Server.Compare(b.Server), cmp.Compare(a.Transport, b.Transport))
	})
	for _, f := range n.begun {
		n.flows++
		f.ID = n.flows
		n.count(f)
	}
	// A flow lives in one worker, so a stable sort keeps each flow's records in the order they were made.
	slices.SortStableFunc(n.entries, func(a, b entry) int {
		return cmp.Or(
			a.cause.compare(b.cause),
			cmp.Compare(a.record.Head().Flow.ID, b.record.Head().Flow.ID),
		)
	})
	n.bodies.job(j)
	for _, e := range n.entries {
		n.begin(e.packet)
		n.bodies.until(e.cause)
		if e.moment > atPacket {
			n.name(e.packet)
		}
		n.record(e.record)
	}
	n.begin(math.MaxUint64)
	n.bodies.until(cause{math.MaxUint64, atEnd})
	if n.prompt {
		n.flush()
		n.bodies.flush()
	}
}

// begin tells the story of the flows that began up to a packet. What it knows of a flow must not depend on what else
// happens to be in the job, so it learns of flows and records in capture order.
func (n *join) begin(packet uint64) {
	for len(n.begun) > 0 && n.begun[0].First.Packet <= packet {
		n.name(n.begun[0].First.Packet - 1)
		n.story.Begin(n.begun[0])
		n.begun = n.begun[1:]
	}
	n.name(packet - 1)
}

// name tells the story what the capture calls addresses, as far as it says so after the given packet or before.
func (n *join) name(packet uint64) {
	for len(n.names) > 0 && n.names[0].after <= packet {
		n.story.Name(n.names[0].Addr, n.names[0].Name.Name)
		n.names = n.names[1:]
	}
}

func (n *join) count(f *hanalyze.Flow) {
	if f.Transport == hanalyze.TCP {
		n.conns.TCP++
	} else {
		n.conns.UDP++
	}
}

// record sends one record on its way: the story completes it, the findings judge it, the renderer prints it.
func (n *join) record(r hanalyze.Record) {
	if !n.secrets {
		hideUserinfo(r)
	}
	n.bodies.tell(r)
	n.story.Record(r)
	for _, f := range n.findings.Record(r) {
		n.print(f)
	}
	if r.RecordType() != "notice" {
		n.print(r)
	}
	if c, ok := r.(*hanalyze.Conn); ok {
		n.story.End(c.Flow)
	}
}

func (n *join) print(r hanalyze.Record) {
	t := r.RecordType()
	if on, listed := n.events[t]; listed && !on {
		return
	}
	n.counts[t]++
	n.buf = n.render.Append(n.buf, r)
	if len(n.buf) >= flushBytes {
		n.flush()
	}
}

func (n *join) flush() {
	if len(n.buf) > 0 && n.err == nil {
		_, n.err = n.w.Write(n.buf)
		n.failed.Store(n.err != nil)
	}
	n.buf = n.buf[:0]
}
