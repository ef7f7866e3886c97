// Println is the program everyone starts with: formatting, os.Stdout, the poller and one write.
package main

import "fmt"

func main() {
	fmt.Println("hello,", "world", 42)
}
