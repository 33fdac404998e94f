package privileges

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Confine gives up all capabilities of all threads and, where the kernel has Landlock, the right to open files. In the
// directories given, files may still be made, written and removed. Files that are open stay so.
//
// Where the kernel has no Landlock (before 5.13, or not enabled) only the capabilities go, and that is no error. Nothing
// that Confine does can be undone.
func Confine(directories ...string) error {
	if err := dropCapabilities(); err != nil {
		return err
	}
	return restrictFiles(directories)
}

// MayWrite returns why the process may not make files in a directory, going by its owner and mode; nil if it may.
func MayWrite(directory string) error {
	return unix.Faccessat(unix.AT_FDCWD, directory, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

// dropCapabilities empties the capability sets of all threads (capabilities(7)), those from which new ones could be got
// first, and then forbids that a program that is run has more rights than this one.
func dropCapabilities() error {
	if err := dropBounding(); err != nil {
		return err
	}
	if err := onAllThreads("ambient capabilities", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0); err != nil {
		return err
	}
	if err := onAllThreads("no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		return err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData // version 3 has 64 bits, in two halves
	return onAllThreads("capabilities", unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none)), 0)
}

// dropBounding empties the bounding set. That needs CAP_SETPCAP; a process that lacks it, because only some capabilities
// were granted to its file, gains nothing from the set once no_new_privs is on.
func dropBounding() error {
	for c := uintptr(0); ; c++ {
		_, _, errno := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
		switch errno {
		case 0:
		case unix.EINVAL, unix.EPERM: // beyond the kernel's last capability, or not allowed
			return nil
		default:
			return allThreadsError("bounding capabilities", errno)
		}
	}
}

// onAllThreads makes a system call on every thread of the process; threads to come inherit what it does. what is for the
// error.
func onAllThreads(what string, call, a1, a2, a3 uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall(call, a1, a2, a3); errno != 0 {
		return allThreadsError(what, errno)
	}
	return nil
}

// allThreadsError tells ErrCgo, which is how the Go runtime answers in a program with cgo, from what the kernel refuses.
func allThreadsError(what string, errno syscall.Errno) error {
	if errno == unix.ENOTSUP {
		return ErrCgo
	}
	return fmt.Errorf("%s: %w", what, errno)
}
