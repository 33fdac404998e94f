package body

import (
	"encoding/base64"
	"testing"
)

func TestText(t *testing.T) {
	for _, tc := range []struct {
		name, in, declared string
		cut                bool
		text, charset      string // no charset: no text
	}{
		{"utf-8", "héllo\n", "", false, "héllo\n", "utf-8"},
		{"half a character at the end", "h\xc3", "", true, "h", "utf-8"},
		{"half a character in the end", "h\xc3", "", false, "", ""},
		{"three quarters", "a\xf0\x9f\x98", "utf-8", true, "a", "utf-8"},
		{"mark", "\xef\xbb\xbfa", "iso-8859-1", false, "a", "utf-8"},
		{"latin-1", "h\xe9\x80", "iso-8859-1", false, "hé€", "windows-1252"},
		{"latin-1, empty place", "\x81", "iso-8859-1", false, "", ""},
		{"not declared", "h\xe9", "", false, "", ""},
		{"utf-16le", "h\x00\xe9\x00", "utf-16le", false, "hé", "utf-16le"},
		{"utf-16 with a mark", "\xfe\xff\x00h", "", false, "h", "utf-16be"},
		{"utf-16, pair", "\x3d\xd8\x00\xde", "utf-16", false, "😀", "utf-16le"},
		{"utf-16, half a pair at the end", "h\x00\x3d\xd8", "utf-16le", true, "h", "utf-16le"},
		{"utf-16, half a pair", "\x3d\xd8h\x00", "utf-16le", false, "", ""},
		{"utf-16, odd", "h\x00e", "utf-16le", false, "", ""},
		{"zero", "a\x00b", "", false, "", ""},
		{"escape", "a\x1b[31m", "utf-8", false, "", ""},
	} {
		body, charset, b64 := text([]byte(tc.in), tc.declared, tc.cut)
		want := ""
		if tc.charset == "" {
			want = base64.StdEncoding.EncodeToString([]byte(tc.in))
		}
		if body != tc.text || b64 != want || tc.charset != "" && charset != tc.charset {
			t.Errorf("%s: %q %q %q", tc.name, body, charset, b64)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, tc := range [][2]string{
		{"\x89PNG\r\n\x1a\nxx", "image/png"}, {"RIFF\x01\x02\x03\x04WEBPVP8", "image/webp"}, {"XXXX\x01\x02\x03\x04WEBPVP8", ""},
		{" \r\n<!DOCTYPE HTML>", "text/html"}, {"\xef\xbb\xbf<html>", "text/html"}, {"<?xml version", "text/xml"},
		{`{"a":1}`, "application/json"}, {"[1,2]", "application/json"}, {"{color:red}", "text/plain"}, {"hello", "text/plain"},
		{"MZ\x90\x00", "application/vnd.microsoft.portable-executable"}, {"\x7fELF", "application/x-elf"}, {"", ""}, {"\x01\x02", ""},
		{string(make([]byte, 257)) + "ustar", "application/x-tar"},
	} {
		if got := Sniff([]byte(tc[0])); got != tc[1] {
			t.Errorf("%q: %q, want %q", tc[0][:min(len(tc[0]), 20)], got, tc[1])
		}
	}
}
