package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze/internal/testenv"
	"hanalyze/privileges"
)

// netns is a network namespace made for a test.
type netns struct{ name string }

// command returns a command that runs in the namespace and is killed with ctx.
func (n netns) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.name}, args...)...)
}

// sh runs a command and fails the test when it fails.
func sh(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out[max(0, len(out)-2000):])
	}
	return string(out)
}

// link makes two namespaces joined by a veth pair: client 10.77.0.1 and server 10.77.0.2. They are gone after the test.
func link(t *testing.T, ctx context.Context) (client, server netns) {
	t.Helper()
	id := os.Getpid()
	client, server = netns{fmt.Sprintf("hac%d", id)}, netns{fmt.Sprintf("has%d", id)}
	ip := func(args ...string) { sh(t, exec.CommandContext(ctx, "ip", args...)) }
	for _, n := range []netns{client, server} {
		ip("netns", "add", n.name)
		t.Cleanup(func() {
			if out, err := exec.Command("ip", "netns", "del", n.name).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	ip("link", "add", "hav0", "netns", client.name, "type", "veth", "peer", "name", "hav1", "netns", server.name)
	ip("-n", client.name, "addr", "add", "10.77.0.1/24", "dev", "hav0")
	ip("-n", server.name, "addr", "add", "10.77.0.2/24", "dev", "hav1")
	for _, n := range []struct{ ns, dev string }{{client.name, "hav0"}, {server.name, "hav1"}, {client.name, "lo"}, {server.name, "lo"}} {
		ip("-n", n.ns, "link", "set", n.dev, "up")
	}
	return client, server
}

const nginxConf = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; root %[1]s; default_type text/plain; gzip on; gzip_types text/plain; gzip_min_length 100;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  server { listen 10.77.0.2:80; }
  server { listen 10.77.0.2:8080 http2; }
  server { listen 10.77.0.2:443 ssl http2; ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem; }
}
`

// startNginx serves HTTP/1.1 on 80, cleartext HTTP/2 on 8080 and TLS on 443 until the test ends.
func startNginx(t *testing.T, ctx context.Context, server netns) {
	t.Helper()
	dir := t.TempDir()
	sh(t, exec.CommandContext(ctx, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
		"-subj", "/CN=www.example.test", "-keyout", filepath.Join(dir, "key.pem"), "-out", filepath.Join(dir, "cert.pem")))
	for name, text := range map[string]string{
		"nginx.conf": fmt.Sprintf(nginxConf, dir), "small.txt": "hello\n", "large.txt": strings.Repeat("0123456789abcde\n", 20000),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	nginx := server.command(ctx, "nginx", "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"), "-g", "user root;")
	var said bytes.Buffer
	nginx.Stdout, nginx.Stderr = &said, &said
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := nginx.Process.Signal(syscall.SIGTERM); err == nil {
			err = nginx.Wait()
			if err != nil && ctx.Err() == nil {
				t.Logf("nginx: %v %s", err, said.String())
			}
		}
	})
}

// product builds the program as it is delivered.
func product(t *testing.T, ctx context.Context) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hanalyze")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	sh(t, build)
	return binary
}

// TestLiveEqualsFile captures real traffic and reads back what it kept: the records must be the same.
func TestLiveEqualsFile(t *testing.T) {
	testenv.Root(t)
	testenv.Programs(t, "ip", "nginx", "curl", "openssl")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	client, server := link(t, ctx)
	startNginx(t, ctx, server)
	dir := t.TempDir()
	binary := product(t, ctx)

	kept := filepath.Join(dir, "kept.pcapng")
	live := client.command(ctx, binary, "-i", "hav0", "--json", "--events", "tcp,h2", "-w", kept,
		"--bodies", "20", "--extract", filepath.Join(dir, "live"))
	var stdout, stderr bytes.Buffer
	live.Stdout, live.Stderr = &stdout, &stderr
	if err := live.Start(); err != nil {
		t.Fatal(err)
	}
	browse(t, ctx, client)
	if err := live.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := live.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	file := sh(t, exec.CommandContext(ctx, binary, "-r", kept, "--json", "--events", "tcp,h2",
		"--bodies", "20", "--extract", filepath.Join(dir, "read")))
	checkExtracted(t, filepath.Join(dir, "live"), filepath.Join(dir, "read"))
	saw, read := records(stdout.String()), records(file)
	if d := cmp.Diff(saw, read); d != "" {
		t.Errorf("live (-) and file (+) differ:\n%s", d)
	}
	for _, want := range []string{`"path":"http1"`, `"path":"http2"`, `"path":"tls"`, `"type":"conn"`, `"type":"tls"`, `"status":200`} {
		if !strings.Contains(file, want) {
			t.Errorf("nothing with %s was captured", want)
		}
	}
	for _, want := range []string{`"kernel":{"received":`, `"inputs":[{"name":"hav0","format":"live","packets":`, `"dropped":0`} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %s in what was told live", want)
		}
	}
}

// checkExtracted wants the same files in two directories, what nginx served among them. The first was written by a process
// that may open files nowhere else.
func checkExtracted(t *testing.T, live, read string) {
	t.Helper()
	names := list(t, live)
	if d := cmp.Diff(names, list(t, read)); d != "" {
		t.Fatalf("files live (-) and from the file (+):\n%s", d)
	}
	for _, name := range names {
		a, err := os.ReadFile(filepath.Join(live, name))
		b, err2 := os.ReadFile(filepath.Join(read, name))
		if err = errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %d and %d bytes, %v", name, len(a), len(b), err)
		}
		if strings.HasPrefix(name, "10.77.0.2_large") && len(a) != 320_000 {
			t.Errorf("%s: %d bytes", name, len(a))
		}
	}
	if !slices.Contains(names, "10.77.0.2_large-2.txt") {
		t.Errorf("files: %v", names)
	}
}

// browse makes one request of each kind. The first is repeated until it succeeds: by then nginx serves and hanalyze, which
// was started before it, has seen packets or is about to.
func browse(t *testing.T, ctx context.Context, client netns) {
	t.Helper()
	curl := func(args ...string) {
		sh(t, client.command(ctx, append([]string{"curl", "-sS", "--max-time", "10"}, args...)...))
	}
	curl("--retry", "50", "--retry-connrefused", "--retry-delay", "1", "http://10.77.0.2/small.txt")
	curl("http://10.77.0.2/small.txt", "http://10.77.0.2/large.txt", "http://10.77.0.2/missing")
	curl("--compressed", "http://10.77.0.2/large.txt")
	curl("--http2-prior-knowledge", "http://10.77.0.2:8080/large.txt")
	curl("-k", "--resolve", "www.example.test:443:10.77.0.2", "https://www.example.test/large.txt")
	curl("-k", "--tls-max", "1.2", "--resolve", "www.example.test:443:10.77.0.2", "https://www.example.test/small.txt")
}

// TestLiveConfined keeps packets in a ring of files, with no capability left on any thread, and cannot be led to make a file
// elsewhere.
func TestLiveConfined(t *testing.T) {
	testenv.Root(t)
	testenv.Programs(t, "ip", "bash")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	client, _ := link(t, ctx)
	dir := t.TempDir()
	ring, elsewhere := filepath.Join(dir, "ring"), filepath.Join(dir, "elsewhere")
	for _, d := range []string{ring, elsewhere} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	live := client.command(ctx, product(t, ctx), "-i", "lo", "--json", "-w", filepath.Join(ring, "kept.pcapng"), "-b", "packets:2", "-b", "files:3")
	var stderr bytes.Buffer
	live.Stderr = &stderr
	if err := live.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- live.Wait() }()
	// knock sends packets until there is reason to stop, or the program ends.
	knock := func(enough func() bool) error {
		for !enough() {
			select {
			case err := <-ended:
				return err
			default:
				sh(t, client.command(ctx, "bash", "-c", "echo knock >/dev/udp/127.0.0.1/9"))
			}
		}
		return nil
	}
	third := regexp.MustCompile(`^kept_000(0[4-9]|[1-9][0-9])_\d{14}\.pcapng$`)
	if err := knock(func() bool { names := list(t, ring); return len(names) > 0 && third.MatchString(names[0]) }); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if names := list(t, ring); len(names) > 3 {
		t.Errorf("a ring of %v", names)
	}
	wantNoCapabilities(t, live.Process.Pid)
	if !privileges.Landlock() {
		return
	}
	if err := errors.Join(os.Rename(ring, ring+".moved"), os.Symlink(elsewhere, ring)); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := knock(func() bool { return false }); !errors.As(err, &exit) || exit.ExitCode() != exitInput {
		t.Errorf("%v, want status %d", err, exitInput)
	}
	if !strings.Contains(stderr.String(), "permission denied") || len(list(t, elsewhere)) > 0 {
		t.Errorf("said %q, made %v", stderr.String(), list(t, elsewhere))
	}
}

// list returns the names in a directory.
func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// wantNoCapabilities looks at all threads of a process.
func wantNoCapabilities(t *testing.T, pid int) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatal("no threads", err)
	}
	for _, f := range files {
		status, err := os.ReadFile(f)
		if err != nil {
			continue // the thread ended
		}
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
			if strings.HasPrefix(name, "Cap") && strings.Trim(value, "0") != "" || name == "NoNewPrivs" && value != "1" {
				t.Errorf("%s: %s", f, line)
			}
		}
	}
}

// records returns the lines but stats, which tells of the input.
func records(ndjson string) []string {
	var out []string
	for line := range strings.Lines(ndjson) {
		if !strings.HasPrefix(line, `{"type":"stats"`) {
			out = append(out, strings.TrimSuffix(line, "\n"))
		}
	}
	return out
}
