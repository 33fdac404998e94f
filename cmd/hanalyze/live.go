package main

import (
	"fmt"
	"os"
	"path/filepath"

	"hanalyze/privileges"
)

// become makes the process one of the user that -Z names. From then on files are opened with that user's rights.
func (f *flags) become() error {
	if f.user == "" {
		return nil
	}
	if err := privileges.Become(f.user); err != nil {
		return fmt.Errorf("-Z: %w", err)
	}
	return nil
}

// confine gives up what is not needed any more, now that sockets and files are open. Files are still made beside the one
// that -w names if -b asks for it, and in the directory of --extract; nowhere else.
func (f *flags) confine(warn func(string)) error {
	var writable []string
	if len(f.rotate) > 0 {
		writable = append(writable, filepath.Dir(f.write))
	}
	if f.extract != "" {
		writable = append(writable, f.extract)
	}
	if err := privileges.Confine(writable...); err != nil {
		warn("capturing with more privileges than needed: " + err.Error())
	}
	for _, d := range writable {
		if err := privileges.MayWrite(d); err != nil {
			return fmt.Errorf("%s: %w: no more files can be made there once privileges are given up; name with -Z a user who may%s",
				d, err, caller())
		}
	}
	return nil
}

// caller names the user who called sudo, for advice.
func caller() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return ", such as " + name
	}
	return ""
}
