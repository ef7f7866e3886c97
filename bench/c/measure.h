/* The frame of the C programs: as measure/measure.go. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long amount(int argc, char **argv)
{
	long n = argc == 2 ? atol(argv[1]) : 0;
	if (n < 1) {
		fprintf(stderr, "usage: %s N\n", argv[0]);
		exit(2);
	}
	return n;
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void took(long long since)
{
	fprintf(stderr, "time %lld ns\n", now() - since);
}
