package privileges

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileRights are the rights on files that Landlock can take, by the first version of its interface that knows them
// (landlock(7)). They are asked for up to the version of the running kernel. Its rights on TCP ports are left alone: they do
// not hold for Multipath TCP, nor for UDP.
var fileRights = [...]uint64{
	1: unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM,
	2: unix.LANDLOCK_ACCESS_FS_REFER,
	3: unix.LANDLOCK_ACCESS_FS_TRUNCATE,
	5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
}

// keptRights are those on directories in which files may still be written.
const keptRights = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
	unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE

// restrictFiles takes from all threads what Landlock can take, but for writing files in the directories given. It needs
// no_new_privs.
func restrictFiles(directories []string) error {
	version := landlockVersion()
	if version < 1 {
		return nil
	}
	rights := rightsOf(version)
	fd, err := createRuleset(rights)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, d := range directories {
		if err := allow(fd, d, keptRights&rights); err != nil {
			return fmt.Errorf("landlock: %s: %w", d, err)
		}
	}
	return onAllThreads("landlock", unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(fd), 0, 0)
}

// Landlock reports whether the kernel can keep the process from opening files.
func Landlock() bool { return landlockVersion() > 0 }

// landlockVersion returns the version of the kernel's interface, 0 where there is none.
func landlockVersion() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// rightsOf returns all rights that a version of the interface knows.
func rightsOf(version int) (rights uint64) {
	for v, r := range fileRights {
		if v <= version {
			rights |= r
		}
	}
	return rights
}

// createRuleset makes a set of rules that forbids rights wherever no rule allows them.
func createRuleset(rights uint64) (fd int, err error) {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: rights}
	r, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return -1, fmt.Errorf("landlock: %w", errno)
	}
	return int(r), nil
}

// allow leaves rights on what is beneath a directory.
func allow(ruleset int, directory string, rights uint64) (err error) {
	fd, err := unix.Open(directory, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unix.Close(fd)) }()
	beneath := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&beneath)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
