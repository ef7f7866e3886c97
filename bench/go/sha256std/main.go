// The standard library's SHA-256 over n MiB, one MiB again and again: assembly chosen by what CPUID offers.
package main

import (
	"crypto/sha256"
	"encoding/hex"

	"ring3.dev/bench/measure"
)

func main() {
	measure.Run(func(n int) string {
		message := make([]byte, 1<<20)
		for i := range message {
			message[i] = byte(i * 7 >> 3)
		}
		h := sha256.New()
		for i := 0; i < n; i++ {
			h.Write(message)
		}
		return hex.EncodeToString(h.Sum(nil))
	})
}
