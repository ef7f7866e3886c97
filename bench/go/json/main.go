// A document of n orders to JSON and back, into structs and into maps.
package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"

	"ring3.dev/bench/measure"
)

type order struct {
	ID       int               `json:"id"`
	Customer string            `json:"customer"`
	Paid     bool              `json:"paid"`
	Total    float64           `json:"total"`
	Items    []item            `json:"items"`
	Notes    map[string]string `json:"notes,omitempty"`
}

type item struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Price float64 `json:"price"`
}

func main() {
	measure.Run(func(n int) string {
		random := measure.Random(4)
		orders := make([]order, n)
		for i := range orders {
			o := order{ID: i, Customer: fmt.Sprintf("customer \"%d\" <é>", random.Below(1000)), Paid: i%3 == 0}
			for j := random.Below(5); j >= 0; j-- {
				it := item{fmt.Sprintf("thing %d", random.Below(50)), 1 + random.Below(9), float64(random.Below(10000)) / 100}
				o.Items = append(o.Items, it)
				o.Total += float64(it.Count) * it.Price
			}
			if i%4 == 0 {
				o.Notes = map[string]string{"by": "post", "gift": fmt.Sprint(i%8 == 0)}
			}
			orders[i] = o
		}
		text, err := json.Marshal(orders)
		if err != nil {
			panic(err)
		}
		var back []order
		if err := json.Unmarshal(text, &back); err != nil {
			panic(err)
		}
		var loose []any
		if err := json.Unmarshal(text, &loose); err != nil {
			panic(err)
		}
		again, err := json.Marshal(loose)
		if err != nil {
			panic(err)
		}
		return fmt.Sprintf("%d %08x %d %08x %.2f", len(text), crc32.ChecksumIEEE(text), len(again),
			crc32.ChecksumIEEE(again), back[n-1].Total)
	})
}
