/* Memory that processes and mappings share: files, anonymous memory, aliases, and what ends it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(what, call) do { errno = 0; long r_ = (call); \
	printf("%s: %ld %s\n", what, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)
#define MAPS(what, call) do { errno = 0; void *r_ = (call); \
	printf("%s: %s\n", what, r_ == MAP_FAILED ? strerrorname_np(errno) : "mapped"); } while (0)

static sigjmp_buf jump;
static volatile int signo, code;
static void fault(int s, siginfo_t *i, void *u) { signo = s; code = i->si_code; siglongjmp(jump, 1); }
static void touch(const char *what, volatile char *p)
{
	if (!sigsetjmp(jump, 1)) printf("%s: %d\n", what, *p);
	else printf("%s: signal %d code %d\n", what, signo, code);
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
	sigaction(SIGBUS, &sa, 0), sigaction(SIGSEGV, &sa, 0);

	volatile int *anon = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile int *own = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	anon[0] = 1, own[0] = 1;
	if (fork() == 0) {
		anon[0]++, own[0]++;
		anon[1024] = 77;
		_exit(anon[0] * 10 + own[0]);
	}
	int status;
	wait(&status);
	printf("child %d, then %d %d, private %d\n", WEXITSTATUS(status), anon[0], anon[1024], own[0]);

	/* ping-pong by a shared futex */
	anon[1] = 0;
	pid_t pid = fork();
	for (int i = 0; i < 3; i++) {
		int mine = pid ? 0 : 1;
		while (anon[1] % 2 != mine) syscall(SYS_futex, &anon[1], FUTEX_WAIT, anon[1], 0, 0, 0);
		anon[2] = anon[2] * 3 + mine + 1;
		anon[1]++;
		syscall(SYS_futex, &anon[1], FUTEX_WAKE, 9, 0, 0, 0);
	}
	if (!pid) _exit(0);
	wait(&status);
	printf("turns %d value %d\n", anon[1], anon[2]);

	int fd = open("shared.bin", O_RDWR | O_CREAT | O_TRUNC, 0644);
	ftruncate(fd, 10000);
	pwrite(fd, "in the file", 11, 0);
	char *a = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *b = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *p = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	printf("%s\n", a);
	memcpy(a, "IN", 2);
	printf("alias %s\n", b);
	memcpy(b + 3, "THE", 3);
	printf("alias %s\n", a);
	char buf[64] = {0};
	pread(fd, buf, 11, 0);
	printf("read %s\n", buf);
	pwrite(fd, "written", 7, 4096);
	printf("seen %s\n", a + 4096);
	p[4096] = 'X';
	printf("private %s, shared %s\n", p + 4096, a + 4096);
	if (fork() == 0) {
		strcpy(a + 100, "by the child");
		int f = open("shared.bin", O_RDONLY);
		pread(f, buf, 13, 100);
		_exit(strcmp(buf, "by the child"));
	}
	wait(&status);
	printf("child %d %s\n", status, b + 100);
	a[9999] = 'e', a[10001] = 'z';
	struct stat st;
	fstat(fd, &st);
	printf("size %ld\n", (long)st.st_size);
	touch("in the last page", a + 10001);
	ftruncate(fd, 4096);
	touch("behind the end", a + 8192);
	touch("cut", a + 4096);
	touch("left", a + 100);
	ftruncate(fd, 12288);
	touch("grown", a + 8192);
	touch("cut bytes are zero", a + 4096);
	SHOW("msync", msync(a, 12288, MS_SYNC));
	SHOW("remove", madvise(a, 4096, MADV_REMOVE));
	printf("removed %d %d\n", a[100], b[0]);
	strcpy(a, "again");
	SHOW("dontneed", madvise(a, 4096, MADV_DONTNEED));
	printf("kept %s\n", a);
	SHOW("unmap", munmap(a, 12288));
	pread(fd, buf, 6, 0);
	printf("file %s\n", buf);

	int r = open("shared.bin", O_RDONLY), w = open("shared.bin", O_WRONLY), ap = open("shared.bin", O_RDWR | O_APPEND);
	MAPS("shared write of read-only", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r, 0));
	MAPS("private write of read-only", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, r, 0));
	MAPS("write-only", mmap(0, 4096, PROT_READ, MAP_SHARED, w, 0));
	MAPS("append", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ap, 0));
	char *ro = mmap(0, 4096, PROT_READ, MAP_SHARED, r, 0), *rw = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
	SHOW("mprotect read-only file", mprotect(ro, 4096, PROT_READ | PROT_WRITE));
	SHOW("mprotect writable file", mprotect(rw, 4096, PROT_READ | PROT_WRITE));
	MAPS("length 0, bad descriptor", mmap(0, 0, PROT_READ, MAP_SHARED, 99, 0));
	MAPS("length 0", mmap(0, 0, PROT_READ, MAP_SHARED, fd, 0));
	int q[2];
	pipe(q);
	MAPS("pipe", mmap(0, 4096, PROT_READ, MAP_SHARED, q[0], 0));
	rw[0] = 'R';
	printf("through %c %c\n", ro[0], b[0]);

	char *big = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(big, "moved");
	char *grown = mremap(big, 4096, 8192, MREMAP_MAYMOVE);
	printf("%s\n", grown);
	touch("beyond shared memory", grown + 4096);

	int m = memfd_create("m", MFD_ALLOW_SEALING);
	ftruncate(m, 4096);
	char *s = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
	strcpy(s, "memory");
	pread(m, buf, 7, 0);
	printf("memfd %s\n", buf);
	SHOW("seal", fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(s, 4096);
	SHOW("seal", fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
	MAPS("sealed", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0));
	unlink("shared.bin");
	strcpy(b, "without a name");
	pread(fd, buf, 15, 0);
	printf("%s\n", buf);
	return 0;
}
