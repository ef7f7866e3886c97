/* Segments, far transfers, software interrupts and the instructions user programs may not: what the fuzzer leaves out. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int signo, code, trap;
static volatile long behind;
static volatile char *at;
static char stack[65536];
/* Static, so that code which moves the stack pointer can name them. */
static struct {
  uint32_t offset;
  uint16_t selector;
} __attribute__((packed)) far;
static uint64_t frame[2];

static void caught(int s, siginfo_t *info, void *context) {
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
  signo = s, code = info->si_code, trap = m->gregs[REG_TRAPNO];
  behind = m->gregs[REG_RIP] - (long)at;
  siglongjmp(back, 1);
}

#define TRY(what, ...)                                                        \
  do {                                                                        \
    if (!sigsetjmp(back, 1)) {                                                \
      __VA_ARGS__;                                                            \
      printf("%-16s done\n", what);                                           \
    } else                                                                    \
      printf("%-16s signal %d code %d trap %d\n", what, signo, code, trap);   \
  } while (0)

int main(void) {
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, NULL);

  for (int selector = 0; selector < 0x90; selector++) {
    uint64_t rights = 0, limit = 0;
    uint8_t zr, zl, vr, vw;
    if (selector >> 3 == 15) continue; /* its limit is the number of the CPU */
    __asm__("lar %2, %0; setz %1" : "+r"(rights), "=q"(zr) : "r"((uint64_t)selector));
    __asm__("lsl %2, %0; setz %1" : "+r"(limit), "=q"(zl) : "r"((uint64_t)selector));
    __asm__("verr %w1; setz %0" : "=q"(vr) : "r"(selector));
    __asm__("verw %w1; setz %0" : "=q"(vw) : "r"(selector));
    volatile int loads = 0;
    if (!sigsetjmp(back, 1)) {
      __asm__ volatile("mov %0, %%ds" ::"r"(selector));
      loads = 1;
    }
    __asm__ volatile("mov %0, %%ds" ::"r"(0));
    volatile int stacks = 0;
    if (!sigsetjmp(back, 1)) {
      __asm__ volatile("mov %0, %%ss" ::"r"(selector));
      stacks = 1;
    }
    if (zr || zl || vr || vw || loads || stacks)
      printf("selector %02x: lar %d %lx, lsl %d %lx, verr %d, verw %d, loads %d %d\n", selector, zr, rights, zl, limit, vr,
             vw, loads, stacks);
  }
  uint64_t value;
  __asm__ volatile("mov %%cs, %0" : "=r"(value));
  printf("cs %lx ", value);
  __asm__ volatile("mov %%ss, %0" : "=r"(value));
  printf("ss %lx ", value);
  __asm__ volatile("mov %%ds, %0" : "=r"(value));
  printf("ds %lx ", value);
  __asm__ volatile("push %%gs; pop %0" : "=r"(value));
  printf("gs %lx\n", value);
  __asm__ volatile("mov %1, %%gs; mov %%gs, %0; push $0; pop %%gs" : "=r"(value) : "r"(0x2b));
  printf("gs was %lx\n", value);

  TRY("retf", __asm__ volatile("push $0x33; lea 1f(%%rip), %%rax; push %%rax; lretq; ud2; 1:" ::: "rax"));
  TRY("retf 16", __asm__ volatile("sub $16, %%rsp; push $0x33; lea 1f(%%rip), %%rax; push %%rax; lretq $16; ud2; 1:" ::: "rax"));
  TRY("retf elsewhere", __asm__ volatile("push $0x10; push %%rax; lretq" ::: "rax"));
  TRY("iret", __asm__ volatile("mov %%rsp, %%rbx; push $0x2b; push %%rbx; push $0x8d7; push $0x33; lea 1f(%%rip), %%rax;"
                               "push %%rax; iretq; ud2; 1: pushfq; pop %0; cld"
                               : "=r"(value)::"rax", "rbx", "memory"));
  printf("flags %lx\n", value & 0xcd5);
  TRY("iret, bad ss", __asm__ volatile("mov %%rsp, %%rbx; push $3; push %%rbx; pushfq; push $0x33; lea 1f(%%rip), %%rax;"
                                       "push %%rax; iretq; 1:" ::: "rax", "rbx", "memory"));
  TRY("far call", {
    __asm__ volatile("lea 1f(%%rip), %%rax; mov %%eax, %0; movw $0x33, 4+%0; lcall *%0; jmp 2f;"
                     "1: mov (%%rsp), %%eax; mov %%rax, %1; mov 4(%%rsp), %%eax; mov %%rax, 8+%1; lretl; 2:"
                     : "+m"(far), "=m"(frame)::"rax", "memory");
    printf("selector %lx, ", frame[1]);
  });
  TRY("far jump", {
    __asm__ volatile("lea 1f(%%rip), %%rax; mov %%eax, %0; movw $0x33, 4+%0; ljmp *%0; ud2; 1:" : "+m"(far)::"rax", "memory");
  });

  TRY("int3", __asm__ volatile("int3"));
  TRY("int 3", __asm__ volatile(".byte 0xcd, 3"));
  TRY("int1", __asm__ volatile(".byte 0xf1"));
  TRY("int 1", __asm__ volatile("int $1"));
  TRY("int 4", __asm__ volatile("int $4"));
  TRY("int 14", __asm__ volatile("int $14"));
  TRY("ud2", __asm__ volatile("ud2"));
  TRY("ud1", __asm__ volatile("ud1 %eax, %eax"));
  TRY("hlt", __asm__ volatile("hlt"));
  TRY("cli", __asm__ volatile("cli"));
  TRY("in", __asm__ volatile("in %%dx, %%al" ::"d"(0) : "rax"));
  TRY("rep outs of none", __asm__ volatile("rep outsb" ::"c"(0), "d"(0), "S"(stack)));
  TRY("rdmsr", __asm__ volatile("rdmsr" ::"c"(0) : "rax", "rdx"));
  TRY("rdpmc", __asm__ volatile("rdpmc" ::"c"(0) : "rax", "rdx"));
  TRY("mov from cr0", __asm__ volatile("mov %%cr0, %0" : "=r"(value)));
  TRY("lock add", __asm__ volatile(".byte 0xf0, 0x01, 0xc0"));
  TRY("xgetbv", __asm__ volatile("xgetbv" ::"c"(7) : "rax", "rdx"));
  uint64_t nowhere = 1ul << 60;
  TRY("push nowhere", __asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; push %%rax; mov %%rbx, %%rsp" ::"r"(nowhere) : "rbx"));
  TRY("load by rsp", __asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; mov (%%rsp), %%rax" ::"r"(nowhere) : "rax", "rbx"));
  TRY("load by rbx", __asm__ volatile("mov (%0), %%rax" ::"b"(nowhere) : "rax"));
  TRY("push from it", __asm__ volatile("push (%0)" ::"b"(nowhere)));
  struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) table;
  TRY("sgdt", __asm__ volatile("sgdt %0" : "=m"(table)));
  printf("%x %lx\n", table.limit, table.base);
  TRY("smsw", __asm__ volatile("smsw %0" : "=r"(value)));
  printf("%lx\n", value);
  return 0;
}
