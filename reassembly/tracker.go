package reassembly

import (
	"cmp"
	"slices"
	"time"

	"hanalyze"
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// Handler receives one flow's bytes in order.
//
// The Meta of Data, Gap and End never goes back within a direction. Bytes that waited for a retransmission carry the
// packet that filled the hole, as the receiver could not read them before; bytes behind a hole given up carry the packet
// they came in, as the receiver had what the capture missed. Between the directions it may go back.
type Handler interface {
	// Data gives the next bytes of d; b is borrowed. UDP: one call per datagram, empty ones too.
	Data(d hanalyze.Dir, m hanalyze.Meta, b []byte)
	// Waited tells that the bytes of the next Data of d came with packet since, and waited for bytes before them that came
	// only now: head-of-line blocking.
	Waited(d hanalyze.Dir, since hanalyze.Meta)
	// Unshown tells that who sent the next Data of d had read n bytes of the other direction that were not told yet: the
	// capture lacks them, or has them later.
	Unshown(d hanalyze.Dir, n int64)
	// Gap tells that n > 0 bytes of d are missing before the next Data, and why: MissingGap, MissingSnaplen or MissingLimit.
	Gap(d hanalyze.Dir, m hanalyze.Meta, n int64, why hanalyze.Missing)
	// End tells that the stream of d reached its FIN. Nothing of d comes after it.
	End(d hanalyze.Dir, m hanalyze.Meta)
	// Close tells that the flow is over, m being its last packet. It is called once, and nothing comes after it but Path
	// and Complete.
	Close(m hanalyze.Meta, why string)
	// Path is the protocol stack above the transport, as far as it is known.
	Path() string
	// Complete adds to the flow's record, after Close, what the protocols above the transport tell of the flow as a whole.
	Complete(r *hanalyze.Conn)
}

// Why a flow was closed.
const (
	CloseFIN          = "fin"            // both ends closed it
	CloseReset        = "reset"          // a RST ended it
	CloseTimeout      = "timeout"        // nothing came for too long, or its ports were used again
	CloseEndOfCapture = "end_of_capture" // the capture ended first
	CloseEvicted      = "evicted"        // the flow table was full
)

// Config says what a Tracker works with. Open and Emit must be set.
type Config struct {
	// Open makes the Handler of a new flow. All of f but ID and the server's name is final.
	Open func(f *hanalyze.Flow) Handler
	// Emit takes a *hanalyze.Conn when a flow ends, a *hanalyze.TCPEvent for each segment that changes a state or phase,
	// and a *hanalyze.Notice for a retransmission that differs.
	Emit func(r hanalyze.Record)
	// Packets makes Emit take a *hanalyze.Packet for every packet of a flow as well, before what the packet completes.
	Packets bool
	// Client may tell by the first payload of a flow joined in the middle whether its sender is the client; it is asked
	// when the ports do not tell. payload is borrowed.
	Client func(payload []byte, srcPort, dstPort uint16) (srcIsClient, known bool)
	// Pool lends the engine, to trackers of the same goroutine; nil is a pool of the tracker's own.
	Pool   *Pool
	Limits Limits
}

// Limits bound what a Tracker keeps. A field that is zero means its default.
type Limits struct {
	Flows          int           // established connections in the table, and as many UDP flows that were answered
	HalfOpen       int           // connections in the table whose handshake is not completed
	OneWay         int           // connections joined in the middle, and UDP flows, of which only one end was heard: as many of each
	Lingering      int           // closed connections in the table
	Tombstones     int           // closed connections remembered
	HalfBytes      int           // bytes one direction of a flow may have waiting behind holes
	TotalBytes     int           // bytes all flows may have waiting
	Opening        time.Duration // idle time of a TCP connection whose handshake was never completed
	Established    time.Duration // idle time of a TCP connection
	Datagrams      time.Duration // idle time of a UDP flow
	Linger         time.Duration // time a closed connection takes in stragglers
	TombstoneStays time.Duration // time after that during which stragglers are swallowed
}

// The defaults of Limits.
const (
	// DefaultFlows is per tracker: 262,144 flows with 64 shards, the default size of Linux's conntrack table.
	DefaultFlows = 4096
	// DefaultHalfOpen makes 16,384 with 64 shards, four times the half-open connections a Linux server lets a program have
	// (net.core.somaxconn). At a hundred thousand new flows a second an answer may take 160 ms.
	DefaultHalfOpen = 256
	// DefaultOneWay makes 65,536 of each with 64 shards: where a tap sees one direction of a link, all flows are such.
	DefaultOneWay = 1024
	// DefaultLingering takes 6,500 closes a second during DefaultLinger with 64 shards; beyond that connections linger less.
	DefaultLingering = 512
	// DefaultTombstones remembers a minute of 34 closes a second per tracker.
	DefaultTombstones = 2048
	// DefaultHalfBytes covers a Linux receive window of 6 MB only in part, but losses there are acknowledged by SACK and
	// filled long before.
	DefaultHalfBytes = 4 << 20
	// DefaultTotalBytes lets four directions of one shard wait at full size.
	DefaultTotalBytes = 16 << 20
	// DefaultOpening outlasts Linux's six SYN retries (127 s in all, 64 s between the last two).
	DefaultOpening = 2 * time.Minute
	// DefaultEstablished is longer than what NATs and proxies let a connection idle; keep-alives come every two hours at
	// the latest by RFC 9293 §3.8.4, but nobody who uses them waits for so long.
	DefaultEstablished = time.Hour
	// DefaultDatagrams is the assured-stream timeout of NATs; RFC 4787 §4.3 asks for two minutes at least.
	DefaultDatagrams = 3 * time.Minute
	// DefaultLinger is some round trips and a retransmission of the last FIN.
	DefaultLinger = 5 * time.Second
	// DefaultTombstoneStays is Linux's TIME-WAIT.
	DefaultTombstoneStays = time.Minute
)

func (l Limits) withDefaults() Limits {
	return Limits{
		Flows:          cmp.Or(l.Flows, DefaultFlows),
		HalfOpen:       cmp.Or(l.HalfOpen, DefaultHalfOpen),
		OneWay:         cmp.Or(l.OneWay, DefaultOneWay),
		Lingering:      cmp.Or(l.Lingering, DefaultLingering),
		Tombstones:     cmp.Or(l.Tombstones, DefaultTombstones),
		HalfBytes:      cmp.Or(l.HalfBytes, DefaultHalfBytes),
		TotalBytes:     cmp.Or(l.TotalBytes, DefaultTotalBytes),
		Opening:        cmp.Or(l.Opening, DefaultOpening),
		Established:    cmp.Or(l.Established, DefaultEstablished),
		Datagrams:      cmp.Or(l.Datagrams, DefaultDatagrams),
		Linger:         cmp.Or(l.Linger, DefaultLinger),
		TombstoneStays: cmp.Or(l.TombstoneStays, DefaultTombstoneStays),
	}
}

// Stats counts what a Tracker did. All are counts since New; those marked so are limits reached.
type Stats struct {
	TCP, UDP        uint64 // flows begun
	TimedOut        uint64 // flows that ended by idle time
	FlowsEvicted    uint64 // limit: flows that made room for others of their kind
	LingeringCut    uint64 // limit: closed connections that lingered less than they should have
	Stragglers      uint64 // packets after a connection's end that were swallowed
	TombstonesLost  uint64 // limit: closed connections forgotten early
	Holes           uint64 // holes begun
	HolesGivenUp    uint64 // holes whose bytes never came
	GapBytes        uint64 // bytes told as missing from the capture
	SnaplenBytes    uint64 // bytes told as cut by the snaplen
	BytesDropped    uint64 // limit: bytes given up early or dropped because of a limit
	HalfBudget      uint64 // limit: times a direction had too many bytes waiting
	TotalBudget     uint64 // limit: times the tracker had too many bytes waiting
	Implausible     uint64 // segments further ahead than any window allows, dropped
	ICMPImplausible uint64 // ICMP errors about packets their flow did not send, ignored
	OverlapsDiffer  uint64 // retransmissions that differ from the first copy
	OverlapsSkipped uint64 // limit: retransmissions that were not compared
	SumsChecked     uint64 // TCP checksums computed, of the first packets of each direction
	SumsLeft        uint64 // of these, left to the hardware
	SumsBad         uint64 // of these, wrong
	StepsDropped    uint64 // limit: handshake and teardown steps not listed
	HistoryDropped  uint64 // limit: history letters not listed
	HolesUntold     uint64 // limit: holes tcpstate did not follow, which makes its loss counts coarser
}

// Tracker follows the flows of one shard. It is not safe for concurrent use, and a Handler must not call it back.
type Tracker struct {
	cfg               Config
	limits            Limits
	flows             map[key]*flow
	tagged            map[key]relatives // those with a tag, by key without it
	lists             [numPhases]list
	idle              [numPhases]time.Duration // how long a flow of the phase may idle
	room              [numPhases]int           // how many flows of the phase there may be
	dead              tombstones
	stats             Stats
	seg               tcpstate.Segment // reused for every segment
	beginning, ending conn             // lent to flows of one packet while it is taken, and while they end
	again             packet.Packet    // the packet being replayed
	holders           holders          // holes, oldest first
	held              int              // bytes charged to all holes
}

// New returns a Tracker without flows.
func New(cfg Config) *Tracker {
	l := cfg.Limits.withDefaults()
	if cfg.Pool == nil {
		cfg.Pool = new(Pool)
	}
	return &Tracker{
		cfg:    cfg,
		limits: l,
		flows:  make(map[key]*flow),
		tagged: make(map[key]relatives),
		idle: [numPhases]time.Duration{
			opening: l.Opening, oneWayTCP: l.Established, established: l.Established,
			oneWayUDP: l.Datagrams, datagrams: l.Datagrams, lingering: l.Linger,
		},
		room: [numPhases]int{
			opening: l.HalfOpen, oneWayTCP: l.OneWay, established: l.Flows,
			oneWayUDP: l.OneWay, datagrams: l.Flows, lingering: l.Lingering,
		},
		dead: newTombstones(l.Tombstones),
	}
}

// Packet takes the next packet. p is borrowed; all its fields, Meta included, must be set.
func (t *Tracker) Packet(p *packet.Packet) {
	k, fromA := keyOf(p)
	f := t.flows[k]
	known := f != nil
	if !known {
		f = t.relative(k)
	}
	if f != nil && t.overdue(f, p.Meta.Time) {
		t.finish(f, f.reason(CloseTimeout))
		f = nil
	}
	if !known && f != nil && !t.adopt(f, k, f.dir(fromA), p) {
		f = nil
	}
	switch p.Transport {
	case hanalyze.TCP:
		t.segment(k, fromA, f, p)
	case hanalyze.UDP:
		t.datagram(k, fromA, f, p)
	}
}

// Expire ends the flows whose idle time is over at now. It takes constant time when there are none. A flow that is overdue
// when a packet comes for it has ended too, so what is told does not depend on when, or whether, Expire is called.
func (t *Tracker) Expire(now hanalyze.Time) {
	for i := range t.lists {
		for f := t.lists[i].head; f != nil && t.overdue(f, now); f = t.lists[i].head {
			t.finish(f, f.reason(CloseTimeout))
		}
	}
	t.dead.expire(now)
}

// Close ends all flows in the order of their first packets; m is the end of the capture. The Tracker is empty after it.
func (t *Tracker) Close(m hanalyze.Meta) {
	left := make([]*flow, 0, len(t.flows))
	for k, f := range t.flows {
		if k.tag == f.key.tag {
			left = append(left, f)
		}
	}
	slices.SortFunc(left, func(a, b *flow) int { return cmp.Compare(a.info.First.Packet, b.info.First.Packet) })
	for _, f := range left {
		why := f.reason(CloseEndOfCapture)
		if why == CloseEndOfCapture && t.overdue(f, m.Time) {
			why = CloseTimeout
		}
		t.finish(f, why)
	}
	t.dead.clear()
}

// Stats returns the counts so far.
func (t *Tracker) Stats() Stats { return t.stats }

// overdue reports whether f has idled, or lingered, for too long at now.
func (t *Tracker) overdue(f *flow, now hanalyze.Time) bool { return now.Sub(f.since) > t.idle[f.phase] }
