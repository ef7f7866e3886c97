package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

type point struct {
	X, Y int
	Name string
}

type celsius float64

type color uint8

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

type node struct {
	value int
	next  *node
}

type wide struct{ data [200]byte }

type pair[K comparable, V any] struct {
	key K
	val V
}

var (
	counter  = 41
	registry = map[string]int{"one": 1, "two": 2}
	hidden   *node
)

//go:noinline
func all(n int, name string, raw []byte, p point, sh shape) (total int, err error) {
	small := int8(-5)
	letter := 'x'
	temperature := celsius(21.5)
	single := float32(0.25)
	z := complex(1.5, -2)
	yes := true
	words := []string{"alpha", "beta", "gamma"}
	none := []int(nil)
	grid := [2][3]int{{1, 2, 3}, {4, 5, 6}}
	long := make([]int, 1000)
	for i := range long {
		long[i] = i * i
	}
	ages := map[string]int{"ann": 31, "bob": 42, "cy": 7}
	big := map[int]point{}
	for i := 0; i < 300; i++ {
		big[i] = point{i, -i, "p"}
	}
	wides := map[wide]wide{{}: {}}
	var noMap map[string]bool
	ch := make(chan int, 4)
	ch <- 10
	ch <- 20
	done := make(chan struct{})
	var any1 any = 42
	var any2 any = "text"
	var any3 any = point{1, 2, "in any"}
	var any4 any = &point{3, 4, "behind"}
	var any5 any
	var problem error = errors.New("bad thing")
	var file any = os.Stdout
	f := strings.ToUpper
	closure := func() int { return n + int(small) }
	method := sh.Area
	pp := &p
	ppp := &pp
	list := &node{1, &node{2, nil}}
	generic := pair[string, int]{"k", 9}
	d := 1500 * time.Millisecond
	empty := struct{}{}
	anon := struct {
		A int
		B []string
	}{7, words[:1]}
	c := color(3)
	u := uintptr(0x1234)
	total = n + len(words) + len(none)
	stop() // line of the stop
	fmt.Fprintln(os.Stderr, small, letter, temperature, single, z, yes, grid, long, ages, big, wides, noMap, ch, done, any1, any2, any3, any4, any5, problem, file, f("a"), closure(), method(), ppp, list, generic, d, empty, anon, c, u)
	return total + counter + len(registry), problem
}

//go:noinline
func stop() {}

func main() {
	hidden = &node{value: 5}
	total, err := all(3, "gopher", []byte("hello\n"), point{10, 20, "origin"}, square{2})
	fmt.Fprintln(os.Stderr, total, err, hidden)
}
