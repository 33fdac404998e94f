package findings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func envelope(f *hanalyze.Flow, first, last uint64) hanalyze.Envelope {
	return hanalyze.Envelope{Flow: f, Start: hanalyze.Meta{Packet: first}, Last: hanalyze.Meta{Packet: last}}
}

// judge returns what the records of one flow give rise to when its conn record, made by conn if that is not nil, comes.
func judge(t *testing.T, records []hanalyze.Record, conn *hanalyze.TCPConn) []*hanalyze.Finding {
	e, f := New(), &hanalyze.Flow{ID: 7, Transport: hanalyze.TCP}
	for _, r := range records {
		*r.Head() = envelope(f, 3, 5)
		if told := e.Record(r); told != nil {
			t.Errorf("%s: told before the flow's end", r.RecordType())
		}
	}
	told := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 9), TCP: conn})
	if again := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 9)}); again != nil {
		t.Error("told twice")
	}
	return told
}

func ids(told []*hanalyze.Finding) (all []string) {
	for _, f := range told {
		all = append(all, f.ID)
	}
	return all
}

// TestRules has a record for each rule, and one much like it that is healthy.
func TestRules(t *testing.T) {
	question := &hanalyze.DNSQuestion{Name: "a.example", Type: "A"}
	dns := func(outcome, rcode string, missing hanalyze.Missing) hanalyze.Record {
		return &hanalyze.DNS{Question: question, Outcome: outcome, Rcode: rcode, Missing: missing}
	}
	http := func(h hanalyze.HTTP) hanalyze.Record {
		if h.Status != 0 {
			h.Response = &hanalyze.HTTPMessage{}
		}
		h.Method, h.PathQuery = "GET", "/"
		return &h
	}
	days := func(n int64) *int64 { return &n }
	is := func(b bool) *bool { return &b }
	alert := func(level, description string) hanalyze.Record {
		return &hanalyze.TLS{Alerts: []hanalyze.TLSAlert{{Level: level, Description: description}}}
	}
	leaf := func(c hanalyze.Certificate) hanalyze.Record {
		return &hanalyze.TLS{SNI: "a.example", Certificates: []hanalyze.Certificate{c}}
	}
	chained := func(c hanalyze.CertChain) hanalyze.Record {
		return &hanalyze.TLS{Certificates: []hanalyze.Certificate{{}}, Chain: &c}
	}
	agreed := func(weak ...string) hanalyze.Record {
		return &hanalyze.TLS{Version: "1.2", ServerHello: &hanalyze.ServerHello{}, Cipher: &hanalyze.Cipher{Name: "TLS_X"}, Weak: weak}
	}
	downgraded := func(offered ...string) hanalyze.Record {
		return &hanalyze.TLS{Version: "1.2", ClientHello: &hanalyze.ClientHello{Versions: offered}, ServerHello: &hanalyze.ServerHello{Downgrade: "1.3"}}
	}
	const lost = hanalyze.MissingGap
	for _, c := range []struct {
		id            string
		sick, healthy hanalyze.Record
	}{
		{"dns.unanswered", dns("unanswered", "", 0), dns("unanswered", "", hanalyze.MissingEndOfCapture)},
		{"dns.unanswered", dns("unanswered", "", 0), dns("answered", "NOERROR", 0)},
		{"dns.nxdomain", dns("answered", "NXDOMAIN", 0), dns("answered", "NOERROR", 0)},
		{"dns.server_failure", dns("answered", "SERVFAIL", 0), dns("answered", "NOERROR", 0)},
		{"dns.lame", dns("answered", "REFUSED", 0), dns("one_way", "", 0)},
		{"http.unexpected_body", http(hanalyze.HTTP{Status: 200, Request: &hanalyze.HTTPMessage{BodyBytes: 5}}), http(hanalyze.HTTP{Status: 200, Request: &hanalyze.HTTPMessage{}})},
		{"http.server_error", http(hanalyze.HTTP{Status: 500}), http(hanalyze.HTTP{Status: 499})},
		{"http.server_error", http(hanalyze.HTTP{Status: 503, Missing: lost}), http(hanalyze.HTTP{Status: 304})},
		{"http.unanswered", http(hanalyze.HTTP{}), http(hanalyze.HTTP{Missing: lost})},
		{"http.unanswered", http(hanalyze.HTTP{}), http(hanalyze.HTTP{Missing: hanalyze.MissingEndOfCapture})},
		{"h2.reset", http(hanalyze.HTTP{Reset: &hanalyze.HTTPReset{By: "client", ErrorCode: "CANCEL"}}), http(hanalyze.HTTP{Status: 200})},
		{"tls.alert", alert("fatal", "handshake_failure"), alert("warning", "close_notify")},
		{"tls.alert", alert("warning", "unrecognized_name"), &hanalyze.TLS{}},
		{"tls.old_version", &hanalyze.TLS{Version: "1.0"}, &hanalyze.TLS{Version: "1.2"}},
		{"tls.old_version", &hanalyze.TLS{Version: "1.1"}, &hanalyze.TLS{Version: "1.3"}},
		{"tls.old_version", &hanalyze.TLS{Version: "ssl3"}, &hanalyze.TLS{}},
		{"tls.certificate_expired", leaf(hanalyze.Certificate{DaysLeft: days(-1)}), leaf(hanalyze.Certificate{DaysLeft: days(0)})},
		{"tls.certificate_name", leaf(hanalyze.Certificate{MatchesSNI: is(false)}), leaf(hanalyze.Certificate{MatchesSNI: is(true)})},
		{"tls.certificate_name", leaf(hanalyze.Certificate{MatchesSNI: is(false)}), leaf(hanalyze.Certificate{})},
		{"tls.certificate_not_yet_valid", leaf(hanalyze.Certificate{NotYetValid: true}), leaf(hanalyze.Certificate{})},
		{"tls.self_signed", leaf(hanalyze.Certificate{SelfSigned: true}), leaf(hanalyze.Certificate{})},
		{"tls.certificate_malformed", leaf(hanalyze.Certificate{Error: "x509: negative serial number"}), leaf(hanalyze.Certificate{})},
		{"tls.weak_certificate", leaf(hanalyze.Certificate{Key: hanalyze.CertKey{Alg: "RSA", Bits: 1024}}), leaf(hanalyze.Certificate{Key: hanalyze.CertKey{Alg: "RSA", Bits: 2048}})},
		{"tls.weak_certificate", leaf(hanalyze.Certificate{SigAlg: "sha1WithRSAEncryption"}), leaf(hanalyze.Certificate{SigAlg: "sha256WithRSAEncryption"})},
		{"tls.weak_certificate", leaf(hanalyze.Certificate{SigAlg: "md5WithRSAEncryption"}), leaf(hanalyze.Certificate{SigAlg: "ecdsa-with-SHA384"})},
		{"tls.chain", chained(hanalyze.CertChain{MissingIssuer: "CN=R3"}), leaf(hanalyze.Certificate{})},
		{"tls.chain", chained(hanalyze.CertChain{OutOfOrder: true}), leaf(hanalyze.Certificate{})},
		{"tls.chain", chained(hanalyze.CertChain{Unrelated: 1}), leaf(hanalyze.Certificate{})},
		{"tls.root_sent", chained(hanalyze.CertChain{RootSent: true}), leaf(hanalyze.Certificate{})},
		{"tls.certificate_revoked", &hanalyze.TLS{Certificates: []hanalyze.Certificate{{}}, OCSP: &hanalyze.OCSPStaple{Status: "revoked"}},
			&hanalyze.TLS{Certificates: []hanalyze.Certificate{{}}, OCSP: &hanalyze.OCSPStaple{Status: "good"}}},
		{"tls.weak_cipher", agreed("rc4", "md5_mac"), agreed()},
		{"tls.weak_key_exchange", agreed("small_dh"), agreed()},
		{"tls.weak_key_exchange", agreed("sha1_signature"), agreed()},
		{"tls.compression", agreed("compression"), agreed()},
		{"tls.no_forward_secrecy", agreed("no_forward_secrecy"), agreed()},
		{"tls.insecure_renegotiation", agreed("insecure_renegotiation"), agreed()},
		{"tls.downgrade", downgraded("1.3", "1.2"), downgraded("1.2")},
		{"http.malformed", &hanalyze.Notice{ID: "http.malformed", Detail: "here"}, http(hanalyze.HTTP{Status: 200})},
	} {
		told := judge(t, []hanalyze.Record{c.sick}, nil)
		if d := cmp.Diff([]string{c.id}, ids(told)); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.id, d)
			continue
		}
		checkFinding(t, told[0])
		if got := ids(judge(t, []hanalyze.Record{c.healthy}, nil)); got != nil {
			t.Errorf("%s: its healthy sibling is %v", c.id, got)
		}
	}
}

