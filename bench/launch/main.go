// Launch runs a program and tells what it cost: wall time, processor time and peak memory, one line of JSON on stderr
// after the program's own. It is small itself, because a process's peak begins with that of the one that started it.
package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		os.Stderr.WriteString("usage: launch PROGRAM [ARG…]\n")
		os.Exit(125)
	}
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := command.Run()
	wall := time.Since(start)
	state := command.ProcessState
	if state == nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(127)
	}
	line, _ := json.Marshal(map[string]int64{
		"wall":   wall.Nanoseconds(),
		"cpu":    (state.UserTime() + state.SystemTime()).Nanoseconds(),
		"memory": peak(state, runtime.GOOS),
	})
	os.Stderr.Write(append([]byte("launch "), append(line, '\n')...))
	os.Exit(state.ExitCode())
}
