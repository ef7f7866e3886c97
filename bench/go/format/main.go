// n lines of formatted text into a buffer: interfaces, reflection and strconv.
package main

import (
	"bytes"
	"fmt"
	"hash/crc32"

	"ring3.dev/bench/measure"
)

type point struct {
	X, Y int
	Name string
}

func main() {
	measure.Run(func(n int) string {
		var buffer bytes.Buffer
		sum := uint32(0)
		for i := 0; i < n; i++ {
			p := point{i, -i, "p"}
			fmt.Fprintf(&buffer, "%6d|%-8s|%x|%8.3f|%v|%+v|%q|%t\n", i, "ab", i*i, float64(i)/7, p, &p, "é\n", i%2 == 0)
			if buffer.Len() > 1<<16 {
				sum = crc32.Update(sum, crc32.IEEETable, buffer.Bytes())
				buffer.Reset()
			}
		}
		return fmt.Sprintf("%08x %d", crc32.Update(sum, crc32.IEEETable, buffer.Bytes()), buffer.Len())
	})
}
