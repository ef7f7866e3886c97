/* Six getppid: what they gave if it was a failure or a large number, errno, and how many signals had come by then. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int signals;
static void count(int s) { signals++; }

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	signal(SIGUSR1, count);
	for (int i = 0; i < 6; i++) {
		errno = 0;
		long r = syscall(SYS_getppid);
		printf("%ld %d %d\n", r < 0 || r >= 1 << 22 ? r : 0, errno, signals);
	}
	return 0;
}
