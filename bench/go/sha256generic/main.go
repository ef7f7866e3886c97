// SHA-256 in plain Go (FIPS 180-4), over n MiB: rotations, additions and nothing else.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"

	"ring3.dev/bench/measure"
)

// The constants are the first 32 bits of the fractional parts of roots of the first primes (sections 4.2.2 and 5.3.3).
var rounds, initial = constants()

func constants() (k [64]uint32, h [8]uint32) {
	count := 0
	for p := 2; count < 64; p++ {
		prime := true
		for d := 2; d*d <= p; d++ {
			prime = prime && p%d != 0
		}
		if !prime {
			continue
		}
		_, f := math.Modf(math.Cbrt(float64(p)))
		k[count] = uint32(f * (1 << 32))
		if count < 8 {
			_, f := math.Modf(math.Sqrt(float64(p)))
			h[count] = uint32(f * (1 << 32))
		}
		count++
	}
	return
}

func block(h *[8]uint32, p []byte) {
	var w [64]uint32
	for len(p) >= 64 {
		for i := 0; i < 16; i++ {
			w[i] = binary.BigEndian.Uint32(p[i*4:])
		}
		for i := 16; i < 64; i++ {
			x, y := w[i-2], w[i-15]
			s1 := bits.RotateLeft32(x, -17) ^ bits.RotateLeft32(x, -19) ^ x>>10
			s0 := bits.RotateLeft32(y, -7) ^ bits.RotateLeft32(y, -18) ^ y>>3
			w[i] = s1 + w[i-7] + s0 + w[i-16]
		}
		a, b, c, d, e, f, g, z := h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
		for i := 0; i < 64; i++ {
			s1 := bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)
			t1 := z + s1 + (e&f ^ ^e&g) + rounds[i] + w[i]
			s0 := bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)
			t2 := s0 + (a&b ^ a&c ^ b&c)
			z, g, f, e, d, c, b, a = g, f, e, d+t1, c, b, a, t1+t2
		}
		h[0] += a
		h[1] += b
		h[2] += c
		h[3] += d
		h[4] += e
		h[5] += f
		h[6] += g
		h[7] += z
		p = p[64:]
	}
}

func sum(message []byte) []byte {
	h := initial
	whole := len(message) &^ 63
	block(&h, message[:whole])
	tail := append([]byte{}, message[whole:]...)
	tail = append(tail, 0x80)
	for len(tail)%64 != 56 {
		tail = append(tail, 0)
	}
	block(&h, binary.BigEndian.AppendUint64(tail, uint64(len(message))*8))
	var out []byte
	for _, word := range h {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	return out
}

func main() {
	measure.Run(func(n int) string {
		message := make([]byte, n<<20)
		for i := range message {
			message[i] = byte(i * 7 >> 3)
		}
		return hex.EncodeToString(sum(message))
	})
}
