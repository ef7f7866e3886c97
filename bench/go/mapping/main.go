// n numbers and n/4 strings put into maps, looked up, and half of them deleted.
package main

import (
	"fmt"
	"strconv"

	"ring3.dev/bench/measure"
)

func main() {
	measure.Run(func(n int) string {
		random := measure.Random(2)
		squares := make(map[uint64]uint64)
		for i := 0; i < n; i++ {
			key := random.Next() % uint64(2*n)
			squares[key] += key * key
		}
		counts := make(map[string]int)
		for i := 0; i < n/4; i++ {
			counts["key "+strconv.Itoa(random.Below(n/8+1))]++
		}
		found, total := 0, uint64(0)
		for key := uint64(0); key < uint64(2*n); key++ {
			if value, ok := squares[key]; ok {
				found++
				total += value
			}
		}
		for key := range squares {
			if key%2 == 0 {
				delete(squares, key)
			}
		}
		return fmt.Sprintf("%d %d %d %d %d", found, total, len(squares), len(counts), counts["key 1"])
	})
}
