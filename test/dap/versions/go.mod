module ring3.dev/versions

go 1.19
