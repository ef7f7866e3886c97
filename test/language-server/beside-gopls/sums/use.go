package sums

func total(lists [][]int64) int64 {
	var all int64
	for _, list := range lists {
		all = Sum(list,   all)
	}
	return all + norm(&point{1, 2}) + helper(int64(table[0]))
}
