// Minimal does nothing: every syscall it makes is the Go runtime's own.
package main

func main() {}
