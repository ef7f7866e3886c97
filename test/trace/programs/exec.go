// A child process whose output is read, and one that fails.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("child", os.Args[1])
		os.Exit(3)
	}
	out, err := exec.Command("/bin/echo", "from", "echo").Output()
	fmt.Printf("%q %v\n", out, err)
	err = exec.Command(os.Args[0], "x").Run()
	fmt.Println(err)
	_, err = exec.LookPath("no-such-program")
	fmt.Println(err)
}
