/* One fault for each letter that it is started with. */
#include <stddef.h>

struct pair { long first, second; };

__attribute__((noinline)) long field(struct pair *p) { return p->second; }
__attribute__((noinline)) void store(char *text) { text[3] = 'x'; }
__attribute__((noinline)) long item(long *list, long i) { return list[i]; }
__attribute__((noinline)) long divide(long a, long b) { return a / b; }
__attribute__((noinline)) void call(void (*f)(void)) { f(); }
__attribute__((noinline)) long deep(long n) { volatile long room[512]; room[0] = n; return deep(n + 1) + room[0]; }
__attribute__((noinline)) void odd(void) { __asm__ volatile("ud2"); }

int main(int argc, char **argv) {
  static long data[4];
  switch (argc > 1 ? argv[1][0] : 0) {
    case 'n': return field(NULL);
    case 'w': store((char *)"constant"); break;
    case 'u': return item(data, 1l << 40);
    case 'c': return item((long *)0x1234567800000000, 1);
    case 'd': return divide(7, argc - 2);
    case 'q': return divide(-0x7fffffffffffffff - 1, 1 - argc);
    case 'x': call(NULL); break;
    case 'e': call((void (*)(void))data); break;
    case 's': return deep(0);
    case 'i': odd(); break;
  }
  return 0;
}
