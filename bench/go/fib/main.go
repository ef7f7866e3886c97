// Fibonacci numbers by plain recursion: calls, returns and stack checks.
package main

import (
	"strconv"

	"ring3.dev/bench/measure"
)

//go:noinline
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	measure.Run(func(n int) string { return strconv.Itoa(fib(n)) })
}
