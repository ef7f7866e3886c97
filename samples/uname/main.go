// Uname asks the kernel who it is, through golang.org/x/sys/unix, whose assembly takes its arguments on the stack.
package main

import (
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		os.Stderr.WriteString("uname: " + err.Error() + "\n")
		os.Exit(1)
	}
	line := unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Machine[:]) + "\n"
	if _, err := unix.Write(1, []byte(line)); err != nil {
		os.Exit(1)
	}
}
