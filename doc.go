// Package hanalyze holds the words that all rooms of the program share: directions, flows, times, and every record that is
// printed. It imports none of the others.
//
// hanalyze tells from a packet capture, or from a live interface, what happened between two machines: the DNS question, the
// TCP handshake with the states of both ends, the TLS hellos, every HTTP/1 and HTTP/2 exchange, what was lost, and who
// closed the connection and why.
//
// # The house
//
//	cmd/hanalyze    flags, terminal, exit codes
//	  └ pipeline    read → decode in shards → join → render → write, in capture order, same bytes for every -j
//	      ├ capture      files and interfaces → frames; frames → pcapng
//	      │    └ filter       expressions of pcap-filter(7) → BPF programs
//	      ├ packet       frame → headers, through tunnels; fragments → datagrams
//	      ├ reassembly   packets → flows; segments → ordered bytes and gaps   (gopacket's TCP reassembly engine)
//	      │    └ tcpstate     what the two ends of a TCP connection must be thinking
//	      ├ decode       a byte stream finds its decoder; decoders fill records
//	      │    ├ h1  h2  websocket  grpc  tlsinfo  quic  starttls  dns  radius   push parsers: bytes in, events out; no packets, no I/O
//	      │    ├ tlskeys                key schedules and packet protection
//	      │    └ semantics              which HTTP header fields there are, and what they mean: caching, cookies, ranges, …
//	      ├ body         the bodies of HTTP messages: codings undone, counted, hashed, forms read
//	      │    └ extract      bodies → files of a directory, and their manifest
//	      ├ story        what only several flows together tell: names, times before the first request
//	      ├ findings     rules over records: what is wrong, why, what to do
//	      ├ query        which records are told: expressions over their fields
//	      └ output       records → text and NDJSON, and their JSON Schema
//	privileges               what a process gives up once its sockets and files are open
//	hanalyze (this package)  Dir, Meta, Time, Flow, and the record types
//	pcaps           sample captures, the script that made them, golden outputs
//	internal/convo, internal/samples, internal/testenv, internal/troublelink   what tests share
//	internal/caret                     points at what is wrong in an expression
//	internal/linkload                  sends many small packets, to see what a live capture holds
//	internal/judges                    compares what is told of TCP with tshark and tcptrace
//
// Imports go down this list only; deps_test.go holds it as policy. decode and reassembly do not know each other:
// *decode.Stream satisfies reassembly.Handler by its shape.
//
// # How a packet becomes a line
//
// The pipeline's reader takes batches of frames from a capture.Source, parses their headers and gives each batch to all
// workers. A worker owns every n-th of 64 shards of flows and looks at the packets of its shards only. A
// reassembly.Tracker finds the flow, lets tcpstate follow both ends, and hands payload in order to the flow's
// decode.Stream, straight from the packet. The Stream sniffs until it knows the protocol, then feeds a push parser, whose
// events become records. The join waits for all workers, puts the records in order of the packets that completed them,
// numbers the flows, lets story and findings complete them, and renders.
//
// Time is the capture's: what is due expires where its clock passes a whole second. So neither the number of workers, nor
// how the input is cut into batches, nor whether it is live or read back from a file, changes what is told.
//
// # Who owns bytes
//
// Bytes going down are borrowed until the call returns; records coming up own their memory. Whoever has rendered them may
// give those of HTTP exchanges back to their decode.Decoder, which makes other records of the same memory; the pipeline does.
//
// # Words
//
// packet: a captured frame with its Meta. segment: one TCP segment. flow: a conversation of two transport addresses.
// stream: ordered bytes in two directions. gap: bytes the capture lacks. exchange: a request and its response. frame: an
// HTTP/2 frame. record: one line of output (a TLS record is always called that). head: start line and headers. carry:
// bytes kept for the next Feed. opaque: a stream nobody decodes.
package hanalyze
