package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hanalyze/internal/testenv"
)

// What is told of TLS, held against what programs that speak it say of themselves: openssl and GnuTLS talk over the loopback
// interface of a namespace of their own, and the program as it is delivered listens. What has to be told comes from what the
// client prints and from the command line.

// scene is a server and the clients that come to it, one after the other.
type scene struct {
	name   string
	server string // program and arguments; DIR, PORT and the certificates' names are filled in
	runs   []tlsRun
}

// tlsRun is one client. want lists "field=value" of the flattened record, "field=" for a field that is not there; what the
// client says of the handshake is wanted besides.
type tlsRun struct {
	client string
	want   string
	end    string // who ends the connection: client (unless given) or server; or what the client is told to do before: renegotiate
	fails  bool   // the handshake does not go through
	count  int    // handshakes told, 1 unless given
}

// talker is a program that talks, and what it said.
type talker struct {
	in   io.WriteCloser
	cmd  *exec.Cmd
	mu   sync.Mutex
	said bytes.Buffer
	over chan struct{}
}

func (p *talker) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *talker) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *talker) say(line string) { _, _ = io.WriteString(p.in, line+"\n") } // it may have left

// patience is how long a program may take to say something on a busy machine.
const patience = 30 * time.Second

// await waits until the program said text, and reports false when it or the other one ended before that.
func (p *talker) await(text string, other *talker) bool {
	for late := time.Now().Add(patience); time.Now().Before(late); {
		if strings.Contains(p.text(), text) {
			return true
		}
		select {
		case <-p.over:
			return strings.Contains(p.text(), text)
		case <-other.over:
			return strings.Contains(p.text(), text)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return false
}

// leave closes the program's input and waits until it ends.
func (p *talker) leave() {
	p.in.Close()
	select {
	case <-p.over:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.over
	}
}

// enter moves the calling goroutine to the namespace, and the programs that it starts: "ip netns exec" would cost as much time as
// a handshake. Its thread ends with it.
func (n netns) enter(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked
	f, err := os.Open("/var/run/netns/" + n.name)
	if err == nil {
		err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		f.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// begin starts a program.
func begin(t *testing.T, ctx context.Context, args ...string) *talker {
	t.Helper()
	p := &talker{cmd: exec.CommandContext(ctx, args[0], args[1:]...), over: make(chan struct{})}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // openssl's status says nothing that its words do not
		close(p.over)
	}()
	return p
}

// loopback makes a namespace whose only interface is lo. It is gone after the test.
func loopback(t *testing.T, ctx context.Context) netns {
	t.Helper()
	n := netns{fmt.Sprintf("hal%d", os.Getpid())}
	sh(t, exec.CommandContext(ctx, "ip", "netns", "add", n.name))
	t.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "del", n.name).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	sh(t, exec.CommandContext(ctx, "ip", "-n", n.name, "link", "set", "lo", "up"))
	return n
}

// listen starts the program on lo and returns when it tells of packets: each try is a refused connection.
func listen(t *testing.T, ctx context.Context) *talker {
	t.Helper()
	live := begin(t, ctx, product(t, ctx), "-i", "lo", "--json")
	for late := time.Now().Add(patience); time.Now().Before(late); {
		_ = exec.CommandContext(ctx, "bash", "-c", "echo >/dev/tcp/127.0.0.1/1").Run()
		if strings.Contains(live.text(), `"type":"conn"`) {
			return live
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nothing is told: %s", live.text())
	return nil
}

// firstPort is the port of the first scene; each has its own.
const firstPort = 20000

// TestTLSPrograms plays the scenes, a few at a time, and then looks at what was told.
func TestTLSPrograms(t *testing.T) {
	testenv.Root(t)
	testenv.Programs(t, "ip", "bash", "openssl", "gnutls-cli", "gnutls-serv", "python3")
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
	defer cancel()
	dir := t.TempDir()
	identities(t, dir)
	n := loopback(t, ctx)
	n.enter(t)
	live := listen(t, ctx)
	suites := suites(t, ctx)

	all := scenes()
	said := make([][]string, len(all))
	var wait sync.WaitGroup
	turns := make(chan struct{}, 4)
	said[0] = all[0].play(t, ctx, dir, firstPort) // its sessions are offered to others
	for i, s := range all[1:] {
		i++
		turns <- struct{}{}
		wait.Go(func() {
			n.enter(t)
			said[i] = s.play(t, ctx, dir, firstPort+i)
			<-turns
		})
	}
	wait.Wait()
	if err := live.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-live.over
	told := handshakes(t, live.text())
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) { s.judge(t, said[i], told[firstPort+i], suites) })
	}
}

// fill fills in the words of a command line.
func fill(words, dir string, port int) []string {
	return strings.Fields(strings.NewReplacer("DIR", dir, "PORT", strconv.Itoa(port)).Replace(words))
}

// play lets the clients come to the server and returns what each of them said, and the server behind it.
func (s *scene) play(t *testing.T, ctx context.Context, dir string, port int) (said []string) {
	server := begin(t, ctx, fill(s.server, dir, port)...)
	defer func() {
		_ = server.cmd.Process.Kill() // it serves on and on
		<-server.over
	}()
	ready := "ACCEPT"
	if strings.HasPrefix(s.server, "gnutls") {
		ready = "...done"
	}
	if !server.await(ready, server) {
		t.Errorf("%s: the server does not serve: %s", s.name, server.text())
	}
	for i, r := range s.runs {
		before := len(server.text())
		client := begin(t, ctx, fill(r.client, dir, port)...)
		ping := fmt.Sprintf("ping %d", i)
		client.say(ping)
		switch {
		case r.fails:
			client.await("no such words", client) // until it leaves
		case strings.HasPrefix(r.client, "gnutls"): // the server sends everything back
			client.await(ping, client)
		case server.await(ping, client):
			r.goOn(server, client, fmt.Sprintf("pong %d", i))
		}
		client.leave()
		said = append(said, client.text()+"\nserver: "+server.text()[before:])
	}
	return said
}

// goOn lets the server answer, so that what it sends at the end of the handshake is there, and ends the connection.
func (r *tlsRun) goOn(server, client *talker, pong string) {
	server.say(pong)
	client.await(pong, client)
	switch r.end {
	case "server":
		server.say("q")
		client.await("closed", client)
	case "renegotiate":
		client.say("R")
		client.await("RENEGOTIATING", client)
		client.say("again")
		server.await("again", client)
		client.say("Q")
	default:
		client.say("Q")
	}
}

// told are the records of one port, in order: each flattened to its fields, and the findings about its connection.
type toldTLS struct {
	fields   map[string]string
	findings string
}

// handshakes reads the TLS records, by the server's port.
func handshakes(t *testing.T, ndjson string) map[int][]toldTLS {
	t.Helper()
	all := map[int][]toldTLS{}
	findings := map[string]string{} // by number of the connection
	var order []map[string]string
	for line := range strings.Lines(ndjson) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var r map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		f := map[string]string{}
		flatten("", r, f)
		switch f["type"] {
		case "tls":
			order = append(order, f)
		case "finding":
			for conn := range strings.SplitSeq(f["conns"], ",") {
				findings[conn] += f["id"] + " "
			}
		}
	}
	slices.SortStableFunc(order, func(a, b map[string]string) int { return strings.Compare(a["ts"], b["ts"]) })
	for _, f := range order {
		port, err := strconv.Atoi(f["server.port"])
		if err != nil {
			t.Fatal(err)
		}
		all[port] = append(all[port], toldTLS{f, findings[f["conn"]]})
	}
	return all
}