// checkFinding holds what every finding of a flow has.
func checkFinding(t *testing.T, f *hanalyze.Finding) {
	t.Helper()
	k, known := Lookup(f.ID)
	switch {
	case !known:
		t.Errorf("%s is not in the catalog", f.ID)
	case f.Severity != k.Severity || f.Why != k.Why || f.Advice != k.Advice || f.Title == "":
		t.Errorf("%+v is not as the catalog says", f)
	case len(f.Frames) == 0 || f.Count != 0 || !slices.Equal(f.Conns, []uint64{7}) || f.Flow == nil:
		t.Errorf("%s: frames %v, count %d, conns %v", f.ID, f.Frames, f.Count, f.Conns)
	}
}

// A flow has one finding of a kind, with a count and at most MaxFindingFrames packets.
func TestOneFindingOfAKind(t *testing.T) {
	e, f := New(), &hanalyze.Flow{ID: 1, Transport: hanalyze.TCP}
	other := &hanalyze.Flow{ID: 2, Transport: hanalyze.TCP}
	for n := range uint64(100) {
		e.Record(&hanalyze.HTTP{Envelope: envelope(f, 2*n+1, 2*n+2), Method: "GET", Status: 500, Response: &hanalyze.HTTPMessage{}})
		e.Record(&hanalyze.HTTP{Envelope: envelope(f, 2*n+1, 2*n+2), Method: "GET", Status: 502, Response: &hanalyze.HTTPMessage{}})
	}
	e.Record(&hanalyze.HTTP{Envelope: envelope(other, 300, 301), Method: "GET", Status: 500, Response: &hanalyze.HTTPMessage{}})
	e.Record(&hanalyze.Notice{Envelope: envelope(f, 400, 400), ID: "http.malformed"})
	told := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 500)})
	if d := cmp.Diff([]string{"http.server_error", "http.malformed"}, ids(told)); d != "" {
		t.Fatal(d)
	}
	first := told[0]
	if first.Count != 200 || len(first.Frames) != hanalyze.MaxFindingFrames || first.Start.Packet != 1 || first.Last.Packet != 200 {
		t.Errorf("%d times, %d frames, packets %d to %d", first.Count, len(first.Frames), first.Start.Packet, first.Last.Packet)
	}
	if !slices.IsSorted(first.Frames) || len(slices.Compact(slices.Clone(first.Frames))) != len(first.Frames) {
		t.Errorf("frames %v", first.Frames)
	}
	if told := e.Record(&hanalyze.Conn{Envelope: envelope(other, 300, 500)}); len(told) != 1 || told[0].Count != 0 {
		t.Errorf("the other flow has %v", ids(told))
	}
	if len(e.flows) != 0 {
		t.Errorf("%d flows are remembered", len(e.flows))
	}
}

