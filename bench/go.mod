module ring3.dev/bench

go 1.21
