/* The address space: what is allowed, what fails how, what memory holds afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf jump;
static volatile int code;
static void fault(int s, siginfo_t *i, void *u) { code = s * 10 + i->si_code; siglongjmp(jump, 1); }
static int probe(volatile char *p, int write)
{
	if (sigsetjmp(jump, 1)) return code;
	if (write) *p = 1;
	else (void)*p;
	return 0;
}
static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r < 0 ? -1L : r == 0 ? 0L : 1L, r == -1 ? strerror(errno) : ""); }
static char *map(void *at, size_t n, int prot, int flags) { return mmap(at, n, prot, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static int recurse(int n) { volatile char b[4096]; b[0] = n; return n == 0 ? 0 : recurse(n - 1) + b[0] - (char)n + 1; }

int main(void)
{
	setvbuf(stdout, 0, _IONBF, 0);
	struct sigaction sa = {0};
	sa.sa_sigaction = fault;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGSEGV, &sa, 0);
	sigaction(SIGBUS, &sa, 0);
	char *p = map(0, 16384, PROT_READ | PROT_WRITE, 0);
	memset(p, 7, 16384);
	say("mprotect none", mprotect(p + 4096, 4096, PROT_NONE));
	printf("%d %d %d %d\n", probe(p, 1), probe(p + 4096, 0), probe(p + 4096, 1), probe(p + 8192, 1));
	say("mprotect read", mprotect(p + 4096, 4096, PROT_READ));
	printf("%d %d\n", probe(p + 4096, 0), probe(p + 4096, 1));
	say("munmap middle", munmap(p + 8192, 4096));
	printf("%d %d\n", probe(p + 8192, 0), probe(p + 12288, 0));
	say("mprotect over hole", mprotect(p, 16384, PROT_READ));
	printf("%d\n", probe(p, 1));
	say("madvise over hole", madvise(p, 16384, MADV_DONTNEED));
	say("mincore hole", mincore(p + 8192, 4096, (void *)alloca(8)));
	say("madvise unaligned", madvise(p + 1, 4096, MADV_DONTNEED));
	say("madvise what", madvise(p, 4096, 4711));
	say("madvise free", madvise(p, 4096, MADV_FREE));
	say("madvise remove", madvise(p, 4096, MADV_REMOVE));
	say("munmap unaligned", munmap(p + 1, 1));
	say("munmap zero", munmap(p, 0));
	say("munmap nothing", munmap((void *)0x10000000, 4096));
	say("mmap zero", (long)map(0, 0, 3, 0));
	say("mmap no type", (long)mmap(0, 4096, 3, MAP_ANONYMOUS, -1, 0));
	say("mmap bad fd", (long)mmap(0, 4096, 3, MAP_PRIVATE, 77, 0));
	say("mmap bad offset", (long)mmap(0, 4096, 3, MAP_PRIVATE, 0, 7));
	say("mmap fixed unaligned", (long)map((void *)0x10000001, 4096, 3, MAP_FIXED));
	say("mmap kernel", (long)map((void *)0xffff800000000000, 4096, 3, MAP_FIXED));
	say("mmap huge", (long)map(0, 1ul << 47, 0, MAP_NORESERVE));
	char *big = map(0, 1ul << 40, PROT_NONE, MAP_NORESERVE);
	say("mmap 1T none", (long)big);
	munmap(big, 1ul << 40);
	char *h = map((void *)0x700000000, 4096, 3, 0);
	printf("hint %p\n", h);
	char *g = map(h, 4096, 3, 0);
	printf("taken hint elsewhere %d\n", g != h && g != MAP_FAILED);
	say("noreplace", (long)map(h, 4096, 3, 0x100000));
	h[0] = 5;
	map(h, 4096, 3, MAP_FIXED);
	printf("fixed replaces %d\n", h[0]);
	/* mremap */
	char *m = map((void *)0x720000000, 8192, 3, 0);
	strcpy(m + 4096, "moved");
	printf("grow %d\n", mremap(m, 8192, 16384, 0) == m);
	map(m + 16384, 4096, 3, MAP_FIXED);
	say("blocked", (long)mremap(m, 16384, 32768, 0));
	char *n = mremap(m, 16384, 32768, MREMAP_MAYMOVE);
	printf("moved %d %s old %d\n", n != m, n + 4096, probe(m, 0));
	say("mremap hole", (long)mremap(m, 4096, 8192, MREMAP_MAYMOVE));
	say("mremap bad flags", (long)mremap(n, 4096, 8192, 8));
	say("mremap new zero", (long)mremap(n, 4096, 0, 1));
	n = mremap(n, 32768, 32768, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x740000000);
	printf("fixed %p %s\n", n, n + 4096);
	printf("shrink %d %d\n", mremap(n, 32768, 4096, 0) == n, probe(n + 4096, 0));
	/* brk */
	char *b = sbrk(0);
	printf("brk %d\n", brk(b + 10000));
	b[9999] = 1;
	printf("%d %d\n", probe(b, 1), brk(b));
	/* stack */
	printf("stack %d\n", recurse(1000));
	say("msync", msync(p, 4096, MS_ASYNC | MS_SYNC));
	say("mlock hole", mlock(p + 8192, 4096));
	struct rlimit r = {1 << 30, 1 << 30};
	setrlimit(RLIMIT_AS, &r);
	say("over RLIMIT_AS", (long)map(0, 1ul << 31, PROT_NONE, 0));
	/* fork has its own copy; shared memory is shared */
	char *q = map(0, 4096, 3, 0);
	q[0] = 1;
	pid_t c = fork();
	if (!c) { q[0] = 2; _exit(q[0]); }
	int st;
	waitpid(c, &st, 0);
	printf("child %d parent %d\n", WEXITSTATUS(st), q[0]);
	return 0;
}
