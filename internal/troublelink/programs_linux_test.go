package troublelink

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hanalyze/internal/testenv"
)

const nginxConf = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; root %[1]s; default_type text/plain;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  server { listen %[2]s; }
}
`

// browse has curl fetch from nginx: a large file, and small ones on one connection.
func browse(t *testing.T, l *Link, s *scenario) {
	t.Helper()
	testenv.Programs(t, "nginx", "curl")
	stop := startNginx(t, l, s)
	defer stop()
	base := "http://" + s.server(l).String()
	curl(t, l, base+"/large.txt")
	curl(t, l, base+"/small.txt", base+"/small.txt", base+"/missing", base+"/small.txt")
}

// curl runs curl on the left host.
func curl(t *testing.T, l *Link, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "curl", append([]string{"-sS", "--max-time", "10"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := l.Host[Left].Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("curl %s: %v %s", args, err, said.String())
	}
}

// startNginx serves on the right host and returns when it does.
func startNginx(t *testing.T, l *Link, s *scenario) (stop func()) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"nginx.conf": fmt.Sprintf(nginxConf, dir, s.server(l)), "small.txt": "hello\n", "large.txt": strings.Repeat("0123456789abcde\n", 40000),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "nginx", "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"), "-g", "user root;")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := l.Host[Right].Start(cmd); err != nil {
		t.Fatal(err)
	}
	for range 500 { // it writes its pid when it listens
		if _, err := os.Stat(filepath.Join(dir, "pid")); err == nil {
			break
		}
		time.Sleep(10 * ms)
	}
	return func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err == nil {
			err = cmd.Wait()
			if err != nil && t.Context().Err() == nil {
				t.Errorf("nginx: %v %s", err, said.String())
			}
		}
	}
}
