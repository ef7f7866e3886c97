/*
 * Executes small pieces of code on the real CPU for the differential fuzzer. A batch comes in a file (its layout is
 * `struct batch` and `struct input` below, written by native.ts): data pages, an image of code, and cases, each a place
 * in the image and a whole state. The answers go to another file; standard input and output only say when.
 *
 * The state is loaded by hand and control jumps into the image. It comes back in one of two ways: by a jump that is put
 * behind the code, where that is its only way out, or by a signal (an int3 of the image's filling, or a fault), whose
 * handler takes the state from the frame and leaves it for good. Where it has to jump to is said at the start.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define CODE 0x10000000ul
#define CODE_SIZE 0x100000ul
#define DATA 0x20000000ul
#define DATA_SIZE 8192

/* 576 bytes; batch.ts has the same offsets. `fx` is the beginning of what FXSAVE writes. */
struct state {
  uint64_t gpr[16];
  uint64_t rip, flags, fs, gs;
  uint8_t fx[416];
};
struct input {
  uint32_t offset; /* of the code in the image */
  uint32_t length;
  uint64_t unused;
  struct state state;
};
struct output {
  struct state state;
  uint32_t signal, trap;
  uint64_t address;     /* si_addr */
  uint32_t first, last; /* data bytes that changed: [first, last), kept apart behind all answers */
};
struct batch {
  uint32_t cases, image_size;
  uint64_t unused;
  uint8_t data[DATA_SIZE];
};

struct state in, out;
uint8_t fx_in[512] __attribute__((aligned(16)));
uint8_t fx_out[512] __attribute__((aligned(16)));
uint64_t host_rsp, host_fs, host_gs;
uint64_t segment_bases; /* whether user code may change them */
static volatile uint32_t executing, ticked;
static struct {
  uint32_t signal, trap;
  uint64_t address;
} ended;

void enter_case(void);
void back(void);
void leave_by_jump(void);

/* Everything is addressed absolutely: no register is free on either side. Linked without PIE, below 2 GiB. */
__asm__(
    ".text\n"
    "enter_case:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov %rsp, host_rsp\n"
    "  cmpq $0, segment_bases\n  je 1f\n"
    "  xor %eax, %eax\n  mov %eax, %ds\n  mov %eax, %es\n  mov %eax, %fs\n  mov %eax, %gs\n"
    "  mov in+144, %rax\n  wrfsbase %rax\n  mov in+152, %rax\n  wrgsbase %rax\n"
    "1:\n"
    "  fxrstor fx_in\n"
    "  pushq in+136\n  popfq\n"
    "  mov in+0, %rax\n  mov in+8, %rcx\n  mov in+16, %rdx\n  mov in+24, %rbx\n"
    "  mov in+40, %rbp\n  mov in+48, %rsi\n  mov in+56, %rdi\n"
    "  mov in+64, %r8\n  mov in+72, %r9\n  mov in+80, %r10\n  mov in+88, %r11\n"
    "  mov in+96, %r12\n  mov in+104, %r13\n  mov in+112, %r14\n  mov in+120, %r15\n"
    "  mov in+32, %rsp\n"
    "  jmp *in+128\n"
    "leave_by_jump:\n"
    "  mov %rax, out+0\n  mov %rcx, out+8\n  mov %rdx, out+16\n  mov %rbx, out+24\n  mov %rsp, out+32\n"
    "  mov %rbp, out+40\n  mov %rsi, out+48\n  mov %rdi, out+56\n"
    "  mov %r8, out+64\n  mov %r9, out+72\n  mov %r10, out+80\n  mov %r11, out+88\n"
    "  mov %r12, out+96\n  mov %r13, out+104\n  mov %r14, out+112\n  mov %r15, out+120\n"
    "  mov host_rsp, %rsp\n"
    "  pushfq\n  popq out+136\n"
    "  cld\n"
    "  fxsave fx_out\n"
    "back:\n"
    "  mov host_rsp, %rsp\n"
    "  cmpq $0, segment_bases\n  je 1f\n"
    "  rdfsbase %rax\n  mov %rax, out+144\n  mov host_fs, %rax\n  wrfsbase %rax\n"
    "  rdgsbase %rax\n  mov %rax, out+152\n  mov host_gs, %rax\n  wrgsbase %rax\n"
    "1:\n"
    "  fninit\n  push $0x1f80\n  ldmxcsr (%rsp)\n  pop %rax\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n");

/* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/* The guest's FS base is still in force here: nothing in this function may use thread-local storage. */
static void leave_by_signal(int signo, siginfo_t *info, void *context) {
  if (signo == SIGALRM) {
    /* Runs beside everything; only a case that has been there since the last tick is stuck. */
    if (!executing || executing != ticked) {
      ticked = executing;
      return;
    }
  }
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
  for (int i = 0; i < 16; i++) out.gpr[i] = m->gregs[order[i]];
  out.rip = m->gregs[REG_RIP];
  out.flags = m->gregs[REG_EFL];
  for (int i = 0; i < 416; i++) ((volatile uint8_t *)fx_out)[i] = ((uint8_t *)m->fpregs)[i];
  ended.signal = signo;
  ended.address = signo == SIGTRAP ? 0 : (uint64_t)info->si_addr;
  ended.trap = m->gregs[REG_TRAPNO];
  __asm__ volatile("jmp back" ::: "memory");
  __builtin_unreachable();
}

