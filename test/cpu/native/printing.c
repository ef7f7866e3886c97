/* Long doubles through the C library: reading, printing, rounding, remainders. */
#include <complex.h>
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const char *texts[] = {"0",       "-0",      "1",    "-1.5",     "3.14159265358979323846264338327950288",
                         "1e-4950", "1e4932",  "0.1",  "0x1p-16445", "1.18973149535723176502e+4932",
                         "1e30",    "inf",     "-nan", "123456789.987654321"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    long double x = strtold(texts[i], NULL);
    double d = x;
    float f = x;
    int e;
    printf("%Lf %Lg %Le %La %.30Lg %f %g %a %g\n", x, x, x, x, x, d, d, d, f);
    printf("%Lg %Lg %Lg %Lg %Lg\n", sqrtl(fabsl(x)), floorl(x), ceill(x), truncl(x), rintl(x));
    printf("%Lg %Lg %Lg %Lg\n", fmodl(x, 0.7L), remainderl(x, 0.7L), scalbnl(x, 3), frexpl(x, &e));
    if (isfinite(x)) printf("%ld %lld\n", lrintl(fmodl(x, 1e9L)), llroundl(fmodl(x, 1e15L)));
  }
  int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    volatile long double a = 1, b = 3;
    volatile double c = 1, d = 3;
    printf("%d %.25Lg %.20g %ld %.20g\n", fegetround(), a / b, c / d, lrint(2.5), strtod("0.1", NULL));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile long double zero = 0, nan = zero / zero;
  printf("%d", fetestexcept(FE_ALL_EXCEPT));
  fenv_t environment;
  feholdexcept(&environment);
  volatile long double infinite = 1 / zero;
  printf(" %d", fetestexcept(FE_ALL_EXCEPT));
  feupdateenv(&environment);
  printf(" %d %Lg %Lg\n", fetestexcept(FE_ALL_EXCEPT), nan, infinite);
  volatile long double complex q = 1.5L + 2.5iL;
  q = q * q / (q + 1);
  printf("%Lg %Lg\n", creall(q), cimagl(q));
  volatile uint64_t most = UINT64_MAX;
  printf("%Lf %llu %lld\n", (long double)most, (unsigned long long)(1.8e19L * (nan == nan ? 2 : 1)), (long long)-1e18L);
  return 0;
}
