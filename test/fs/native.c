// Runs a script of syscalls on the real kernel and prints what each gave: the oracle of the file system's tests.
// A line is `call argument…`; an argument is a number, "text", <hex> for bytes, @N for a buffer of N bytes whose first
// `result` bytes are printed, %stat for a struct stat, %dir for a directory listing, %poll:fd,events;… for pollfds.
// Usage: native DIRECTORY < script. Runs as uid 1000 if started as root.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; long number; } CALLS[] = {
#define C(n) {#n, SYS_##n}
  C(openat), C(read), C(write), C(pread64), C(pwrite64), C(close), C(lseek), C(newfstatat), C(fstat), C(mkdirat),
  C(unlinkat), C(renameat2), C(linkat), C(symlinkat), C(readlinkat), C(fchmodat), C(fchmod), C(ftruncate), C(truncate),
  C(fallocate), C(dup), C(dup3), C(fcntl), C(pipe2), C(getdents64), C(faccessat), C(chdir), C(fchdir), C(eventfd2),
  C(poll), C(flock), C(copy_file_range), C(sendfile), C(splice), C(tee), C(umask), C(fchownat), C(ioctl), C(access),
  C(mknodat), C(memfd_create), C(epoll_create1), C(epoll_ctl), C(epoll_wait), C(close_range), C(fadvise64), C(getcwd),
  C(openat2), C(statfs), C(utimensat), C(timerfd_create), C(fsync), C(dup2), C(rmdir), C(setxattr), C(getxattr),
  C(listxattr), C(removexattr),
};

static char memory[1 << 20];

int main(int argc, char **argv) {
  if (argc > 1 && chdir(argv[1])) return 1;
  if (getuid() == 0 && (setgid(1000) || setuid(1000))) return 1;
  signal(SIGPIPE, SIG_IGN);
  umask(022);
  setvbuf(stdout, malloc(1 << 22), _IOFBF, 1 << 22);
  static char line[1 << 16];
  // Standard input must stay out of the way of the script's own descriptors.
  FILE *script = fdopen(fcntl(0, F_DUPFD, 900), "r");
  int out = fcntl(1, F_DUPFD, 901);
  close(0); close(1); close(2);
  stdout->_fileno = out;
  while (fgets(line, sizeof line, script)) {
    size_t used = 0;
    long args[6] = {0};
    char kind[6] = {0};
    char *addresses[6] = {0};
    int count = -1, call = -1;
    for (char *p = strtok(line, " \n"); p; p = strtok(NULL, " \n"), count++) {
      if (count < 0) {
        for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) if (!strcmp(CALLS[i].name, p)) call = (int)i;
        if (call < 0) { fprintf(stdout, "unknown %s\n", p); goto next; }
        continue;
      }
      char *at = memory + used;
      addresses[count] = at;
      kind[count] = *p;
      if (*p == '"') {
        size_t n = strlen(p) - 2;
        memcpy(at, p + 1, n); at[n] = 0; used += n + 1;
        args[count] = (long)at;
      } else if (*p == '<') {
        size_t n = 0;
        for (p++; p[0] != '>' && p[1]; p += 2) { unsigned b; sscanf(p, "%2x", &b); at[n++] = (char)b; }
        used += n;
        args[count] = (long)at;
      } else if (*p == '@') {
        memset(at, 0, (size_t)atol(p + 1)); used += (size_t)atol(p + 1);
        args[count] = (long)at;
      } else if (!strncmp(p, "%poll:", 6)) {
        struct pollfd *f = (void *)at;
        int n = 0;
        for (char *q = p + 6; *q; n++) {
          int fd, events, len;
          sscanf(q, "%d,%d;%n", &fd, &events, &len);
          f[n].fd = fd; f[n].events = (short)events; f[n].revents = 0; q += len;
        }
        used += sizeof(struct pollfd) * (size_t)n;
        args[count] = (long)at; kind[count] = 'p';
      } else if (*p == '%') {
        memset(at, 0, 32768);
        args[count] = (long)at; kind[count] = p[1]; used += 32768;
      } else args[count] = strtol(p, NULL, 0);
      used = (used + 15) & ~(size_t)15;
    }
    long r = syscall(CALLS[call].number, args[0], args[1], args[2], args[3], args[4], args[5]);
    fprintf(stdout, "%s", CALLS[call].name);
    if (r < 0) { fprintf(stdout, " %s\n", strerrorname_np(errno)); continue; }
    fprintf(stdout, " %ld", r);
    for (int i = 0; i < count; i++) {
      char *at = addresses[i];
      if (kind[i] == '@') {
        long n = CALLS[call].number == SYS_pipe2 ? 8 : CALLS[call].number == SYS_epoll_wait ? r * 12 : r;
        fprintf(stdout, " ");
        for (long k = 0; k < n; k++) fprintf(stdout, "%02x", (unsigned char)at[k]);
      }
      if (kind[i] == 's') {
        struct stat *s = (void *)at;
        fprintf(stdout, " mode=%o nlink=%ld uid=%d size=%ld", s->st_mode, (long)s->st_nlink, s->st_uid,
               S_ISREG(s->st_mode) || S_ISLNK(s->st_mode) ? (long)s->st_size : -1L);
      }
      if (kind[i] == 'p') {
        struct pollfd *f = (void *)at;
        for (long k = 0; k < args[1]; k++) fprintf(stdout, " %x", (unsigned short)f[k].revents);
      }
      if (kind[i] == 'd') {
        char *names[512]; int n = 0;
        for (long o = 0; o < r;) {
          struct dirent64 *d = (void *)(at + o);
          names[n] = malloc(strlen(d->d_name) + 16);
          sprintf(names[n++], "%s:%d", d->d_name, d->d_type);
          o += d->d_reclen;
        }
        for (int a = 0; a < n; a++)
          for (int b = a + 1; b < n; b++)
            if (strcmp(names[a], names[b]) > 0) { char *t = names[a]; names[a] = names[b]; names[b] = t; }
        for (int a = 0; a < n; a++) fprintf(stdout, " %s", names[a]);
      }
    }
    fprintf(stdout, "\n");
  next:;
  }
  fflush(stdout);
  return 0;
}
