package h1

import (
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	tests := []struct {
		c2s, s2c string
		want     Verdict
	}{
		{"", "", Maybe},
		{"G", "", Maybe},
		{"GET /", "", Maybe},
		{"GET / HTTP/1.1", "", Maybe},
		{"GET / HTTP/1.1\r\n", "", Yes},
		{"\r\nGET / HTTP/1.0\n", "", Yes},
		{"get / http/1.1\r\n", "", Yes},
		{"SSTP_DUPLEX_POST /sra HTTP/1.1\r\n", "", Yes},
		{"GET / HTTP/1.1\r\n", "garbage", Yes},
		{"GET /old\r\n", "", Yes},
		{"GET /old\r\nSET x\r\n", "", No},
		{"GET /old\r\nHost: h\r\n\r\n", "", Yes},
		{"GET /old\r\n\r\n", "", Yes},
		{"GET /old\r\nHos", "", Maybe},
		{"get key\r\n", "", No},
		{"OPTIONS rtsp://h/ RTSP/1.0\r\n", "", No},
		{"OPTIONS sip:h SIP/2.0\r\n", "", No},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", No},
		{"GET / HTTP/2.0\r\n", "", No},
		{"SSH-2.0-OpenSSH_9.9\r\n", "", No},
		{"\x16\x03\x01\x02", "", No},
		{"EHLO x\r\n", "220 x\r\n", No},
		{"GET ", "220 x\r\n", No},
		{strings.Repeat("A", maxMethod) + " ", "", Maybe},
		{strings.Repeat("A", maxMethod+1), "", No},
		{"GET " + strings.Repeat("x", maxStartLine), "", No},
		{"", "HTTP/1.", Maybe},
		{"", "HTTP/1.1 200", Yes},
		{"", "HTTP/2 200 OK", No},
		{"", "RTSP/1.0 200 OK", No},
		{"", "ICY 200 OK", No},
		{"rest of a body", "HTTP/1.1 200", Yes},
		{"\x00", "HTTP", Maybe},
	}
	for _, tt := range tests {
		if got := Sniff([]byte(tt.c2s), []byte(tt.s2c)); got != tt.want {
			t.Errorf("Sniff(%.40q, %q) = %d, want %d", tt.c2s, tt.s2c, got, tt.want)
		}
	}
}
