// Two cashiers and one account, without a lock: money gets lost, but hardly ever.
//
//	ring3 run --repeat 1000 --until-fail samples/bin/race
//
// finds a schedule that loses some, and says how to see it again.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

const opening = 10_000

var balance = opening

//go:noinline
func withdraw(amount int) bool {
	if balance < amount {
		return false
	}
	// Whoever comes in between has its withdrawal forgotten.
	balance -= amount
	return true
}

func cashier(customers int, paid *int) {
	for i := 0; i < customers; i++ {
		amount := 10 + i%7
		if withdraw(amount) {
			*paid += amount
		}
		// A receipt: most of the time nobody looks at the balance.
		_ = fmt.Sprintf("customer %d: %d", i, amount)
	}
}

func main() {
	runtime.GOMAXPROCS(2)
	var paid [2]int
	var done sync.WaitGroup
	for i := range paid {
		done.Add(1)
		go func() {
			defer done.Done()
			cashier(150, &paid[i])
		}()
	}
	done.Wait()
	if missing := opening - paid[0] - paid[1] - balance; missing != 0 {
		fmt.Printf("the books do not balance: %d too much in the account\n", -missing)
		os.Exit(1)
	}
	fmt.Println("the books balance")
}
