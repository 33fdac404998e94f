# build: the program. test: everything this machine can run. check: what a change must pass. See README.md.
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME ?= 1m
CONFORM ?= ../shared/conform/conform.py
CORPUS ?= ../shared/corpus
BENCH ?= ../shared/bench

.PHONY: build test check fuzz bench golden conform headers judges filters samples

build:
	CGO_ENABLED=0 $(GO) build ./cmd/hanalyze

# Tests that need other programs or root say so and are skipped where these are missing; HANALYZE_NO_SKIP=1 forbids it.
test:
	@$(GO) test -json ./... | $(GO) run ./internal/testenv/told

check:
	@test -z "$$(gofmt -s -l .)" || { echo "gofmt -s would change:"; gofmt -s -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(GOLANGCI) run ./...
	$(GO) mod tidy -diff
	$(GO) generate ./... && git diff --exit-code
	for os in darwin freebsd windows; do GOOS=$$os $(GO) build -o /dev/null ./cmd/hanalyze || exit 1; done
	@if echo '#include <pcap/pcap.h>' | $(CC) -E - >/dev/null 2>&1; then \
	  $(GO) vet -tags libpcap ./capture ./cmd/hanalyze && $(GO) test -tags libpcap -run TestPcap ./capture; \
	else echo "no headers of libpcap here: the build tag libpcap is not checked"; fi
	$(GO) test -race ./...
	@$(GO) run $(GOVULNCHECK) ./... || echo "govulncheck could not run here, or found something: read the lines above"

# Every fuzz target for FUZZTIME.
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./...
	@if [ -d $(BENCH) ]; then bash pcaps/bench.sh $(BENCH) ./hanalyze; fi

# Rewrites all golden files; read the diff.
golden:
	$(GO) test ./... -update

# Agreement with an independent judge over many captures, where it is at hand. The figures in conform.min.json only rise.
conform: build
	@if [ -f $(CONFORM) ]; then \
	  python3 $(CONFORM) ./hanalyze $(CORPUS)/expected-tshark.json $(CORPUS) --disputed pcaps/disputes.json --json conform.json && \
	  python3 pcaps/conform_min.py conform.json conform.min.json; \
	else echo "no judge here"; fi

# Every packet's headers beside what gopacket reads. Fails on a difference that the table in packet/oracle_test.go does not explain.
headers:
	@if [ -d $(CORPUS) ]; then $(GO) test ./packet -count=1 -run TestOracle -v -captures $(abspath $(CORPUS)); else echo "no captures here"; fi

# What is told of TCP, beside tshark's analysis and tcptrace's figures over the same captures. Fails on a difference that
# internal/judges does not explain.
judges: build
	@if [ -f $(CORPUS)/expected-tshark.json ] && command -v tshark tcptrace >/dev/null; then \
	  $(GO) run ./internal/judges -hanalyze ./hanalyze $(CORPUS); \
	else echo "no captures, no tshark or no tcptrace here"; fi

# What capture filters choose, beside tcpdump over the same captures.
filters:
	@if [ -d $(CORPUS) ] && command -v tcpdump >/dev/null; then \
	  $(GO) test ./capture/filter -count=1 -run 'TestTcpdump$$' -v -timeout 30m -corpus $(abspath $(CORPUS)); \
	else echo "no captures or no tcpdump here"; fi

# Captures the samples again (root, Linux).
samples: build
	bash pcaps/make.sh
