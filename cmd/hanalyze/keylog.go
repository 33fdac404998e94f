package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// checkKeylogs reads TLS key logs (the format of SSLKEYLOGFILE) far enough to say whether they are any. Nothing is
// decrypted yet, and the user is told so rather than left to wonder.
func checkKeylogs(names []string, warn func(string)) error {
	for _, name := range names {
		n, err := countSecrets(name)
		if err != nil {
			return err
		}
		warn(fmt.Sprintf("%s: %d TLS secrets; decryption is not built yet, TLS stays encrypted", name, n))
	}
	return nil
}

// countSecrets counts the lines of the form LABEL CLIENT_RANDOM SECRET.
func countSecrets(name string) (int, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		w := strings.Fields(lines.Text())
		if len(w) == 3 && isHex(w[1]) && isHex(w[2]) {
			n++
		}
	}
	return n, lines.Err()
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s != ""
}
