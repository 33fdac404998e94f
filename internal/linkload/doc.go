//go:build linux

// Command linkload sends small packets on an interface at a steady rate, to see at which rate a capture begins to lose some:
//
//	linkload -i v0 -rate 500000 -for 1m
//
// They are those of whole TCP connections, many at a time, so that a program that follows connections has its usual work:
// a handshake, segments of a few bytes in both directions with their acknowledgments, and a close. Nobody needs to answer.
// held.py runs hanalyze, tcpdump and tshark side by side on such a link. Linux only, as root.
package main
