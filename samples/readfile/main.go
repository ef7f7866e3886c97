// Readfile prints /etc/hostname with openat, read, write and close, each by number and with a path that ends in a
// zero byte, as the kernel wants it.
package main

import (
	"syscall"
	"unsafe"
)

// atFDCWD means: relative paths start at the current folder. It is -100; the register holds it as a 64-bit pattern.
const atFDCWD = ^uintptr(99)

func main() {
	path := []byte("/etc/hostname\x00")
	fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, atFDCWD, uintptr(unsafe.Pointer(&path[0])), syscall.O_RDONLY, 0, 0, 0)
	if errno != 0 {
		fail("openat", errno)
	}

	buffer := make([]byte, 256)
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)))
		if errno != 0 {
			fail("read", errno)
		}
		if n == 0 {
			break
		}
		_, _, errno = syscall.Syscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&buffer[0])), n)
		if errno != 0 {
			fail("write", errno)
		}
	}

	if _, _, errno := syscall.Syscall(syscall.SYS_CLOSE, fd, 0, 0); errno != 0 {
		fail("close", errno)
	}
}

func fail(call string, errno syscall.Errno) {
	message := []byte(call + ": " + errno.Error() + "\n")
	syscall.Syscall(syscall.SYS_WRITE, 2, uintptr(unsafe.Pointer(&message[0])), uintptr(len(message)))
	syscall.Syscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
}
