package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"hanalyze/capture"
	"hanalyze/pipeline"
)

// keeper is what packets are kept with.
type keeper interface {
	pipeline.Saver
	Close() error
}

// keep opens the file that packets are kept in or, with -b, gets ready to make files.
func (f *flags) keep(src capture.Source) (keeper, error) {
	o := capture.WriterOptions{Names: f.interfaces, Filter: f.filter, Program: "hanalyze " + version()}
	if len(f.interfaces) > 0 {
		o.Counts = src.Inputs
	}
	if len(f.rotate) > 0 {
		return capture.NewRotator(f.write, f.rotation, o)
	}
	file, err := os.OpenFile(f.write, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &keptFile{capture.NewWriter(file, o), file}, nil
}

// keptFile is a Writer with its file.
type keptFile struct {
	*capture.Writer
	file *os.File
}

func (k *keptFile) Close() error { return errors.Join(k.Writer.Close(), k.file.Close()) }

// kilobyte is the unit of -b filesize, as dumpcap counts.
const kilobyte = 1000

// parseRotation reads what -b was given, in dumpcap's words: filesize:KB, duration:SECONDS, packets:N, files:N.
func parseRotation(words []string) (r capture.Rotation, err error) {
	for _, w := range words {
		key, value, _ := strings.Cut(w, ":")
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 {
			return r, fmt.Errorf("-b %s: want filesize:KB, duration:SECONDS, packets:N or files:N", w)
		}
		switch key {
		case "filesize":
			r.Bytes = int64(n) * kilobyte
		case "duration":
			r.Duration = time.Duration(n) * time.Second
		case "packets":
			r.Packets = n
		case "files":
			r.Files = int(n)
		default:
			return r, fmt.Errorf("-b %s: want filesize:KB, duration:SECONDS, packets:N or files:N", w)
		}
	}
	if r.Files > 0 && r.Bytes == 0 && r.Duration == 0 && r.Packets == 0 {
		return r, errors.New("-b files needs to know when a file is full: add -b filesize, duration or packets")
	}
	return r, nil
}
