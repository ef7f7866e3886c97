/* The same story as main.go, without a library: what a compiler makes of it is all there is. */
static long write_to(long fd, const char *text, unsigned long length) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(1), "D"(fd), "S"(text), "d"(length) : "rcx", "r11", "memory");
  return result;
}

struct node {
  int value;
  const struct node *next;
};

struct square {
  long side;
  const char *name;
};

int calls;

__attribute__((noinline)) long report(int fd, const char *const *words, struct square s, const struct node *list) {
  char line[32];
  unsigned long length = 0;
  calls++;
  for (int i = 0; i < 2; i++) {
    for (const char *word = words[i]; *word; word++) line[length++] = *word;
    line[length++] = i == 0 ? ' ' : '\n';
  }
  if (s.side != 3 || list->next->value != 8) line[0] = '?';
  return write_to(fd, line, length);
}

__attribute__((noinline)) int main(void) {
  const char *words[] = {"hello,", "kernel"};
  struct node second = {8, 0}, first = {7, &second};
  struct square s = {3, "small"};
  long n = report(1, words, s, &first);
  return n == 14 ? 0 : 1;
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  __asm__ volatile("syscall" : : "a"(231), "D"(main()));
  __builtin_unreachable();
}
