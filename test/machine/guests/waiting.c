/*
 * A process that waits in every way a checkpoint must survive: half-way through a write to a full pipe, in epoll_wait,
 * in nanosleep, in wait4, in a read of an empty pipe. No libc: gcc -O2 -nostdlib -static -fno-stack-protector
 * -fno-asynchronous-unwind-tables -fno-builtin -o waiting waiting.c
 */
typedef long i64;
typedef unsigned long u64;

static i64 call(i64 n, i64 a, i64 b, i64 c, i64 d) {
  i64 r;
  register i64 r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return r;
}

enum { READ = 0, WRITE = 1, CLOSE = 3, PIPE = 22, NANOSLEEP = 35, FORK = 57, EXIT = 60, WAIT4 = 61, EPOLL_WAIT = 232, EPOLL_CTL = 233, EPOLL_CREATE1 = 291 };

struct event {
  unsigned events;
  u64 data;
} __attribute__((packed));

static char big[200000];
static char part[30000];

static void say(const char *text, u64 number) {
  char line[80];
  int n = 0;
  while (text[n]) line[n] = text[n], n++;
  char digits[20];
  int d = 0;
  do digits[d++] = '0' + number % 10;
  while (number /= 10);
  while (d) line[n++] = digits[--d];
  line[n++] = '\n';
  call(WRITE, 1, (i64)line, n, 0);
}

static void reader(int from, int to) {
  struct {
    i64 s, ns;
  } pause = {0, 50000};
  u64 sum = 0, count = 0;
  for (;;) {
    call(NANOSLEEP, (i64)&pause, 0, 0, 0);
    i64 n = call(READ, from, (i64)part, sizeof part, 0);
    if (n <= 0) break;
    for (i64 i = 0; i < n; i++) sum += (unsigned char)part[i];
    count += n;
  }
  call(NANOSLEEP, (i64)&pause, 0, 0, 0);
  u64 answer[2] = {count, sum};
  call(WRITE, to, (i64)answer, sizeof answer, 0);
  call(EXIT, 3, 0, 0, 0);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  int down[2], up[2];
  call(PIPE, (i64)down, 0, 0, 0);
  call(PIPE, (i64)up, 0, 0, 0);
  for (unsigned i = 0; i < sizeof big; i++) big[i] = i * 7;
  i64 child = call(FORK, 0, 0, 0, 0);
  if (child == 0) {
    call(CLOSE, down[1], 0, 0, 0);
    reader(down[0], up[1]);
  }
  call(CLOSE, down[0], 0, 0, 0);
  say("written ", call(WRITE, down[1], (i64)big, sizeof big, 0));
  call(CLOSE, down[1], 0, 0, 0);
  int epoll = call(EPOLL_CREATE1, 0, 0, 0, 0);
  struct event event = {1, 42};
  call(EPOLL_CTL, epoll, 1, up[0], (i64)&event);
  struct event seen = {0, 0};
  say("ready ", call(EPOLL_WAIT, epoll, (i64)&seen, 1, -1));
  u64 answer[2];
  call(READ, up[0], (i64)answer, sizeof answer, 0);
  say("count ", answer[0]);
  say("sum ", answer[1]);
  int status = 0;
  call(WAIT4, child, (i64)&status, 0, 0);
  say("status ", status);
  call(EXIT, 0, 0, 0, 0);
}
