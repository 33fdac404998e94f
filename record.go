package hanalyze

import "net/netip"

// Record is one line of output: what hanalyze tells about one thing that happened. Records own their memory until
// they are rendered: see decode.Decoder.Reuse.
//
// The JSON names are struct tags; output/internal/gen reads them to write the encoder and the JSON Schema. A field without
// omitzero is always printed; one with omitzero is absent when zero. Field comments become the schema's descriptions.
type Record interface {
	// RecordType is the value of the "type" key.
	RecordType() string
	// Head returns the record's envelope, nil for stats, which has none.
	Head() *Envelope
}

// Envelope is what every record but stats begins with. In JSON: type, ts and frame (of Start), last_frame (of Last),
// conn, community_id, transport, client, server (of Flow), path.
type Envelope struct {
	Flow  *Flow
	Start Meta   // the first packet of what the record describes
	Last  Meta   // the last packet of it
	Path  string // protocol stack above the transport, outermost first: "tls>http2"; "" when nothing is known
}

// Head returns e; it makes every type that embeds an Envelope a Record.
func (e *Envelope) Head() *Envelope { return e }

// Missing says which parts a record lacks, as a set. The empty set means the record is complete. In JSON it prints two
// keys: "complete", and "missing" when the set is not empty.
type Missing uint8

// The reasons for which parts are missing.
const (
	MissingGap          Missing = 1 << iota // packets are missing from the capture
	MissingSnaplen                          // packets were cut when captured
	MissingMidStream                        // the capture began in the middle
	MissingNoKeys                           // the bytes are encrypted and no key was given
	MissingLimit                            // one of hanalyze's limits was reached
	MissingEndOfCapture                     // the capture ended first
)

// MissingNames are the names of the bits of Missing, lowest bit first.
var MissingNames = [...]string{"gap", "snaplen", "mid_stream", "no_keys", "limit", "end_of_capture"}

// Basis tells what was concluded from what was seen. The zero value, observed, is not printed.
type Basis string

// Inferred marks a conclusion.
const Inferred Basis = "inferred"

// Endpoint is one end of a flow as a conn record tells it; in the envelope only IP, Port and the names are present.
type Endpoint struct {
	IP         netip.Addr `json:"ip"`                   // address
	Port       uint16     `json:"port"`                 // transport port
	Name       string     `json:"name,omitzero"`        // name of the server, when one is known
	NameSource string     `json:"name_source,omitzero"` // where the name came from: dns, sni, host, hosts_file or capture (the file itself)
}

// Side is what a conn record counts of one end.
type Side struct {
	Packets      uint64   `json:"packets"`        // packets this end sent
	Bytes        uint64   `json:"bytes"`          // their bytes on the wire from the IP header on
	PayloadBytes uint64   `json:"payload_bytes"`  // their payload bytes above the transport, retransmissions included
	State        TCPState `json:"state,omitzero"` // TCP state at the end of the capture or of the connection
}

// Finding is a problem or a noteworthy fact, explained.
type Finding struct {
	Envelope
	ID       string   `json:"id"`              // stable identifier: "tcp.zero_window"
	Severity Severity `json:"severity"`        // info, note, warning or error
	Title    string   `json:"title"`           // one line with the particulars
	Why      string   `json:"why"`             // what it means
	Advice   string   `json:"advice,omitzero"` // what to do about it
	Frames   []uint64 `json:"frames,omitzero"` // packets that are the evidence, at most MaxFindingFrames of them
	Conns    []uint64 `json:"conns,omitzero"`  // flows concerned
	Count    uint64   `json:"count,omitzero"`  // how often it was seen, when more than once
	Basis    Basis    `json:"basis,omitzero"`  // inferred, when it was concluded rather than seen
}

// MaxFindingFrames bounds Finding.Frames: a reader looks at a few packets, and the count tells the rest.
const MaxFindingFrames = 16

// RecordType returns "finding".
func (*Finding) RecordType() string { return "finding" }

// Severity ranks findings.
type Severity uint8

// Severities, least first.
const (
	Info Severity = iota + 1
	Note
	Warning
	Error
)

// String returns the lower_snake name.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return ""
}

// MarshalText makes encoding/json print the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Notice is what a decoder says of something wrong or odd at the moment it meets it. The findings room turns notices
// into Finding records; a Notice itself is never printed.
type Notice struct {
	Envelope
	ID     string // finding identifier: "http.malformed", "tls.alert"
	Detail string // particulars: what, where ("status line without a version, offset 1204")
}

// RecordType returns "notice".
func (*Notice) RecordType() string { return "notice" }

// Stats is the last line: what was read and what became of it.
type Stats struct {
	TS          Time              `json:"ts"`                   // time of the last packet
	Duration    Span              `json:"duration_ms,omitzero"` // from the first to the last packet
	Inputs      []StatsInput      `json:"inputs"`               // files or interfaces, in order
	Packets     StatsPackets      `json:"packets"`              // every packet read, counted once
	Bytes       uint64            `json:"bytes"`                // bytes on the wire of all packets read
	Kernel      *StatsKernel      `json:"kernel,omitzero"`      // the kernel's own counts, live capture only
	Connections StatsConnections  `json:"connections"`          // flows by transport
	Fragments   *StatsFragments   `json:"fragments,omitzero"`   // IP fragments, if there were any
	Checksums   *StatsChecksums   `json:"checksums,omitzero"`   // TCP checksums, unless all that were looked at are right
	Records     map[string]uint64 `json:"records"`              // records made, by type
	Streams     StatsStreams      `json:"streams"`              // byte streams by fate
	Limits      map[string]uint64 `json:"limits"`               // how often each limit was reached
}

