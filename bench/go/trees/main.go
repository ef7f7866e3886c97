// Binary trees of depth up to n, built, walked and dropped: the allocator and the garbage collector.
package main

import (
	"fmt"
	"strings"

	"ring3.dev/bench/measure"
)

type node struct{ left, right *node }

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{grow(depth - 1), grow(depth - 1)}
}

func (t *node) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func main() {
	measure.Run(func(n int) string {
		var lines []string
		kept := grow(n)
		for depth := 4; depth <= n; depth += 4 {
			times, nodes := 1<<(n-depth), 0
			for i := 0; i < times; i++ {
				nodes += grow(depth).count()
			}
			lines = append(lines, fmt.Sprintf("%d trees of depth %d: %d nodes", times, depth, nodes))
		}
		lines = append(lines, fmt.Sprintf("kept: %d nodes", kept.count()))
		return strings.Join(lines, "\n")
	})
}
