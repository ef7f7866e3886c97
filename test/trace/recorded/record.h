/*
 * Makes syscalls and keeps what a trace formatter needs to print them again: number, raw arguments, result, and the
 * arena's bytes before and after. All memory that arguments point at lies in the arena, at a fixed address, so that
 * the recorded lines do not change from run to run. The log is a shared file mapping: writing it makes no syscall.
 *
 * usage: program LOG; run under strace; the recorded calls stand between two getpgid(-4711).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA ((char *)0x10000000)
#define ARENA_SIZE 8192
#define LOG_SIZE (64 << 20)

static char *log_start, *log_at;
static char *top; /* next free byte of the arena */
static char before[ARENA_SIZE];

static void begin(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || ftruncate(fd, LOG_SIZE)) exit(1);
	log_start = log_at = mmap(0, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mmap(ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != ARENA) exit(2);
	top = ARENA;
	syscall(SYS_getpgid, -4711);
}

static void end(void)
{
	syscall(SYS_getpgid, -4711);
	_exit(0);
}

static void dump(const char *bytes)
{
	/* runs of non-zero bytes (gaps of up to 8 zeros are kept inside): offset:hex */
	int i = 0;
	while (i < ARENA_SIZE) {
		if (!bytes[i]) { i++; continue; }
		int end = i + 1, zeros = 0;
		for (int j = i + 1; j < ARENA_SIZE && zeros < 8; j++) {
			if (bytes[j]) { end = j + 1; zeros = 0; } else zeros++;
		}
		log_at += sprintf(log_at, " %x:", i);
		for (; i < end; i++) log_at += sprintf(log_at, "%02x", (unsigned char)bytes[i]);
	}
}

/* Raw call; the result is kernel style. */
static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	memcpy(before, ARENA, ARENA_SIZE);
	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	/* A child must not write into the shared log. */
	if (result == 0 && (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == 435))
		for (;;) __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "rcx", "r11", "memory");
	log_at += sprintf(log_at, "%ld %lx %lx %lx %lx %lx %lx %ld |", nr, a, b, c, d, e, f, result);
	dump(before);
	log_at += sprintf(log_at, " |");
	dump(ARENA);
	log_at += sprintf(log_at, "\n");
	return result;
}

/* Forgets what is in the arena. */
static void fresh(void)
{
	memset(ARENA, 0, ARENA_SIZE);
	top = ARENA;
}

static void *room(size_t size)
{
	char *at = top;
	top += (size + 15) & ~15ul;
	if (top > ARENA + ARENA_SIZE) exit(3);
	return at;
}

static void *put(const void *bytes, size_t size)
{
	void *at = room(size);
	memcpy(at, bytes, size);
	return at;
}

static char *text(const char *s)
{
	return put(s, strlen(s) + 1);
}

#define STRUCT(type, ...) ((type *)put(&(type)__VA_ARGS__, sizeof(type)))
#define L(x) ((long)(x))
#define C0(n) call(SYS_##n, 0, 0, 0, 0, 0, 0)
#define C1(n, a) call(SYS_##n, L(a), 0, 0, 0, 0, 0)
#define C2(n, a, b) call(SYS_##n, L(a), L(b), 0, 0, 0, 0)
#define C3(n, a, b, c) call(SYS_##n, L(a), L(b), L(c), 0, 0, 0)
#define C4(n, a, b, c, d) call(SYS_##n, L(a), L(b), L(c), L(d), 0, 0)
#define C5(n, a, b, c, d, e) call(SYS_##n, L(a), L(b), L(c), L(d), L(e), 0)
#define C6(n, a, b, c, d, e, f) call(SYS_##n, L(a), L(b), L(c), L(d), L(e), L(f))
#define BAD ((void *)0x1000)