static void all(int fd, void *data, size_t size, off_t at, int writing) {
  uint8_t *p = data;
  while (size) {
    ssize_t n = writing ? pwrite(fd, p, size, at) : pread(fd, p, size, at);
    if (n <= 0) {
      perror("harness");
      exit(1);
    }
    p += n;
    at += n;
    size -= n;
  }
}

static uint8_t before[DATA_SIZE] __attribute__((aligned(64)));
static uint8_t code_before[CODE_SIZE];

/* Finds the changed bytes of the data pages. */
static void changed(uint32_t *first, uint32_t *last) {
  uint8_t *data = (uint8_t *)DATA;
  *first = *last = DATA_SIZE;
  if (memcmp(data, before, DATA_SIZE) == 0) return;
  uint32_t a = 0, b = DATA_SIZE;
  while (memcmp(data + a, before + a, 64) == 0) a += 64;
  while (data[a] == before[a]) a++;
  while (memcmp(data + b - 64, before + b - 64, 64) == 0) b -= 64;
  while (data[b - 1] == before[b - 1]) b--;
  *first = a;
  *last = b;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int input = open(argv[1], O_RDONLY), output = open(argv[2], O_RDWR);
  if (input < 0 || output < 0 ||
      mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
          MAP_FAILED ||
      mmap((void *)DATA, DATA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
          MAP_FAILED) {
    perror("harness");
    return 2;
  }
  /* LSL of one selector tells the number of the CPU. */
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof first, &first);
  static uint8_t stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  /* Nothing is blocked, for the handler does not return. */
  struct sigaction action = {.sa_sigaction = leave_by_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
  int caught[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM};
  for (int i = 0; i < 6; i++) sigaction(caught[i], &action, NULL);
  struct itimerval tick = {{0, 200000}, {0, 200000}};
  setitimer(ITIMER_REAL, &tick, NULL);
  segment_bases = getauxval(AT_HWCAP2) >> 1 & 1;
  if (segment_bases) {
    __asm__ volatile("rdfsbase %0" : "=r"(host_fs));
    __asm__ volatile("rdgsbase %0" : "=r"(host_gs));
  }
  __asm__ volatile("fxsave fx_in" ::: "memory");
  printf("ready %d %lu\n", (int)segment_bases, (unsigned long)leave_by_jump);
  fflush(stdout);
  static struct batch batch;
  struct input *cases = NULL;
  struct output *answers = NULL;
  uint8_t *bytes = NULL;
  size_t room = 0, bytes_room = 0;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    all(input, &batch, sizeof batch, 0, 0);
    uint32_t count = batch.cases;
    if (batch.image_size > CODE_SIZE) return 2;
    all(input, (void *)CODE, batch.image_size, sizeof batch, 0);
    memset((void *)(CODE + batch.image_size), 0xcc, CODE_SIZE - batch.image_size);
    if (count > room) {
      room = count;
      cases = realloc(cases, room * sizeof *cases);
      answers = realloc(answers, room * sizeof *answers);
    }
    all(input, cases, count * sizeof *cases, sizeof batch + batch.image_size, 0);
    memcpy(before, batch.data, DATA_SIZE);
    memcpy((void *)DATA, before, DATA_SIZE);
    /* A case may write into the code, and must not change the next one's. */
    uint32_t code_size = batch.image_size + 4096 < CODE_SIZE ? batch.image_size + 4096 : CODE_SIZE;
    memcpy(code_before, (void *)CODE, code_size);
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
      struct input *c = &cases[i];
      struct output *o = &answers[i];
      uint64_t end = CODE + c->offset + c->length;
      in = c->state;
      in.rip = CODE + c->offset;
      memcpy(fx_in, c->state.fx, 416);
      /* As an int3 there would answer. */
      ended.signal = SIGTRAP;
      ended.trap = 3;
      ended.address = 0;
      out.rip = end + 1;
      executing = i + 1;
      enter_case();
      executing = 0;
      memcpy(out.fx, fx_out, 416);
      o->state = out;
      o->signal = ended.signal;
      o->trap = ended.trap;
      o->address = ended.address;
      if (memcmp((void *)CODE, code_before, code_size)) memcpy((void *)CODE, code_before, code_size);
      changed(&o->first, &o->last);
      uint32_t n = o->last - o->first;
      if (!n) continue;
      if (used + n > bytes_room) bytes = realloc(bytes, bytes_room = (used + n) * 2 + 65536);
      memcpy(bytes + used, (uint8_t *)DATA + o->first, n);
      memcpy((uint8_t *)DATA + o->first, before + o->first, n);
      used += n;
    }
    ticked = 0;
    all(output, answers, count * sizeof *answers, 0, 1);
    if (used) all(output, bytes, used, count * sizeof *answers, 1);
    printf("done %zu\n", used);
    fflush(stdout);
  }
  return 0;
}
