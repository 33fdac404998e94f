package privileges

import (
	"fmt"
	"os/user"
	"strconv"
	"syscall"
)

// Become makes the process one of another user, with that user's groups and, unless that is root, without capabilities. It
// needs root. name is a user's name or number.
func Become(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return fmt.Errorf("%s: no such user", name)
		}
	}
	ids, err := u.GroupIds()
	if err != nil {
		return fmt.Errorf("groups of %s: %w", name, err)
	}
	groups, err := numbers(ids...)
	if err != nil {
		return err
	}
	own, err := numbers(u.Uid, u.Gid)
	if err != nil {
		return err
	}
	// The user comes last: nobody but root may change groups.
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("groups of %s: %w", name, err)
	}
	if err := syscall.Setgid(own[1]); err != nil {
		return fmt.Errorf("group of %s: %w", name, err)
	}
	if err := syscall.Setuid(own[0]); err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	return nil
}

func numbers(ids ...string) ([]int, error) {
	var out []int
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of a user or group", id)
		}
		out = append(out, n)
	}
	return out, nil
}
