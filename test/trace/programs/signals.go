// Signals that a program sends itself, timers, and the end by one.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGHUP)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP} {
		syscall.Kill(os.Getpid(), s)
		fmt.Println(<-got)
	}
	time.Sleep(2 * time.Millisecond)
	signal.Reset(syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	time.Sleep(time.Second)
}
