// Stacks: recursion, a callback through a pointer, variable arrays, a signal handler on a stack of its own.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int heard;
static char other[65536];

static void hear(int signo) { heard += signo; }

__attribute__((noinline)) static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

__attribute__((noinline)) static int fold(int n, int *list) {
  int copy[n + 1];
  memcpy(copy, list, n * sizeof *list);
  if (n < 3) return copy[0] + n;
  qsort(copy, n, sizeof *copy, compare);
  return copy[0] + fold(n - 2, copy);
}

int main(void) {
  stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_handler = hear, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  int list[] = {5, 3, 9, 1, 7, 2};
  int total = fold(6, list);
  raise(SIGUSR1);
  return total != 5 || heard != SIGUSR1 || write(1, "ok\n", 3) != 3;
}
