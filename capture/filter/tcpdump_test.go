package filter_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/internal/testenv"
)

var corpus = flag.String("corpus", "", "compare with tcpdump over the captures in this folder as well")

// madeLinks are the link types that frames are made for: all that protocols can be told of.
var madeLinks = []hanalyze.LinkType{
	hanalyze.LinkEthernet, hanalyze.LinkLinuxSLL, hanalyze.LinkSLL2, hanalyze.LinkPPP, hanalyze.LinkPPPHDLC,
	hanalyze.LinkPPPEther, hanalyze.LinkCHDLC, hanalyze.LinkNull,
	hanalyze.LinkLoop, hanalyze.LinkRaw, hanalyze.LinkIPv4, hanalyze.LinkIPv6,
}

// A bench is a list of frames of one link type in a file that tcpdump reads. The time of a frame is its ordinal.
type bench struct {
	link   hanalyze.LinkType
	frames []frame
	file   string
}

func newBench(t testing.TB, link hanalyze.LinkType, list []frame) *bench {
	b := &bench{link, list, filepath.Join(t.TempDir(), fmt.Sprintf("%d.pcap", link))}
	le := binary.LittleEndian
	out := append(le.AppendUint32(nil, 0xa1b2c3d4), 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = le.AppendUint32(le.AppendUint32(out, 262144), uint32(link))
	for i, f := range list {
		out = le.AppendUint32(le.AppendUint32(out, uint32(i)), 0)
		out = le.AppendUint32(le.AppendUint32(out, uint32(len(f.data))), uint32(f.wire))
		out = append(out, f.data...)
	}
	if err := os.WriteFile(b.file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// errRejectsAll is libpcap's error for an expression that no packet can match.
var errRejectsAll = errors.New("expression rejects all packets")

// tcpdump returns the ordinals of the frames that tcpdump chooses.
func (b *bench) tcpdump(ctx context.Context, expr string, flags ...string) ([]uint32, error) {
	args := append(flags, "-r", b.file, "-w", "-", "--", expr)
	cmd := exec.CommandContext(ctx, "tcpdump", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case strings.Contains(stderr.String(), errRejectsAll.Error()):
		return nil, errRejectsAll
	case err != nil:
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var list []uint32
	for out = out[24:]; len(out) >= 16; {
		list = append(list, binary.LittleEndian.Uint32(out))
		out = out[16+binary.LittleEndian.Uint32(out[8:]):]
	}
	return list, nil
}

// ours returns the ordinals of the frames that the program of an expression accepts.
func (b *bench) ours(expr string) ([]uint32, error) {
	e, err := filter.Parse(expr)
	if err != nil {
		return nil, err
	}
	p, err := e.Compile(b.link, filter.Options{})
	if err != nil {
		return nil, err
	}
	var list []uint32
	for i, f := range b.frames {
		if p.Match(f.data, f.wire) {
			list = append(list, uint32(i))
		}
	}
	return list, nil
}

// outcome is how a comparison ended.
type outcome string

const (
	same       outcome = "same frames"
	bothRefuse outcome = "both refuse"
	weRefuse   outcome = "only we refuse"
	theyRefuse outcome = "only tcpdump refuses"
	cutShort   outcome = "same frames but for those cut short"
	differ     outcome = "different"
)

// compare asks both, and describes a difference.
func (b *bench) compare(ctx context.Context, expr string) (outcome, string) {
	got, ourErr := b.ours(expr)
	want, err := b.tcpdump(ctx, expr)
	if errors.Is(err, errRejectsAll) {
		err = nil
	}
	switch {
	case ourErr != nil && err != nil:
		return bothRefuse, ""
	case ourErr != nil:
		return weRefuse, ourErr.Error()
	case err != nil:
		return theyRefuse, err.Error()
	case slices.Equal(got, want):
		return same, ""
	}
	// What reads past the end of a packet depends on which tests were left out: tcpdump itself differs with -O, which leaves
	// out none.
	plain, err := b.tcpdump(ctx, expr, "-O")
	if err == nil && slices.Equal(got, plain) {
		return same, ""
	}
	difference := fmt.Sprintf("link type %v: %s\n%s", b.link, expr, b.describe(got, want))
	for _, i := range symmetric(got, want) {
		if len(b.frames[i].data) >= b.frames[i].wire && len(b.frames[i].data) > 60 {
			return differ, difference
		}
	}
	return cutShort, difference
}

// symmetric returns what is in one of two lists.
func symmetric(x, y []uint32) []uint32 {
	in := map[uint32]int{}
	for _, i := range x {
		in[i]++
	}
	for _, i := range y {
		in[i]--
	}
	maps.DeleteFunc(in, func(_ uint32, n int) bool { return n == 0 })
	return slices.Sorted(maps.Keys(in))
}

func (b *bench) describe(got, want []uint32) string {
	var s strings.Builder
	for n, i := range symmetric(got, want) {
		if n == 3 {
			break
		}
		who := "only tcpdump accepts"
		if slices.Contains(got, i) {
			who = "only we accept"
		}
		f := b.frames[i]
		fmt.Fprintf(&s, "%s frame %d (%d of %d bytes) % x\n", who, i, len(f.data), f.wire, f.data[:min(80, len(f.data))])
	}
	return s.String()
}

// expressions returns the lines of testdata/expressions.txt.
func expressions(t testing.TB) (list []string) {
	text, err := os.ReadFile(filepath.Join("testdata", "expressions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			list = append(list, l)
		}
	}
	return list
}

// captured reads all captures below a folder and returns their frames by link type, of those link types that hanalyze
// filters.
func captured(t testing.TB, dir string) map[hanalyze.LinkType][]frame {
	all := map[hanalyze.LinkType][]frame{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := capture.OpenFiles([]string{name}, nil)
		if err != nil {
			return nil // no capture
		}
		defer src.Close()
		var b capture.Batch
		for src.ReadBatch(&b) == nil {
			for _, f := range b.Frames {
				if f.Link == hanalyze.LinkRaw12 || f.Link == hanalyze.LinkRaw14 {
					f.Link = hanalyze.LinkRaw // the one that tcpdump takes on every system
				}
				if slices.Contains(madeLinks, f.Link) && len(f.Data) <= 262144 {
					all[f.Link] = append(all[f.Link], frame{family(f.Link, bytes.Clone(f.Data)), f.Len})
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// family writes the address family of a loopback packet in the byte order of the file that tcpdump gets.
func family(link hanalyze.LinkType, b []byte) []byte {
	if link != hanalyze.LinkNull || len(b) < 4 {
		return b
	}
	copy(b, []byte{max(b[0], b[3]), 0, 0, 0})
	return b
}

// beyond says that an expression is one of those that only libpcap refuses: tags and labels where it knows of none.
func beyond(link hanalyze.LinkType, expr string) bool {
	return link != hanalyze.LinkEthernet && (strings.Contains(expr, "vlan") || strings.Contains(expr, "mpls"))
}

// everyNth is which part of the list is tried on link types other than Ethernet, unless there is a corpus.
const everyNth = 9

// TestTcpdump holds that every expression of the list chooses the packets that tcpdump chooses, of the samples, of made
// frames and, with -corpus, of other captures.
func TestTcpdump(t *testing.T) {
	testenv.Programs(t, "tcpdump")
	all := captured(t, filepath.Join("..", "..", "pcaps"))
	if *corpus != "" {
		for link, list := range captured(t, *corpus) {
			all[link] = append(all[link], list...)
		}
	}
	for _, link := range madeLinks {
		all[link] = append(all[link], frames(link, 3000)...)
	}
	list := expressions(t)
	counts := map[outcome]int{}
	total := 0
	for link, frames := range all {
		b := newBench(t, link, frames)
		total += len(frames)
		for i, expr := range list {
			if *corpus == "" && link != hanalyze.LinkEthernet && i%everyNth != int(link)%everyNth {
				continue
			}
			result, detail := b.compare(t.Context(), expr)
			counts[result]++
			switch result {
			case differ, cutShort:
				t.Error(detail)
			case weRefuse:
				t.Errorf("link type %v: %s\n%s", link, expr, detail)
			case theyRefuse:
				if !beyond(link, expr) {
					t.Errorf("link type %v: %s\nonly tcpdump refuses: %s", link, expr, detail)
				}
			}
		}
	}
	t.Logf("%d expressions, %d link types, %d frames: %v", len(list), len(all), total, counts)
}
