// Labels: goroutines that runtime/pprof labels, and one that it does not.
package main

import (
	"context"
	"runtime/pprof"
)

//go:noinline
func double(n int) int { return n + n }

func wait(ready chan<- bool, done <-chan bool) {
	ready <- true
	<-done
}

//go:noinline
func stop() {}

func main() {
	ready, done := make(chan bool), make(chan bool)
	go wait(ready, done)
	<-ready
	labels := pprof.Labels("user", "ann", "phase", "load")
	pprof.Do(context.Background(), labels, func(context.Context) {
		go wait(ready, done)
		<-ready
		stop()
	})
	total := double(1)
	for i := 0; i < 2; i++ {
		total += i
	}
	if total := double(total); total > 3 {
		stop()
	}
	close(done)
}
