// Hello writes one line through the syscall package: from Go's calling convention into Linux's in three calls.
package main

import "syscall"

func main() {
	message := []byte("hello, kernel\n")
	syscall.Write(1, message)
	syscall.Exit(0)
}
