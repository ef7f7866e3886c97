// n numbers sorted, and n/4 records sorted by a function: comparisons whose outcome nobody can predict.
package main

import (
	"fmt"
	"sort"

	"ring3.dev/bench/measure"
)

type record struct {
	name string
	rank uint64
}

func main() {
	measure.Run(func(n int) string {
		random := measure.Random(1)
		numbers := make([]int, n)
		for i := range numbers {
			numbers[i] = int(random.Next() >> 1)
		}
		sort.Ints(numbers)
		records := make([]record, n/4+1)
		for i := range records {
			rank := random.Next() % 1000
			records[i] = record{fmt.Sprintf("%03d/%d", rank, i%97), rank}
		}
		sort.SliceStable(records, func(i, j int) bool {
			a, b := &records[i], &records[j]
			if a.rank != b.rank {
				return a.rank < b.rank
			}
			return a.name < b.name
		})
		middle := records[len(records)/2]
		return fmt.Sprintf("%d %d %d %s %d", numbers[0], numbers[n/2], numbers[n-1], middle.name, middle.rank)
	})
}
