// Panic dereferences nil and recovers: the CPU faults, the kernel sends SIGSEGV, the Go runtime's handler makes a
// panic of it. Then it panics for good: a stack trace on stderr and exit code 2.
package main

import "fmt"

type node struct {
	next  *node
	value int
}

//go:noinline
func (n *node) read() int { return n.value }

func try(n *node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	fmt.Println("value", n.read())
	return nil
}

func main() {
	fmt.Println(try(&node{value: 7}))
	fmt.Println(try(nil))
	panic("this one is meant")
}
