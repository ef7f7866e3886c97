// n system calls that do next to nothing: what the way into the kernel and back costs.
package main

import (
	"fmt"
	"syscall"

	"ring3.dev/bench/measure"
)

func main() {
	measure.Run(func(n int) string {
		same, first := 0, syscall.Getppid()
		for i := 0; i < n; i++ {
			if syscall.Getppid() == first {
				same++
			}
		}
		return fmt.Sprint(same)
	})
}
