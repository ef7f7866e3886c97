// A graph of n nodes that changes all the time, so that the collector marks much and frees much.
package main

import (
	"fmt"

	"ring3.dev/bench/measure"
)

type node struct {
	value int
	next  *node
	links [3]*node
	name  []byte
}

func main() {
	measure.Run(func(n int) string {
		random := measure.Random(5)
		ring := make([]*node, n)
		for i := range ring {
			ring[i] = &node{value: i, name: make([]byte, 16+random.Below(32))}
			if i > 0 {
				ring[i].next = ring[i-1]
			}
		}
		ring[0].next = ring[n-1]
		for round := 0; round < 12; round++ {
			for i := 0; i < n/2; i++ {
				at := random.Below(n)
				old := ring[at]
				fresh := &node{value: old.value + 1, next: old.next, name: make([]byte, 16+random.Below(32))}
				for j := range fresh.links {
					fresh.links[j] = ring[random.Below(n)]
				}
				// One link back only: a chain of all that ever was would keep everything alive.
				fresh.links[0] = ring[(at+1)%n]
				ring[at] = fresh
				for j := range old.links {
					old.links[j] = nil
				}
			}
		}
		sum, linked := 0, 0
		for _, at := range ring {
			sum += at.value + len(at.name)
			for _, link := range at.links {
				if link != nil {
					linked += link.value & 7
				}
			}
		}
		return fmt.Sprintf("%d %d", sum, linked)
	})
}
