/* Says whether it has a terminal, then gives back in capitals what is typed, line by line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
  char line[100];
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("terminal %d%d%d %s\n", isatty(0), isatty(1), isatty(2), getenv("TERM"));
  while (fgets(line, sizeof line, stdin)) {
    for (char *c = line; *c; c++) *c = toupper(*c);
    printf("%s", line);
  }
  printf("end\n");
  return 3;
}