// flatten gives every value a name: members behind dots, lists joined by commas, and the elements of a list of objects numbered.
func flatten(name string, v any, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			flatten(strings.TrimPrefix(name+"."+k, "."), member, out)
		}
	case []any:
		var items []string
		for i, item := range v {
			if _, ok := item.(map[string]any); ok {
				flatten(fmt.Sprintf("%s.%d", name, i), item, out)
				continue
			}
			items = append(items, fmt.Sprint(item))
		}
		out[name] = strings.Join(items, ",")
		if items == nil {
			out[name] = strconv.Itoa(len(v)) // how many objects
		}
	default:
		out[name] = fmt.Sprint(v)
	}
}

// judge compares what was told with what was said.
func (s *scene) judge(t *testing.T, said []string, told []toldTLS, suites map[string]suite) {
	for i, r := range s.runs {
		n := max(r.count, 1)
		if len(told) < n {
			t.Fatalf("%s: no record\n%s", r.client, said[i])
		}
		got := told[n-1]
		told = told[n:]
		want := strings.Fields(r.want)
		if r.fails {
			want = append(want, failed(said[i])...)
		} else {
			want = append(want, "established=true", "complete=true", "alerts=")
			want = append(want, spoken(t, said[i], suites)...)
		}
		wrong := false
		for _, w := range want {
			if why := got.lacks(w); why != "" {
				wrong = true
				t.Errorf("%s\n%s", r.client, why)
			}
		}
		if wrong {
			t.Logf("told: %v, %s\nsaid: %s", got.fields, got.findings, said[i])
		}
	}
	if len(told) > 0 {
		t.Errorf("%d records more: %v", len(told), told)
	}
}

