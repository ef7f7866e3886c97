// Package measure is the frame of every program of the basket: one argument says how much work, the result goes to
// stdout, where it is compared, and the program's own time to stderr, where it is not.
package measure

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Run reads the amount of work from the first argument, does it, and prints what came out and how long it took.
func Run(work func(n int) string) {
	if len(os.Args) != 2 {
		fail("usage: " + os.Args[0] + " N")
	}
	n, err := strconv.Atoi(os.Args[1])
	if err != nil || n < 1 {
		fail("N is a whole number from 1 up, not " + os.Args[1])
	}
	start := time.Now()
	result := work(n)
	elapsed := time.Since(start)
	fmt.Println(result)
	fmt.Fprintf(os.Stderr, "time %d ns\n", elapsed.Nanoseconds())
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}

// Random is a small generator (xorshift64*) whose numbers are the same everywhere.
type Random uint64

// Next gives 64 bits. A generator must not start at zero.
func (r *Random) Next() uint64 {
	x := uint64(*r)
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	*r = Random(x)
	return x * 0x2545f4914f6cdd1d
}

// Below gives a number from 0 to n-1.
func (r *Random) Below(n int) int {
	return int(r.Next() >> 33 % uint64(n))
}