// Kinds beyond maxFlowFindings are dropped and counted. Only notices can have that many.
func TestFlowFindingsLimit(t *testing.T) {
	e, f := New(), &hanalyze.Flow{ID: 1}
	for n := range maxFlowFindings + 3 {
		e.Record(&hanalyze.Notice{Envelope: envelope(f, 1, 1), ID: "test.kind_" + strconv.Itoa(n)})
	}
	limits := map[string]uint64{}
	e.Limits(limits)
	if told := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 1)}); len(told) != maxFlowFindings || limits["findings_dropped"] != 3 {
		t.Errorf("%d findings, limits %v", len(told), limits)
	}
}

func TestStats(t *testing.T) {
	s := &hanalyze.Stats{
		TS:     5,
		Inputs: []hanalyze.StatsInput{{Name: "whole"}, {Name: "cut", Truncated: true}},
		Kernel: &hanalyze.StatsKernel{Received: 10, Dropped: 1},
	}
	told := New().Stats(s)
	if d := cmp.Diff([]string{"capture.truncated", "capture.kernel_drops"}, ids(told)); d != "" {
		t.Fatal(d)
	}
	if !strings.HasPrefix(told[0].Title, "cut ") || told[0].Flow != nil || told[0].Start.Time != 5 {
		t.Errorf("%+v", told[0])
	}
	s.Fragments = &hanalyze.StatsFragments{Reassembled: 9, Overlapping: 5, Differing: 1, Contradictory: 2, Frames: []uint64{7, 8, 9}}
	overlap := New().Stats(s)[1]
	if overlap.ID != "net.fragment_overlap" || len(overlap.Frames) != 3 || !strings.Contains(overlap.Title, "1 IP fragment brought") || !strings.Contains(overlap.Title, "2 datagrams came") {
		t.Errorf("%+v", overlap)
	}
	s.Fragments.Differing, s.Fragments.Contradictory = 0, 0
	s.Inputs, s.Kernel.Dropped = s.Inputs[:1], 0
	if told := New().Stats(s); told != nil {
		t.Errorf("nothing is wrong, but %v", ids(told))
	}
	for _, c := range []struct {
		sums hanalyze.StatsChecksums
		told bool
	}{
		{hanalyze.StatsChecksums{Checked: 100, Bad: 2}, false}, // told with the connections
		{hanalyze.StatsChecksums{Checked: 100, Left: 1}, true},
		{hanalyze.StatsChecksums{Checked: 100, Bad: 100}, true}, // rewritten addresses
	} {
		s.Checksums = &c.sums
		if told := New().Stats(s); (len(told) == 1 && told[0].ID == "capture.checksum_offload") != c.told {
			t.Errorf("%+v: %v", c.sums, ids(told))
		}
	}
}

