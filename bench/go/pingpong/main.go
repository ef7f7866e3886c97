// n numbers go to another goroutine and come back, over unbuffered channels; then n more through a buffered one with
// four workers behind it.
package main

import (
	"fmt"
	"sync"

	"ring3.dev/bench/measure"
)

func main() {
	measure.Run(func(n int) string {
		ping, pong := make(chan int), make(chan int)
		go func() {
			for x := range ping {
				pong <- x + 1
			}
			close(pong)
		}()
		x := 0
		for i := 0; i < n; i++ {
			ping <- x
			x = <-pong
		}
		close(ping)

		work, results := make(chan int, 64), make(chan int, 64)
		var workers sync.WaitGroup
		for i := 0; i < 4; i++ {
			workers.Add(1)
			go func() {
				defer workers.Done()
				for x := range work {
					results <- x * x % 1009
				}
			}()
		}
		go func() {
			for i := 0; i < n; i++ {
				work <- i
			}
			close(work)
			workers.Wait()
			close(results)
		}()
		sum := 0
		for y := range results {
			sum += y
		}
		return fmt.Sprintf("%d %d", x, sum)
	})
}
