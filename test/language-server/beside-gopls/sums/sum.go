// Package sums adds in assembly.
package sums

const lanes = 4

// point is a pair that assembly knows the layout of.
type point struct {
	x, y int64
}

var table [lanes]uint64

// Sum adds what is in a list to start.
//
//go:noescape
func Sum(list []int64, start int64) (total int64)

// helper is called by assembly alone.
func helper(n int64) int64

func norm(p *point) int64

func twice()