func TestInputs(t *testing.T) {
	three := uint64(3)
	for _, c := range []struct {
		in   hanalyze.StatsInput
		want []string
	}{
		{hanalyze.StatsInput{Truncated: true, DamagedAt: 90, Error: "offset 90: cut"}, []string{"capture.truncated"}},
		{hanalyze.StatsInput{DamagedAt: 90, Error: "offset 90: zeros", Resynchronised: 1}, []string{"capture.damaged"}},
		{hanalyze.StatsInput{DamagedAt: 90, Error: "offset 90: zeros"}, []string{"capture.damaged"}},
		{hanalyze.StatsInput{Truncated: true, DamagedAt: 90, Error: "offset 90: zeros", Resynchronised: 1}, []string{"capture.damaged"}},
		{hanalyze.StatsInput{Interfaces: []hanalyze.StatsInterface{{Received: &three}}}, nil},
		{hanalyze.StatsInput{Interfaces: []hanalyze.StatsInterface{{Dropped: &three}}}, []string{"capture.kernel_drops"}},
		{hanalyze.StatsInput{Format: "live", Interfaces: []hanalyze.StatsInterface{{Dropped: &three}}}, nil},
	} {
		if d := cmp.Diff(c.want, ids(New().Stats(&hanalyze.Stats{Inputs: []hanalyze.StatsInput{c.in}}))); d != "" {
			t.Errorf("%+v: %s", c.in, d)
		}
	}
}