// lacks says in what the record is not as wanted: "field=value", "field~=part of it", "finding=its name", "nofinding=its name".
func (r *toldTLS) lacks(want string) string {
	name, value, _ := strings.Cut(want, "=")
	field, part := strings.CutSuffix(name, "~")
	have := r.fields[field]
	ok := have == value
	switch {
	case name == "finding":
		have, ok = r.findings, strings.Contains(r.findings, value)
	case name == "nofinding":
		have, ok = r.findings, !strings.Contains(r.findings, value)
	case part:
		ok = strings.Contains(have, value)
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s is %q, wanted %q", name, have, value)
}

// suite is what openssl calls a cipher suite by and what it says of it.
type suite struct{ name, kx string }

// suites asks openssl for all its cipher suites.
func suites(t *testing.T, ctx context.Context) map[string]suite {
	t.Helper()
	out := sh(t, exec.CommandContext(ctx, "openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"))
	all := map[string]suite{}
	for _, m := range regexp.MustCompile(`- (\S+)\s+- (\S+)\s+\S+\s+Kx=(\S+)\s+Au=(\S+)`).FindAllStringSubmatch(out, -1) {
		kx := m[3]
		if m[4] == "None" {
			kx += "anon"
		}
		all[m[2]] = suite{m[1], kx}
	}
	return all
}

// keyExchanges are openssl's words for key exchanges up to TLS 1.2, with "anon" behind them where nobody is authenticated.
var keyExchanges = map[string]string{
	"RSA": "rsa", "DH": "dhe", "ECDH": "ecdhe", "DHanon": "dh_anon", "ECDHanon": "ecdh_anon",
	"PSK": "psk", "RSAPSK": "rsa_psk", "DHEPSK": "dhe_psk", "ECDHEPSK": "ecdhe_psk",
}

// The words of s_client.
var (
	saidCipher  = regexp.MustCompile(`(New|Reused), (\S+), Cipher is (\S+)`)
	saidVersion = regexp.MustCompile(`Protocol *: (\S+)`)
	saidGroup   = regexp.MustCompile(`Server Temp Key: (.+), (\d+) bits`)
	saidALPN    = regexp.MustCompile(`ALPN protocol: (\S+)`)
	saidTicket  = regexp.MustCompile(`ticket lifetime hint: (\d+)`)
	saidSubject = regexp.MustCompile(`(?m)^ \d+ s:(.+)$`)
	saidKey     = regexp.MustCompile(`Server public key is (\d+) bit`)
	saidVerify  = regexp.MustCompile(`Verify return code: (\d+)`)
	saidAlert   = regexp.MustCompile(`(?:SSL alert number |Received alert \[)(\d+)`)
	saidSigner  = regexp.MustCompile(`Peer signing digest: (\S+)\nPeer signature type: (\S+)`)
)

var versionNames = map[string]string{"TLSv1": "1.0", "TLSv1.0": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3", "DTLSv1": "dtls1.0", "DTLSv1.2": "dtls1.2"}

var groupNames = map[string]string{"X25519": "x25519", "X448": "x448", "ECDH, prime256v1": "secp256r1", "ECDH, secp384r1": "secp384r1", "ECDH, secp521r1": "secp521r1"}

// spoken is what follows for the record from what s_client says of a handshake that went through; of TLS 1.3 as far as it is in
// the clear.
func spoken(t *testing.T, said string, suites map[string]suite) (want []string) {
	t.Helper()
	m := saidCipher.FindStringSubmatch(said)
	if m == nil {
		return spokenGnuTLS(said)
	}
	version := versionNames[m[2]]
	if v := saidVersion.FindStringSubmatch(said); v != nil {
		version = versionNames[v[1]]
	}
	reused, suite := m[1] == "Reused", suites[m[3]]
	add := func(name, value string) { want = append(want, name+"="+value) }
	add("version", version)
	add("cipher.name", suite.name)
	if g := saidGroup.FindStringSubmatch(said); g != nil {
		add("group", cmp.Or(groupNames[g[1]], "dh_"+g[2]))
	}
	if !reused {
		add("resumption.kind", "none")
	} else if version != "1.3" {
		add("client_auth.requested", "false")
	}
	switch {
	case strings.Contains(said, "Early data was accepted"):
		add("early_data", "accepted")
	case strings.Contains(said, "Early data was not sent"):
		add("early_data", "not_offered")
	}
	if version == "1.3" {
		return want
	}
	kx := keyExchanges[suite.kx]
	add("key_exchange", kx)
	add("forward_secrecy", strconv.FormatBool(strings.Contains(kx, "dh")))
	return append(want, spoken12(said, reused)...)
}

// saidDescription is how gnutls-cli tells of version, key exchange and group.
var saidDescription = regexp.MustCompile(`Description: \((D?TLS[\d.]+)[^)]*\)-(?:\([A-Z]+(?:-PSK)?(?:-([A-Z0-9]+))?\))?`)

// spokenGnuTLS is spoken for gnutls-cli.
func spokenGnuTLS(said string) []string {
	all := saidDescription.FindAllStringSubmatch(said, -1)
	if all == nil {
		return []string{"somebody=who tells of a handshake"}
	}
	m := all[len(all)-1] // of the session that was taken up
	want := []string{"version=" + strings.ToLower(strings.TrimPrefix(m[1], "TLS"))}
	if m[2] != "" && (m[1] == "TLS1.3" || len(all) == 1) {
		want = append(want, "group="+strings.ToLower(m[2]))
	}
	return want
}

// spoken12 is what follows up to TLS 1.2 only.
func spoken12(said string, reused bool) (want []string) {
	add := func(name, value string) { want = append(want, name+"="+value) }
	chosen := ""
	if a := saidALPN.FindStringSubmatch(said); a != nil {
		chosen = a[1]
	}
	add("alpn.chosen", chosen)
	if strings.Contains(said, "Secure Renegotiation IS supported") {
		add("server_hello.extensions~", "renegotiation_info")
	}
	if strings.Contains(said, "Extended master secret: yes") {
		add("server_hello.extensions~", "extended_master_secret")
	}
	if reused {
		return append(want, "certificates=", "client_certificates=")
	}
	lifetime := ""
	if l := saidTicket.FindStringSubmatch(said); l != nil {
		lifetime = l[1]
	}
	add("resumption.new_ticket.lifetime_s", lifetime)
	subjects := saidSubject.FindAllStringSubmatch(said, -1)
	if len(subjects) > 0 {
		add("certificates", strconv.Itoa(len(subjects)))
		add("certificates.0.key.bits", saidKey.FindStringSubmatch(said)[1])
	} else {
		add("certificates", "")
	}
	if s := saidSigner.FindStringSubmatch(said); s != nil && strings.Contains(said, "TLSv1.2\n") {
		add("server_signature~", strings.ToLower(s[1]))
		add("server_signature~", strings.ToLower(strings.ReplaceAll(s[2], "-", "_")))
	}
	return append(want, verified(said)...)
}

// verified is what follows from the verdict on the server's certificate (openssl verify(1)).
func verified(said string) []string {
	v := saidVerify.FindStringSubmatch(said)
	if v == nil {
		return nil
	}
	switch v[1] {
	case "10":
		return []string{"certificates.0.days_left~=-", "finding=tls.certificate_expired"}
	case "18":
		return []string{"certificates.0.self_signed=true"}
	case "62":
		return []string{"certificates.0.matches_sni=false"}
	}
	return nil
}

// alertNames are those of RFC 8446 §6.
var alertNames = map[string]string{
	"40": "handshake_failure", "42": "bad_certificate", "45": "certificate_expired", "48": "unknown_ca", "50": "decode_error", "51": "decrypt_error", "70": "protocol_version",
	"71": "insufficient_security", "80": "internal_error", "86": "inappropriate_fallback", "112": "unrecognized_name",
	"115": "unknown_psk_identity", "116": "certificate_required", "120": "no_application_protocol",
}

// failed is what follows from what is said of a handshake that did not go through. Each end says which alert it was sent.
func failed(said string) []string {
	want := []string{"established=false"}
	client, server, _ := strings.Cut(said, "\nserver: ")
	if m := saidAlert.FindStringSubmatch(client); m != nil {
		return append(want, "alerts.0.dir=s2c", "alerts.0.level=fatal", "alerts.0.description="+alertNames[m[1]])
	}
	if m := saidAlert.FindStringSubmatch(server); m != nil {
		return append(want, "alerts.0.dir=c2s", "alerts.0.level=fatal", "alerts.0.description="+alertNames[m[1]])
	}
	return want // each scene without an alert says what there is instead
}
