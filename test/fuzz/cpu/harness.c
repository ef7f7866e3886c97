/*
 * Executes single instructions on the real CPU for the differential fuzzer: reads cases from standard input, answers
 * with the state behind each on standard output. A signal's frame is both ways the state goes: the handler of SIGUSR1
 * puts the case into it, the handler of what follows (SIGTRAP of the int3s that fill the code page, or a fault) takes
 * the state out and returns to where the harness was.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define CODE 0x10000000ul
#define DATA 0x20000000ul
#define DATA_SIZE 8192

/* Both structures are the protocol: test/fuzz/cpu/native.ts writes and reads them. */
struct input {
  uint64_t gpr[16];
  uint64_t flags;
  uint32_t mxcsr;
  uint32_t length;
  uint8_t code[16];
  uint32_t offset; /* where in the code page */
  uint32_t seed;   /* of the data pages */
  uint8_t xmm[16][16];
};

struct output {
  uint64_t gpr[16];
  uint64_t rip;
  uint64_t flags;
  uint32_t mxcsr;
  uint32_t signal;
  uint64_t address; /* si_addr */
  uint64_t trap;    /* trap number and error code << 32 */
  uint8_t xmm[16][16];
  uint32_t first, last; /* data bytes that changed: [first, last) */
};

static struct input in;
static struct output out;
static mcontext_t host;
static uint8_t host_fp[512];
static uint8_t before[DATA_SIZE];

/* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static void enter(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info;
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
  memcpy(&host, m, sizeof host);
  memcpy(host_fp, m->fpregs, 512);
  for (int i = 0; i < 16; i++) m->gregs[order[i]] = in.gpr[i];
  m->gregs[REG_RIP] = CODE + in.offset;
  m->gregs[REG_EFL] = in.flags;
  m->fpregs->mxcsr = in.mxcsr;
  memcpy(m->fpregs->_xmm, in.xmm, 256);
}

static void leave(int signo, siginfo_t *info, void *context) {
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
  for (int i = 0; i < 16; i++) out.gpr[i] = m->gregs[order[i]];
  out.rip = m->gregs[REG_RIP];
  out.flags = m->gregs[REG_EFL];
  out.mxcsr = m->fpregs->mxcsr;
  out.signal = signo;
  out.address = signo == SIGTRAP ? 0 : (uint64_t)info->si_addr;
  out.trap = m->gregs[REG_TRAPNO] | (uint64_t)m->gregs[REG_ERR] << 32;
  memcpy(out.xmm, m->fpregs->_xmm, 256);
  fpregset_t fp = m->fpregs;
  memcpy(m, &host, sizeof host);
  m->fpregs = fp;
  memcpy(fp, host_fp, 512);
}

static void all(int fd, void *data, size_t size, int writing) {
  uint8_t *p = data;
  while (size) {
    ssize_t n = writing ? write(fd, p, size) : read(fd, p, size);
    if (n <= 0) exit(n == 0 && !writing ? 0 : 1);
    p += n;
    size -= n;
  }
}

int main(void) {
  if (mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
          MAP_FAILED ||
      mmap((void *)DATA, DATA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
          MAP_FAILED) {
    perror("mmap");
    return 2;
  }
  static uint8_t stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = enter, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  sigaction(SIGUSR1, &action, NULL);
  action.sa_sigaction = leave;
  int caught[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  for (int i = 0; i < 5; i++) sigaction(caught[i], &action, NULL);
  static uint8_t page[4096];
  memset(page, 0xcc, sizeof page);
  for (;;) {
    all(0, &in, sizeof in, 0);
    memcpy((void *)CODE, page, 4096);
    memcpy((void *)(CODE + in.offset), in.code, in.length);
    uint32_t x = in.seed;
    for (int i = 0; i < DATA_SIZE; i += 4) {
      x = x * 1664525u + 1013904223u;
      uint32_t v = x ^ x >> 15;
      memcpy(before + i, &v, 4);
    }
    memcpy((void *)DATA, before, DATA_SIZE);
    memset(&out, 0, sizeof out);
    raise(SIGUSR1);
    uint8_t *data = (uint8_t *)DATA;
    uint32_t first = 0, last = DATA_SIZE;
    while (first < DATA_SIZE && data[first] == before[first]) first++;
    while (last > first && data[last - 1] == before[last - 1]) last--;
    out.first = first;
    out.last = last;
    all(1, &out, sizeof out, 1);
    if (last > first) all(1, data + first, last - first, 1);
  }
}
