// Five bodies that pull at each other, n steps of symplectic Euler: scalar doubles, square roots and divisions.
package main

import (
	"fmt"
	"math"

	"ring3.dev/bench/measure"
)

type vector struct{ x, y, z float64 }

type body struct {
	at, speed vector
	mass      float64
}

// A sun and four planets on nearly circular orbits, each a little out of the plane.
func bodies() []body {
	all := []body{{mass: 40}}
	for i := 1; i <= 4; i++ {
		r := float64(3 * i)
		v := math.Sqrt(all[0].mass / r)
		angle := float64(i)
		s, c := math.Sin(angle), math.Cos(angle)
		all = append(all, body{
			at:    vector{r * c, r * s, 0.1 * float64(i)},
			speed: vector{-v * s, v * c, 0.01 * float64(i)},
			mass:  0.05 / float64(i),
		})
	}
	return all
}

func step(all []body, dt float64) {
	for i := range all {
		a := &all[i]
		for j := i + 1; j < len(all); j++ {
			b := &all[j]
			dx, dy, dz := a.at.x-b.at.x, a.at.y-b.at.y, a.at.z-b.at.z
			square := dx*dx + dy*dy + dz*dz
			pull := dt / (square * math.Sqrt(square))
			a.speed.x -= dx * b.mass * pull
			a.speed.y -= dy * b.mass * pull
			a.speed.z -= dz * b.mass * pull
			b.speed.x += dx * a.mass * pull
			b.speed.y += dy * a.mass * pull
			b.speed.z += dz * a.mass * pull
		}
	}
	for i := range all {
		b := &all[i]
		b.at.x += dt * b.speed.x
		b.at.y += dt * b.speed.y
		b.at.z += dt * b.speed.z
	}
}

func energy(all []body) float64 {
	sum := 0.0
	for i, a := range all {
		v := a.speed
		sum += 0.5 * a.mass * (v.x*v.x + v.y*v.y + v.z*v.z)
		for _, b := range all[i+1:] {
			dx, dy, dz := a.at.x-b.at.x, a.at.y-b.at.y, a.at.z-b.at.z
			sum -= a.mass * b.mass / math.Sqrt(dx*dx+dy*dy+dz*dz)
		}
	}
	return sum
}

func main() {
	measure.Run(func(n int) string {
		all := bodies()
		before := energy(all)
		for i := 0; i < n; i++ {
			step(all, 0.001)
		}
		return fmt.Sprintf("%.12f %.12f", before, energy(all))
	})
}
