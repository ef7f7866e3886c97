// One program for many toolchains; scripts/build-versions.sh builds it.
package main

import (
	"runtime"
	"syscall"
)

type shape interface{ area() int }

type square struct {
	side int
	name string
}

func (s square) area() int { return s.side * s.side }

type node struct {
	value int
	next  *node
}

var calls int

//go:noinline
func report(fd int, words []string, count map[string]int, s shape, list *node) (n int, err error) {
	calls++
	line := words[0]
	for _, word := range words[1:] {
		line += " " + word
	}
	if count["two"] != 2 || s.area() != 9 || list.next.value != 8 {
		line = "wrong"
	}
	return syscall.Write(fd, []byte(line+"\n"))
}

func worker(numbers <-chan int, done chan<- float64) {
	sum := 0.5
	for number := range numbers {
		sum += float64(number)
	}
	done <- sum
}

func main() {
	numbers, done := make(chan int), make(chan float64)
	go worker(numbers, done)
	numbers <- 2
	runtime.Gosched()
	n, err := report(1, []string{"hello,", "kernel"}, map[string]int{"one": 1, "two": 2}, square{3, "small"}, &node{7, &node{8, nil}})
	close(numbers)
	if err != nil || n != 14 || <-done != 2.5 {
		panic("wrong")
	}
}