func TestCatalog(t *testing.T) {
	if !slices.IsSortedFunc(Catalog, func(a, b Kind) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not sorted by identifier")
	}
	seen := map[string]bool{}
	for _, k := range Catalog {
		if seen[k.ID] {
			t.Errorf("%s is there twice", k.ID)
		}
		seen[k.ID] = true
		if !identifier.MatchString(k.ID) || k.Severity < hanalyze.Info || k.Severity > hanalyze.Error || k.Title == "" || k.Why == "" || k.Advice == "" {
			t.Errorf("incomplete: %+v", k)
		}
		if strings.HasSuffix(k.Title, ".") || !strings.HasSuffix(k.Why, ".") || !strings.HasSuffix(k.Advice, ".") {
			t.Errorf("%s: titles have no full stop, sentences do", k.ID)
		}
	}
	if _, known := Lookup("no.such_kind"); known {
		t.Error("found what is not there")
	}
}

var identifier = regexp.MustCompile(`^(capture|net|tcp|dns|tls|starttls|http|h2|grpc|ws|quic)\.[a-z][a-z0-9_]*$`)

// Every identifier in the code is in the catalog, and every kind of the catalog is used.
func TestCatalogIsComplete(t *testing.T) {
	used := map[string]bool{}
	for _, dir := range []string{".", "../decode", "../reassembly", "../story", "../pipeline", "../quic"} {
		identifiers(t, dir, used)
	}
	for id := range used {
		if _, known := Lookup(id); !known {
			t.Errorf("%s is not in the catalog", id)
		}
	}
	for _, k := range Catalog {
		if !used[k.ID] {
			t.Errorf("nothing tells %s", k.ID)
		}
	}
}

// identifiers collects the string literals of a folder's code that look like identifiers of findings.
func identifiers(t *testing.T, dir string, used map[string]bool) {
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "catalog.go" || name == "explain.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil && identifier.MatchString(s) {
					used[s] = true
				}
			}
			return true
		})
	}
}

// What ICMP errors say of a connection, and that its unanswered or refused SYN is then told once.
func TestICMPRules(t *testing.T) {
	incomplete := &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: "incomplete"}, Close: hanalyze.TCPClose{Kind: "timeout"}}
	refused := &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: "refused"}, Close: hanalyze.TCPClose{Kind: "refused"}}
	hard := &hanalyze.Unreachable{Frame: 2, From: "10.0.0.254", Reason: "host_unreachable", Hard: true, Count: 1}
	soft := &hanalyze.Unreachable{Frame: 2, From: "10.0.0.254", Reason: "ttl_exceeded", Count: 1}
	mtu := &hanalyze.Unreachable{Frame: 2, From: "10.0.0.254", Reason: "fragmentation_needed", MTU: 1400, Count: 1}
	for _, c := range []struct {
		name   string
		tcp    *hanalyze.TCPConn
		u      *hanalyze.Unreachable
		server uint64
		want   []string
	}{
		{"hard", refused, hard, 0, []string{"net.unreachable: 10.0.0.254 says: host unreachable"}},
		{"hard, then reset", refused, hard, 1, []string{"net.unreachable: 10.0.0.254 says: host unreachable", "tcp.refused: Port 0 refused the connection"}},
		{"soft", incomplete, soft, 0, []string{"tcp.unanswered: The SYN got no answer"}},
		{"MTU", nil, mtu, 0, []string{"net.mtu: 10.0.0.254 lets packets of at most 1400 bytes through"}},
		{"UDP", nil, hard, 0, []string{"net.unreachable: 10.0.0.254 says: host unreachable"}},
		{"none", nil, nil, 0, nil},
	} {
		r := &hanalyze.Conn{Envelope: envelope(&hanalyze.Flow{ID: 1}, 1, 3), TCP: c.tcp, Unreachable: c.u, ServerSide: hanalyze.Side{Packets: c.server}}
		var got []string
		for _, f := range New().Record(r) {
			got = append(got, f.ID+": "+f.Title)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
