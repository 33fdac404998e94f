package quic

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hanalyze"
)

// facts are what a record tells as certain, by name; "" is not told.
func facts(r *hanalyze.QUIC) map[string]string {
	m := map[string]string{
		"version": r.Version, "offered": r.OfferedVersion, "dcid": r.DCID, "scid": r.SCID, "server": r.ServerCID,
		"supported": fmt.Sprint(r.SupportedVersions), "parameters": "", "retry": mark(r.Retry), "negotiation": mark(r.VersionNegotiation),
		"established": mark(r.Established), "token": r.TokenFrom,
	}
	for _, p := range r.Parameters {
		m["parameters"] += p.Name + " " + p.Data
	}
	if t := r.TLS; t != nil {
		m["sni"], m["ja4"], m["tls"] = t.SNI, t.JA4, t.Version
		if t.HandshakeRTTs > 0 {
			m["round trips"] = strconv.FormatUint(t.HandshakeRTTs, 10)
		}
		if t.Cipher != nil {
			m["cipher"], m["ja3s"] = t.Cipher.Name, t.JA3S
		}
	}
	if c := r.Close; c != nil {
		m["close"] = fmt.Sprint(c.By, c.Code, c.Alert, c.Reason)
	}
	if p := r.RetryPacket; p != nil && p.Integrity != integrityUnknown {
		m["integrity"] = p.Integrity
	}
	return m
}

func mark(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

// same reports whether two records can be of one connection: an ID that one tells is not another one in the other.
func same(a, b *hanalyze.QUIC) bool {
	shared := false
	for _, ids := range [...][2]string{{a.DCID, b.DCID}, {a.SCID, b.SCID}, {a.ServerCID, b.ServerCID}} {
		if ids[0] != "" && ids[1] != "" {
			if ids[0] != ids[1] {
				return false
			}
			shared = true
		}
	}
	return shared
}

// contradicts returns what a record of a capture that lacks packets tells differently from the truth.
func contradicts(truth, lossy *hanalyze.QUIC) (wrong []string) {
	want, got := facts(truth), facts(lossy)
	for name, v := range got {
		switch {
		case v == "" || v == "[]" || v == want[name]:
		case name == "version" && v == cmp.Or(want["offered"], want["version"]): // nothing of the server was seen
		case name == "round trips" && truth.VersionNegotiation && !lossy.VersionNegotiation: // nothing tells of the first attempt
		case name == "dcid" && truth.Retry || name == "dcid" && truth.VersionNegotiation: // that of a later packet
		default:
			wrong = append(wrong, fmt.Sprintf("%s is %s, not %s", name, v, want[name]))
		}
	}
	if lossy.Missing == 0 && lossy.Established && (lossy.TLS == nil || lossy.TLS.Cipher == nil) {
		wrong = append(wrong, "complete without a ServerHello")
	}
	slices.Sort(wrong)
	return wrong
}

// match finds the connection of the truth that a record is of, nil when none fits.
func match(truth []*hanalyze.QUIC, r *hanalyze.QUIC) *hanalyze.QUIC {
	for _, x := range truth {
		y := *r
		if x.Retry || x.VersionNegotiation {
			y.DCID = "" // may be that of a later packet
		}
		if same(x, &y) {
			return x
		}
	}
	return nil
}

// exchanged reports whether a record gives the ID of one end to the other.
func exchanged(truth []*hanalyze.QUIC, r *hanalyze.QUIC) bool {
	return slices.ContainsFunc(truth, func(x *hanalyze.QUIC) bool {
		return r.SCID != "" && r.SCID == x.ServerCID || r.ServerCID != "" && r.ServerCID == x.SCID
	})
}

// TestLoss removes and exchanges datagrams of all scenes at random. Records may lack what was lost; nothing in them may be
// otherwise than in the record of the whole conversation, and no connection may come apart into two that both tell a hello.
func TestLoss(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			steps := s.steps(t)
			whole := newPlayer(t)
			for _, x := range steps {
				whole.play(x.dir, x.b)
			}
			truth := whole.close()
			for seed := range uint64(300) {
				lossyRun(t, seed, steps, truth)
			}
		})
	}
}

func lossyRun(t *testing.T, seed uint64, steps []step, truth []*hanalyze.QUIC) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	kept := slices.Clone(steps)
	for range 1 + rnd.IntN(3) {
		if len(kept) == 0 {
			break
		}
		if i := rnd.IntN(len(kept)); rnd.IntN(3) > 0 {
			kept = slices.Delete(kept, i, i+1)
		} else if i > 0 {
			kept[i-1], kept[i] = kept[i], kept[i-1]
		}
	}
	compare(t, seed, kept, false, truth)
	if len(kept) > 0 && kept[0].dir == sc { // whoever sends the first packet is taken for the client, for want of better evidence
		turned := slices.Clone(kept)
		for i := range turned {
			turned[i].dir = turned[i].dir.Reverse()
		}
		compare(t, seed, turned, true, truth)
	}
}

// compare plays what is left of a conversation and holds its records against those of the whole.
func compare(t *testing.T, seed uint64, kept []step, firstDecides bool, truth []*hanalyze.QUIC) {
	p := newPlayer(t)
	p.flow.FirstDecides = firstDecides
	for _, x := range kept {
		p.play(x.dir, x.b)
	}
	hellos := map[*hanalyze.QUIC]int{}
	var lines []string
	for _, r := range p.close() {
		lines = append(lines, line(r))
		x := match(truth, r)
		if x == nil {
			if r.TLS != nil || exchanged(truth, r) {
				t.Errorf("seed %d: of no connection: %s", seed, line(r))
			}
			continue
		}
		if wrong := contradicts(x, r); len(wrong) > 0 {
			t.Errorf("seed %d: %q\ntruth %s\nlossy %s", seed, wrong, line(x), line(r))
		}
		if r.TLS != nil {
			hellos[x]++
		}
	}
	for x, n := range hellos {
		if n > 1 { // the IDs of a client name its connection
			t.Errorf("seed %d: %d records tell the hello of %s\n%s", seed, n, line(x), strings.Join(lines, "\n"))
		}
	}
}
