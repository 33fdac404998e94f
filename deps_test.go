package hanalyze_test

import (
	"encoding/json"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// policy says which packages each package may import, tests apart: ours by their folder, others by module path. The
// standard library is free, but for what forbidden lists. Imports go down this list only.
var policy = []struct {
	pkg   string
	ours  string // besides the root package, which everything may import
	third string // prefixes of import paths
}{
	{".", "", ""},
	{"capture", "capture/filter", "github.com/google/gopacket/pcap golang.org/x/sys golang.org/x/net/bpf github.com/klauspost/compress/zstd github.com/pierrec/lz4/v4 github.com/ulikunitz/xz/lzma"},
	{"capture/filter", "internal/caret", "golang.org/x/net/bpf"},
	{"packet", "", ""},
	{"tcpstate", "", ""},
	{"h1", "internal/arena semantics", ""},
	{"h2", "", ""},
	{"websocket", "", ""},
	{"grpc", "", ""},
	{"tlsinfo", "", "golang.org/x/crypto/cryptobyte"},
	{"starttls", "", "golang.org/x/crypto/cryptobyte"},
	{"tlskeys", "", ""},
	{"quic", "tlsinfo tlskeys", ""},
	{"dns", "", ""},
	{"radius", "", ""},
	{"semantics", "internal/word", ""},
	{"reassembly", "packet tcpstate", "github.com/google/gopacket"},
	// Brotli is in no standard library, and its decoder is 2,000 lines; andybalholm's is the C one in Go, under MIT.
	{"body", "", "github.com/klauspost/compress/flate github.com/klauspost/compress/gzip github.com/klauspost/compress/zlib github.com/klauspost/compress/zstd github.com/andybalholm/brotli"},
	{"extract", "body output", ""},
	{"decode", "internal/arena h1 h2 websocket grpc tlsinfo quic starttls dns radius semantics", ""},
	{"story", "semantics", ""},
	{"findings", "", ""},
	{"query", "internal/caret", "github.com/expr-lang/expr"},
	{"output", "internal/word", ""},
	{"output/internal/gen", "", ""},
	{"pipeline", "capture capture/filter packet reassembly decode body extract story findings output", ""},
	{"privileges", "", "golang.org/x/sys"},
	{"cmd/hanalyze", "pipeline body extract capture capture/filter privileges query output", "github.com/spf13/cobra golang.org/x/term"},
	{"pcaps/traffic/quicpeer", "", "golang.org/x/net/quic"},
	{"internal/testenv", "", ""},
	{"internal/testenv/told", "", ""},
	{"internal/samples", "capture", ""},
	{"internal/judges", "", ""},
	{"internal/troublelink", "", "golang.org/x/sys"},
	{"internal/linkload", "", "golang.org/x/sys"},
	{"internal/arena", "", ""},
	{"internal/word", "", ""},
	{"internal/caret", "", ""},
	{"internal/convo", "", "github.com/google/go-cmp github.com/rogpeppe/go-internal/txtar"},
}

// forbidden are packages of the standard library that would do hanalyze's own work, or undo a promise: parsers never read,
// wait or ask the time.
var forbidden = map[string]string{
	"h1": "net/http net io bufio sync os log", "h2": "net/http net io bufio sync os log", "tlsinfo": "crypto/tls io bufio sync os log",
	"tlskeys": "crypto/tls net io bufio sync os log", "quic": "crypto/tls net io bufio sync os log time",
	"starttls": "net io bufio sync os log",
	"radius":   "net io bufio sync os log time",
	"dns":      "net io bufio sync os log", "semantics": "net/http net net/url io bufio sync os log", "tcpstate": "net io sync os log", "packet": "net io sync os log",
	"websocket": "net/http net bufio sync os log",
	"decode":    "net/http net os log sync", "reassembly": "net/http net os log", "story": "os log", "findings": "os log",
}

type listed struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func TestImportPolicy(t *testing.T) {
	for _, tags := range []string{"", "libpcap"} {
		t.Run("tags="+tags, func(t *testing.T) { checkPolicy(t, tags) })
	}
}

func checkPolicy(t *testing.T, tags string) {
	out, err := exec.Command("go", "list", "-tags", tags, "-json=ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]int{}
	for i, r := range policy {
		rules[path.Join("hanalyze", r.pkg)] = i
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		i, known := rules[p.ImportPath]
		if !known {
			t.Errorf("%s is not in the policy", p.ImportPath)
			continue
		}
		checkImports(t, p, policy[i].ours, policy[i].third)
	}
}

func checkImports(t *testing.T, p listed, ours, third string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "hanalyze"), "/")
	for _, imp := range p.Imports {
		first, _, _ := strings.Cut(imp, "/")
		switch {
		case imp == "hanalyze":
		case first == "hanalyze":
			if !slices.Contains(strings.Fields(ours), strings.TrimPrefix(imp, "hanalyze/")) {
				t.Errorf("%s must not import %s", p.ImportPath, imp)
			}
		case strings.Contains(first, "."):
			if !slices.ContainsFunc(strings.Fields(third), func(prefix string) bool { return strings.HasPrefix(imp, prefix) }) {
				t.Errorf("%s must not import %s", p.ImportPath, imp)
			}
		case slices.Contains(strings.Fields(forbidden[rel]), imp):
			t.Errorf("%s must not import %s of the standard library", p.ImportPath, imp)
		}
	}
}

// gopacketFiles are the files, tests apart, that may import gopacket: its reassembly engine, and its binding of libpcap for
// live capture on systems that have no packet sockets, which only the build tag libpcap brings in.
var gopacketFiles = []string{"capture/live_pcap.go", "reassembly/engine.go"}

func TestGopacketStaysInItsFiles(t *testing.T) {
	out, err := exec.Command("grep", "-rlE", "--include=*.go", "--exclude=*_test.go", `"github.com/google/gopacket`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(strings.ReplaceAll(string(out), "./", ""))
	slices.Sort(got)
	if !slices.Equal(got, gopacketFiles) {
		t.Errorf("gopacket is imported by %v, want %v", got, gopacketFiles)
	}
}
