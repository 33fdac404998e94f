// Package troublelink is a network link for tests that loses, delays, reorders and duplicates packets on purpose, and knows
// exactly what it did. Two hosts, each in a network namespace of its own with a TUN device, have their kernels' real TCP
// talk across it:
//
//	left host ── TUN ── capture point ── trouble ── capture point ── TUN ── right host
//
// One goroutine moves all packets, so that everything has one order. It notes when each packet came in, when copies of it
// were delivered, and, for what is sent again, what the sender's kernel was doing. A Trace of that is the truth that an
// analysis of the captures at both points is held against.
//
// A Plan decides the fate of packets by a fixed seed. Kernels' timers vary all the same, so truth is what a run's Trace
// says, never what was expected of it. Linux only, as root.
package troublelink
