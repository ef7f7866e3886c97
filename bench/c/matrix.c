/* Product of two matrices of doubles, n by n, and the trace of its square: packed doubles where the compiler sees them. */
#include "measure.h"

static void product(long n, const double *a, const double *b, double *c)
{
	for (long i = 0; i < n; i++) {
		for (long j = 0; j < n; j++)
			c[i * n + j] = 0;
		for (long k = 0; k < n; k++)
			for (long j = 0; j < n; j++)
				c[i * n + j] += a[i * n + k] * b[k * n + j];
	}
}

int main(int argc, char **argv)
{
	long n = amount(argc, argv);
	long long start = now();
	double *a = malloc(n * n * sizeof *a), *b = malloc(n * n * sizeof *b), *c = malloc(n * n * sizeof *c);
	if (!a || !b || !c)
		return 1;
	for (long i = 0; i < n * n; i++) {
		a[i] = (double)(i % 17) - 8;
		b[i] = (double)(i % 23) / 4;
	}
	product(n, a, b, c);
	product(n, c, c, a);
	double trace = 0;
	for (long i = 0; i < n; i++)
		trace += a[i * n + i];
	printf("%.6f %.6f\n", trace, c[n * n / 2]);
	took(start);
	return 0;
}
