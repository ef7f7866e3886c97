// Forms: a struct in a struct, an inlined call, a static variable: what the forms of debug information must all tell.
#include <unistd.h>

struct point { int x, y; };
struct list { struct point at; struct list *next; const char *name; };
static int total;

static inline int weigh(const struct list *l, int by) { return l->at.x * by + l->at.y; }

__attribute__((noinline)) int sum(struct list *l, int by) {
  int all = 0;
  for (; l; l = l->next) {
    int w = weigh(l, by);
    all += w;
  }
  total += all;
  return all;
}

int main(void) {
  struct list two = {{3, 4}, 0, "two"}, one = {{1, 2}, &two, "one"};
  return sum(&one, 10) != 46 || write(1, "ok\n", 3) != 3;
}
