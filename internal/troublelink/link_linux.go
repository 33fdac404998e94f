package troublelink

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Options describe a link.
type Options struct {
	Seed   uint64
	Plan   [2]Plan           // by the side packets come from
	Sysctl map[string]string // settings of both hosts below /proc/sys/net, by path

	// Congestion is the congestion control of sockets made by Host.Listen and Host.Dial; "" is the kernel's default, as
	// it is for those of programs.
	Congestion string
}

// Link is a running link.
type Link struct {
	Host [2]*Host // by Side

	fates   [2]*fates
	streams map[flow]*stream
	ordinal [2]int
	queue   queue
	trace   Trace
	buf     []byte
	start   time.Time

	stop int // file descriptor of an eventfd
	done chan error
}

// New makes the hosts and starts the link.
func New(o Options) (*Link, error) {
	l := &Link{streams: map[flow]*stream{}, buf: make([]byte, 1<<16), done: make(chan error, 1), start: time.Now()}
	var err error
	if l.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, err
	}
	for _, side := range []Side{Left, Right} {
		l.fates[side] = newFates(o.Plan[side], o.Seed, side)
		if l.Host[side], err = newHost(side, o); err != nil {
			l.close()
			return nil, err
		}
	}
	go func() { l.done <- l.run() }()
	return l, nil
}

// Stop ends the link and its hosts' devices and returns what happened.
func (l *Link) Stop() (*Trace, error) {
	if _, err := unix.Write(l.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		return nil, err
	}
	err := <-l.done
	l.close()
	return &l.trace, err
}

func (l *Link) close() {
	unix.Close(l.stop)
	for _, h := range l.Host {
		if h != nil {
			h.close()
		}
	}
}

// run moves packets until it is told to stop. Whatever the hosts have sent is taken before anything is delivered, and
// packets are delivered one by one: so what a sender's kernel is doing when its packet comes in is what made it send.
func (l *Link) run() error {
	fds := []unix.PollFd{
		{Fd: int32(l.Host[Left].tun), Events: unix.POLLIN}, {Fd: int32(l.Host[Right].tun), Events: unix.POLLIN},
		{Fd: int32(l.stop), Events: unix.POLLIN},
	}
	for {
		if err := l.take(); err != nil {
			return err
		}
		wait := l.queue.wait(l.now())
		if wait == 0 {
			if err := l.deliver(); err != nil {
				return err
			}
			continue
		}
		var timeout *unix.Timespec
		if wait > 0 {
			ts := unix.NsecToTimespec(int64(wait))
			timeout = &ts
		}
		if _, err := unix.Ppoll(fds, timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if fds[2].Revents != 0 {
			return nil
		}
	}
}

// now is the time since the start on the monotonic clock, told as a time of day: nothing sets this clock.
func (l *Link) now() time.Time { return l.start.Add(time.Since(l.start)) }

// take reads everything that both hosts have sent.
func (l *Link) take() error {
	for side, h := range l.Host {
		for {
			n, err := unix.Read(h.tun, l.buf)
			if errors.Is(err, unix.EAGAIN) {
				break
			}
			if err != nil && !errors.Is(err, unix.EINTR) {
				return fmt.Errorf("troublelink: reading from the %s host: %w", Side(side), err)
			}
			if n > 0 {
				l.arrive(Side(side), l.buf[:n])
			}
		}
	}
	return nil
}

// arrive takes one packet of a host, of which b is borrowed. What is not TCP (neighbour discovery, mostly) goes nowhere.
func (l *Link) arrive(from Side, b []byte) {
	p, ok := parse(b)
	if !ok {
		return
	}
	now := l.now()
	p.Data = append([]byte(nil), b...)
	p.From, p.Time = from, now
	s := l.streams[p.flow()]
	if s == nil || p.Flags&SYN != 0 && p.Seq != s.first {
		s = new(stream)
		l.streams[p.flow()] = s
	}
	if _, _, p.Again = s.place(&p); p.Again {
		p.Sender, p.Taken = l.Host[from].sender(&p), l.Host[from.Other()].taken(&p)
	}
	if p.takes() > 0 {
		l.ordinal[from]++
		p.Ordinal = l.ordinal[from]
	}
	i := len(l.trace.Packets)
	l.trace.Events = append(l.trace.Events, Event{Time: now, At: from, Packet: i, Copy: -1})
	for copy, due := range l.fates[from].of(&p, now) {
		heap.Push(&l.queue, delivery{due, len(l.trace.Events), i, copy})
	}
	l.trace.Packets = append(l.trace.Packets, p)
}

// deliver hands over the packet that is due first.
func (l *Link) deliver() error {
	d := heap.Pop(&l.queue).(delivery)
	p := &l.trace.Packets[d.packet]
	to := p.From.Other()
	now := l.now()
	if _, err := unix.Write(l.Host[to].tun, p.Data); err != nil {
		return fmt.Errorf("troublelink: writing to the %s host: %w", to, err)
	}
	l.trace.Events = append(l.trace.Events, Event{Time: now, At: to, Packet: d.packet, Copy: d.copy})
	return nil
}

// delivery is a copy of a packet on its way.
type delivery struct {
	due    time.Time
	order  int // of packets due at the same time
	packet int
	copy   int
}

// queue is a heap of what is on its way, the next first.
type queue []delivery

// wait is how long it is until something is due: 0 if something is, -1 if there is nothing.
func (q queue) wait(now time.Time) time.Duration {
	if len(q) == 0 {
		return -1
	}
	return max(0, q[0].due.Sub(now))
}

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].due.Compare(q[j].due), cmp.Compare(q[i].order, q[j].order), cmp.Compare(q[i].copy, q[j].copy)) < 0
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *queue) Push(x any) { *q = append(*q, x.(delivery)) }

// Pop is for package heap.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
