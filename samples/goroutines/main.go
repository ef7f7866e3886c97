// Goroutines has workers on a channel, a mutex, a timer and a select; what it prints never depends on the schedule.
package main

import (
	"fmt"
	"sync"
	"time"
)

type result struct {
	worker int
	sum    int
}

// work sums the squares of its share of 1…1000, and gives way now and then.
func work(worker, workers int, results chan<- result) {
	sum := 0
	for i := worker; i <= 1000; i += workers {
		sum += i * i
		if i%50 == 0 {
			time.Sleep(10 * time.Microsecond)
		}
	}
	results <- result{worker, sum}
}

func main() {
	const workers = 4
	results := make(chan result)
	for worker := 1; worker <= workers; worker++ {
		go work(worker, workers, results)
	}
	sums := make([]int, workers+1)
	total := 0
	for range workers {
		r := <-results
		sums[r.worker] = r.sum
		total += r.sum
	}
	fmt.Println("sums", sums[1:], "total", total)

	var mutex sync.Mutex
	var group sync.WaitGroup
	count := 0
	for range 8 {
		group.Go(func() {
			for range 100 {
				mutex.Lock()
				count++
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	fmt.Println("count", count)

	timer := time.NewTimer(5 * time.Millisecond)
	never := make(chan struct{})
	select {
	case <-timer.C:
		fmt.Println("timer fired")
	case <-never:
		fmt.Println("impossible")
	}

	ticker := time.NewTicker(time.Millisecond)
	for i := 1; i <= 3; i++ {
		<-ticker.C
		fmt.Println("tick", i)
	}
	ticker.Stop()
}
