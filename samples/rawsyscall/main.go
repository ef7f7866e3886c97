// Rawsyscall makes its two calls by number, without the syscall package's wrappers.
package main

import (
	"syscall"
	"unsafe"
)

func main() {
	message := []byte("hello by number\n")
	_, _, errno := syscall.Syscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&message[0])), uintptr(len(message)))
	if errno != 0 {
		syscall.Syscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
	}
	syscall.Syscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
}
