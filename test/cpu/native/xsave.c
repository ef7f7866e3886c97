/* XSAVE and its kin with x87 and SSE states: what they store, what they leave alone, what they load and refuse. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static sigjmp_buf back;
static unsigned char area[1024] __attribute__((aligned(64)));
static const unsigned char zero[16] __attribute__((aligned(16)));
static const unsigned char ones[16] __attribute__((aligned(16))) = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void caught(int s) { siglongjmp(back, s); }

static void sum(const char *what) {
  uint64_t bv, comp;
  memcpy(&bv, area + 512, 8);
  memcpy(&comp, area + 520, 8);
  uint32_t hash = 0, untouched = 0;
  /* without the mask of MXCSR, which is the processor's own, and the reserved bytes of the registers */
  for (int i = 0; i < 416; i++) {
    if (i >= 28 && i < 32) continue;
    hash = hash * 31 + area[i];
    untouched += area[i] == 0xcc;
  }
  printf("%s: states %lx layout %lx sum %08x untouched %u\n", what, bv, comp, hash, untouched);
}

/* Loads a known state: x87 with two registers or as it begins, xmm0 to xmm15 zero or not. */
#define STATE(x87, sse)                                                                                              \
  __asm__ volatile("fninit; test %0, %0; je 1f; fld1; fldpi; 1:" ::"r"(x87) : "cc");                                 \
  __asm__ volatile(                                                                                                  \
      "movaps (%0), %%xmm0; movaps %%xmm0, %%xmm1; movaps %%xmm0, %%xmm2; movaps %%xmm0, %%xmm3; movaps %%xmm0, %%xmm4;" \
      "movaps %%xmm0, %%xmm5; movaps %%xmm0, %%xmm6; movaps %%xmm0, %%xmm7; movaps %%xmm0, %%xmm8; movaps %%xmm0, %%xmm9;" \
      "movaps %%xmm0, %%xmm10; movaps %%xmm0, %%xmm11; movaps %%xmm0, %%xmm12; movaps %%xmm0, %%xmm13;"              \
      "movaps %%xmm0, %%xmm14; movaps %%xmm0, %%xmm15" ::"r"((sse) ? ones : zero))

#define SAVE(how, mask) __asm__ volatile(how " %0" : "+m"(area) : "a"(mask), "d"(0))
#define RESTORE(mask)                                            \
  __asm__ volatile("xrstor %0; fnstenv %1; movups %%xmm5, %2"    \
                   : "+m"(area), "=m"(environment), "=m"(vector) \
                   : "a"(mask), "d"(0)                           \
                   : "memory")

int main(void) {
  signal(SIGSEGV, caught);
  struct {
    uint32_t control, status, tags, rest[4];
  } environment;
  unsigned char vector[16];
  for (int mask = 0; mask < 4; mask++) {
    for (int state = 0; state < 4; state++) {
      char what[64];
      memset(area, 0xcc, sizeof area);
      memset(area + 512, 0, 64);
      area[512] = 3;
      STATE(state & 1, state & 2);
      SAVE("xsave", mask);
      snprintf(what, sizeof what, "xsave %d of state %d", mask, state);
      sum(what);
      memset(area, 0xcc, sizeof area);
      STATE(state & 1, state & 2);
      SAVE("xsavec", mask);
      snprintf(what, sizeof what, "xsavec %d of state %d", mask, state);
      sum(what);
    }
  }
  for (int present = 0; present < 4; present++) {
    for (int mask = 0; mask < 4; mask++) {
      memset(area, 0, sizeof area);
      STATE(1, 1);
      SAVE("xsave", 3);
      area[512] = present;
      area[160 + 16 * 5] = 0x77;
      STATE(1, 0);
      __asm__ volatile("fldz");
      RESTORE(mask);
      printf("xrstor %d of %d: %04x %04x %04x xmm5 %02x%02x\n", mask, present, environment.control & 0xffff,
             environment.status & 0xffff, environment.tags & 0xffff, vector[0], vector[1]);
    }
  }
  struct {
    const char *what;
    int at, value;
  } bad[] = {{"unknown state", 513, 1}, {"layout", 520, 1}, {"reserved", 528, 1}, {"mxcsr", 27, 1}, {"none", 700, 1}};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    memset(area, 0, sizeof area);
    STATE(1, 1);
    SAVE("xsave", 3);
    area[bad[i].at] = bad[i].value;
    if (!sigsetjmp(back, 1)) {
      RESTORE(3);
      printf("%s: loaded\n", bad[i].what);
    } else
      printf("%s: refused\n", bad[i].what);
  }
  if (!sigsetjmp(back, 1)) {
    __asm__ volatile("xsave %0" : "+m"(area[16]) : "a"(3), "d"(0));
    puts("not aligned: stored");
  } else
    puts("not aligned: refused");
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  printf("xgetbv %x %x\n", low & 3, high);
  return 0;
}
