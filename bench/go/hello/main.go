// What there is before any work: the runtime's start, one line, the end.
package main

import "fmt"

func main() {
	fmt.Println("hello, kernel")
}
