//go:build unix

package main

import (
	"os"
	"syscall"
)

// Bytes; getrusage counts in KiB everywhere but on macOS.
func peak(state *os.ProcessState, system string) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if system == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
