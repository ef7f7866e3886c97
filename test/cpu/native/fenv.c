/*
 * Floating point as C sees it: rounding modes through to printf, exception flags, SIGFPE with its code and address and
 * what the signal frame says, MXCSR of a new thread, flushed denormals, NaN payloads. Printed, to be compared with what
 * a real machine prints (fenv.expected: AMD EPYC, Linux 6.18).
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <xmmintrin.h>

static sigjmp_buf back;

static void on_fpe(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  int at_rip = (long)info->si_addr == u->uc_mcontext.gregs[REG_RIP];
  printf("  signal %d code %d at rip %d, mxcsr %x in the frame, %x here\n", signo, info->si_code, at_rip,
         u->uc_mcontext.fpregs->mxcsr, _mm_getcsr());
  siglongjmp(back, 1);
}

static void *thread(void *arg) {
  printf("thread: mxcsr %x\n", _mm_getcsr());
  return arg;
}

static unsigned long bits(double v) {
  unsigned long b;
  memcpy(&b, &v, 8);
  return b;
}

/* Volatile, so that the operations happen here and now. */
static volatile double zero = 0, one = 1, big = DBL_MAX, tiny = DBL_MIN, x;
static volatile float f;

static void provoke(int which) {
  switch (which) {
    case FE_INVALID: x = zero / zero; break;
    case FE_DIVBYZERO: x = one / zero; break;
    case FE_OVERFLOW: x = big * big; break;
    case FE_UNDERFLOW: x = tiny * tiny; break;
    case FE_INEXACT: x = one / 3; break;
  }
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, NULL);

  static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    feclearexcept(FE_ALL_EXCEPT);
    x = one / 3;
    f = x;
    printf("mode %d: %.20g %.20g %ld %.17g %.17g, raised %x\n", i, x, (double)f, lrint(2.5), sqrt(one + 1),
           -one / 3 * 10, fetestexcept(FE_ALL_EXCEPT));
    printf("  %.3f %.2e %g %La\n", 0.0625, 1234567.891, big * 1.0, (long double)x);
  }
  fesetround(FE_TONEAREST);

  static const int kinds[] = {FE_INVALID, FE_DIVBYZERO, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT};
  for (int i = 0; i < 5; i++) {
    feclearexcept(FE_ALL_EXCEPT);
    x = 7;
    printf("unmasked %x\n", kinds[i]);
    if (!sigsetjmp(back, 1)) {
      feenableexcept(kinds[i]);
      provoke(kinds[i]);
    }
    fedisableexcept(FE_ALL_EXCEPT);
    printf("  x is %g\n", x);
    feclearexcept(FE_ALL_EXCEPT);
    provoke(kinds[i]);
    printf("masked: x is %g, raised %x\n", x, fetestexcept(FE_ALL_EXCEPT));
  }

  feclearexcept(FE_ALL_EXCEPT);
  x = one / 3;
  pthread_t t;
  pthread_create(&t, NULL, thread, NULL);
  pthread_join(t, NULL);

  _mm_setcsr(0x9fc0);
  x = tiny;
  x = x / 2;
  printf("flushed: %g, mxcsr %x\n", x, _mm_getcsr());
  _mm_setcsr(0x1f80);
  x = tiny / 2;
  printf("denormal: %a %.20g, mxcsr %x\n", x, x, _mm_getcsr());

  unsigned long signaling = 0x7ff0000000000123;
  double nan;
  memcpy(&nan, &signaling, 8);
  x = nan;
  x = x + 1;
  printf("NaN: %lx, mxcsr %x\n", bits(x), _mm_getcsr());
  x = zero;
  x = x / x;
  printf("0/0: %lx\n", bits(x));
  double sum = 0;
  for (int i = 1; i <= 2000; i++) sum += 1.0 / i;
  printf("harmonic: %a\n", sum);
  double whole = 0;
  _mm_setcsr(0x1f80);
  for (int i = 1; i <= 2000; i++) whole += i * 0.5;
  printf("exact: %.1f, mxcsr %x\n", whole, _mm_getcsr());
  return 0;
}
