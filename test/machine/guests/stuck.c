/*
 * Two processes that wait for each other for ever: each reads from a pipe whose other end both keep open; the parent
 * has a thread that waits on a futex nobody wakes. No libc: gcc -O1 -nostdlib -static -fno-stack-protector
 * -fno-asynchronous-unwind-tables -fno-builtin -o stuck stuck.c
 */
typedef long i64;

static i64 call(i64 n, i64 a, i64 b, i64 c, i64 d) {
  i64 r;
  register i64 r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return r;
}

enum { READ = 0, WRITE = 1, PIPE = 22, CLONE = 56, FORK = 57, FUTEX = 202 };
enum { THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 };

static int word = 7;
static i64 stack[512];

__attribute__((noinline)) void wait_on_futex(void) {
  call(FUTEX, (i64)&word, 0, 7, 0);
}

__attribute__((noinline)) void wait_for_byte(int fd) {
  char byte;
  call(READ, fd, (i64)&byte, 1, 0);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  int down[2], up[2];
  call(PIPE, (i64)down, 0, 0, 0);
  call(PIPE, (i64)up, 0, 0, 0);
  call(WRITE, 1, (i64)"waiting\n", 8, 0);
  if (call(FORK, 0, 0, 0, 0) == 0) wait_for_byte(down[0]);
  /* The thread finds where to go on its new stack. */
  stack[510] = (i64)wait_on_futex;
  i64 r;
  __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\tret\n1:"
                   : "=a"(r)
                   : "a"(CLONE), "D"(THREAD), "S"(&stack[510])
                   : "rcx", "r11", "memory");
  wait_for_byte(up[0]);
}