// StatsInput is one file or interface.
type StatsInput struct {
	Name           string           `json:"name"`                    // file name, "-" or interface
	Format         string           `json:"format"`                  // pcap, pcapng or live; unknown for a file that is no capture
	Compression    string           `json:"compression,omitzero"`    // gzip, zstd, lz4 or xz
	Packets        uint64           `json:"packets"`                 // packets read from it
	Received       *uint64          `json:"received,omitzero"`       // live: packets the kernel counted that matched, those dropped among them
	Dropped        *uint64          `json:"dropped,omitzero"`        // live: of these, packets lost because hanalyze was too slow
	Truncated      bool             `json:"truncated"`               // the file ended inside a packet or block
	Error          string           `json:"error,omitzero"`          // where and why reading stopped early, else the first damage
	DamagedAt      uint64           `json:"damaged_at,omitzero"`     // offset of the first damage, in bytes of the decompressed data
	Resynchronised uint64           `json:"resynchronised,omitzero"` // how often reading went on behind damage
	SkippedBytes   uint64           `json:"skipped_bytes,omitzero"`  // bytes skipped to get there
	Names          uint64           `json:"names,omitzero"`          // addresses that the file itself names
	Secrets        uint64           `json:"secrets,omitzero"`        // blocks of decryption secrets in the file
	Comments       uint64           `json:"comments,omitzero"`       // comments in the file
	Interfaces     []StatsInterface `json:"interfaces,omitzero"`     // what the file says of the interfaces, at most MaxStatsInterfaces
	Warnings       []string         `json:"warnings,omitzero"`       // what was odd, the first ones
}

// MaxStatsInterfaces bounds StatsInput.Interfaces: a machine has a few dozen, and files merged from thousands tell more by
// the counts of their packets.
const MaxStatsInterfaces = 64

// StatsInterface is one interface of an input, as the input describes it. Absent counts were not told.
type StatsInterface struct {
	Name      string  `json:"name,omitzero"`       // if_name
	Link      uint16  `json:"link"`                // link type, LINKTYPE_ number
	Snaplen   uint64  `json:"snaplen,omitzero"`    // most bytes kept of a packet, when there is a limit
	Packets   uint64  `json:"packets"`             // packets read from it
	Received  *uint64 `json:"received,omitzero"`   // packets that came in, by its own count
	Dropped   *uint64 `json:"dropped,omitzero"`    // of these, packets lost by the interface for want of room
	OSDropped *uint64 `json:"os_dropped,omitzero"` // packets lost by the system behind it
}

// StatsPackets counts every packet read exactly once, as decoded or under a named reason.
type StatsPackets struct {
	Read    uint64            `json:"read"`    // packets read
	Decoded uint64            `json:"decoded"` // packets that reached a flow
	Skipped map[string]uint64 `json:"skipped"` // the others, by reason
}

// StatsKernel is what the kernel says of a live capture.
type StatsKernel struct {
	Received uint64 `json:"received"` // packets that matched
	Dropped  uint64 `json:"dropped"`  // of these, packets lost because hanalyze was too slow
}

// StatsFragments counts what became of IP fragments.
type StatsFragments struct {
	Reassembled   uint64   `json:"reassembled"`            // datagrams put together
	TimedOut      uint64   `json:"timed_out,omitzero"`     // datagrams whose rest did not come in time
	Overlapping   uint64   `json:"overlapping,omitzero"`   // IPv4 fragments that overlapped others: the first copy of each byte counts
	Differing     uint64   `json:"differing,omitzero"`     // of these, with other bytes than the first copy
	Contradictory uint64   `json:"contradictory,omitzero"` // datagrams dropped: their fragments overlap (IPv6), or disagree where it ends
	Frames        []uint64 `json:"frames,omitzero"`        // first packets that differed or contradicted, at most MaxFindingFrames
}

// StatsChecksums counts the TCP checksums that were looked at: those of the first packets of each direction.
type StatsChecksums struct {
	Checked uint64 `json:"checked"` // computed and compared
	Left    uint64 `json:"left"`    // left to the network card: the packet was captured before it, or after it merged several
	Bad     uint64 `json:"bad"`     // wrong
}

// StatsConnections counts flows.
type StatsConnections struct {
	TCP uint64 `json:"tcp"` // TCP connections
	UDP uint64 `json:"udp"` // UDP flows
}

// StatsStreams counts byte streams.
type StatsStreams struct {
	Decoded uint64 `json:"decoded"` // a decoder was found
	Opaque  uint64 `json:"opaque"`  // nobody could read it
}

// RecordType returns "stats".
func (*Stats) RecordType() string { return "stats" }

// Head returns nil: stats describes no flow.
func (*Stats) Head() *Envelope { return nil }
