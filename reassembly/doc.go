// Package reassembly turns packets into flows, and TCP segments into ordered bytes and gaps.
//
// A Tracker owns a table of flows. Each packet finds its flow by 5-tuple and tag, or by what proves that the
// conversation goes on under another tag (see tag.go); which end is the client is decided by
// the flow's first packet and never changes. UDP datagrams go to the flow's Handler one by one. TCP payload that is in
// order goes there straight from the packet. Payload that is not waits in a hole: gopacket's assembler keeps it until the
// missing bytes come, or until the hole is given up and the Handler is told how much is missing.
//
// A hole is given up when the receiver has acknowledged past it and a little more time, counted in packets, has passed
// (then the capture missed what the receiver got), when a budget is reached, and when the flow ends. Nothing of this
// depends on a clock other than the capture's, nor on when Expire is called.
//
// The table has room for so many flows of each phase (see phase): half-open connections, flows of which one end only was
// heard, established ones, and those that are over. When a room is full the flow in it that has idled for longest ends and
// says that a limit was reached. So a flood crowds out its like and never a connection that both ends hold. A flow of one
// packet, which is what floods are made of, costs half a kilobyte here: see first.
//
// Wire sequence numbers become int64 offsets in one place, half.offset: the SYN is offset 0 and the first byte of data
// offset 1. A direction joined in the middle counts from the first number known of it.
package reassembly
