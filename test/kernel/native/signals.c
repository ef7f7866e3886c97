/* Signals: what handlers see, in which order, and what interrupted calls return. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int order[64], count;
static sigjmp_buf jump;
static char alt[65536];

static void note(int s) { order[count++] = s; }
static void show(const char *what)
{
	printf("%s:", what);
	for (int i = 0; i < count; i++) printf(" %d", order[i]);
	printf("\n");
	count = 0;
}
static void install(int s, void (*h)(int), int flags)
{
	struct sigaction sa = {0};
	sa.sa_handler = h;
	sa.sa_flags = flags;
	if (sigaction(s, &sa, 0)) perror("sigaction");
}
static void info(int s, siginfo_t *i, void *u)
{
	ucontext_t *uc = u;
	printf("info %d code %d pid %d value %d err %llx trap %lld onstack %d\n", s, i->si_code,
	       i->si_code <= 0 && i->si_code != SI_TIMER ? i->si_pid == getpid() : -1, i->si_code == SI_QUEUE ? i->si_value.sival_int : 0,
	       s == SIGSEGV || s == SIGFPE || s == SIGILL || s == SIGTRAP || s == SIGBUS ? uc->uc_mcontext.gregs[REG_ERR] : 0,
	       s == SIGSEGV || s == SIGFPE || s == SIGILL || s == SIGTRAP || s == SIGBUS ? uc->uc_mcontext.gregs[REG_TRAPNO] : 0,
	       (char *)&s >= alt && (char *)&s < alt + sizeof alt);
	if (s == SIGSEGV || s == SIGFPE || s == SIGILL || s == SIGBUS) siglongjmp(jump, 1);
}
static void installInfo(int s, int flags)
{
	struct sigaction sa = {0};
	sa.sa_sigaction = info;
	sa.sa_flags = SA_SIGINFO | flags;
	sigaction(s, &sa, 0);
}
static void nested(int s)
{
	note(s);
	if (s == SIGUSR1) { raise(SIGUSR2); note(100); }
}
static void *waker(void *p)
{
	struct timespec t = {0, 20000000};
	nanosleep(&t, 0);
	pthread_kill(*(pthread_t *)p, SIGUSR1);
	return 0;
}
static int interrupted(const char *what, int flags, long (*call)(void))
{
	pthread_t self = pthread_self(), t;
	install(SIGUSR1, note, flags);
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_create(&t, 0, waker, &self);
	pthread_sigmask(SIG_SETMASK, &old, 0);
	errno = 0;
	long r = call();
	printf("%s %s: %ld errno %d\n", what, flags & SA_RESTART ? "restart" : "plain", r, errno);
	pthread_join(t, 0);
	show("handled");
	return 0;
}
static int pipefd[2];
static long doRead(void)
{
	char c;
	return read(pipefd[0], &c, 1);
}
static long doSleep(void)
{
	struct timespec t = {0, 60000000}, left = {0};
	long r = nanosleep(&t, &left);
	printf("left %d\n", left.tv_nsec > 0 && left.tv_nsec < 60000000);
	return r;
}
static long doPause(void) { return pause(); }
static long doSuspend(void)
{
	sigset_t none;
	sigemptyset(&none);
	return sigsuspend(&none);
}
static unsigned word;
static long doFutex(void)
{
	struct timespec t = {0, 60000000};
	return syscall(SYS_futex, &word, 128, 0, &t, 0, 0);
}
static long doWait(void)
{
	int st;
	pid_t c = fork();
	if (!c) { struct timespec t = {0, 60000000}; nanosleep(&t, 0); _exit(5); }
	long r = waitpid(c, &st, 0);
	if (r < 0) { int e = errno; waitpid(c, &st, 0); errno = e; return r; }
	return WEXITSTATUS(st);
}

int main(void)
{
	setvbuf(stdout, 0, _IONBF, 0);
	sigset_t set, old, pend;
	/* Blocked signals come lowest number first, real-time ones as often as sent. */
	for (int s = 1; s < 64; s++) if (s != SIGKILL && s != SIGSTOP && s != 32 && s != 33) install(s, note, 0);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, &old);
	int send[] = {40, SIGUSR2, 40, SIGTERM, SIGUSR2, SIGSEGV, 35, SIGCHLD, SIGHUP};
	for (unsigned i = 0; i < sizeof send / sizeof *send; i++) raise(send[i]);
	sigpending(&pend);
	for (int s = 1; s < 64; s++) if (sigismember(&pend, s) == 1) printf("pending %d\n", s);
	sigprocmask(SIG_SETMASK, &old, 0);
	show("order");

	install(SIGUSR1, nested, 0);
	install(SIGUSR2, nested, 0);
	raise(SIGUSR1);
	show("nested");
	install(SIGUSR1, note, SA_RESETHAND);
	raise(SIGUSR1);
	struct sigaction now;
	sigaction(SIGUSR1, 0, &now);
	printf("reset %d flags %x\n", now.sa_handler == SIG_DFL, now.sa_flags & ~0x04000000);
	show("once");

	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt}, os;
	printf("altstack %d\n", sigaltstack(&ss, &os));
	printf("old flags %d\n", os.ss_flags);
	ss.ss_size = 100;
	printf("small %d %d\n", sigaltstack(&ss, 0), errno);
	installInfo(SIGUSR1, SA_ONSTACK);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR1);
	union sigval v = {.sival_int = 77};
	installInfo(40, 0);
	sigqueue(getpid(), 40, v);

	for (int s = 0; s < 4; s++) {
		int sig[] = {SIGSEGV, SIGFPE, SIGILL, SIGBUS};
		installInfo(sig[s], s == 0 ? SA_ONSTACK : 0);
	}
	volatile int zero = 0;
	if (!sigsetjmp(jump, 1)) *(volatile int *)8 = 1;
	if (!sigsetjmp(jump, 1)) printf("%d", *(volatile int *)16);
	if (!sigsetjmp(jump, 1)) *(volatile char *)main = 1;
	if (!sigsetjmp(jump, 1)) zero = 1 / zero;
	if (!sigsetjmp(jump, 1)) __asm__ volatile("ud2");
	if (!sigsetjmp(jump, 1)) __asm__ volatile("mov $0x123456789abcdef0, %%rax; mov (%%rax), %%eax" ::: "rax");
	if (!sigsetjmp(jump, 1)) { void (*f)(void) = (void *)alt; f(); }
	if (!sigsetjmp(jump, 1)) __asm__ volatile("hlt");
	installInfo(SIGTRAP, 0);
	__asm__ volatile("int3");

	pipe(pipefd);
	interrupted("read", 0, doRead);
	interrupted("nanosleep", SA_RESTART, doSleep);
	interrupted("pause", SA_RESTART, doPause);
	interrupted("sigsuspend", SA_RESTART, doSuspend);
	interrupted("futex", SA_RESTART, doFutex);
	interrupted("futex", 0, doFutex);
	install(SIGCHLD, SIG_DFL, 0);
	interrupted("wait", SA_RESTART, doWait);
	interrupted("wait", 0, doWait);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, 0);
	struct timespec t = {0, 1000000};
	printf("timedwait %d %d\n", sigtimedwait(&set, 0, &t), errno);
	raise(SIGUSR2);
	siginfo_t si;
	printf("waitinfo %d code %d\n", sigwaitinfo(&set, &si), si.si_code);

	/* A fatal signal of a child, ignored signals, SIGCHLD's siginfo. */
	int st;
	if (!fork()) { signal(SIGTERM, SIG_DFL); raise(SIGTERM); _exit(1); }
	wait(&st);
	printf("child killed by %d\n", WTERMSIG(st));
	if (!fork()) { signal(SIGSEGV, SIG_IGN); *(volatile int *)0 = 1; _exit(1); }
	wait(&st);
	printf("ignored fault kills: %d\n", WTERMSIG(st));
	if (!fork()) { raise(SIGSTOP); _exit(4); }
	siginfo_t ci;
	pid_t c = waitpid(-1, &st, WUNTRACED);
	printf("stopped %d by %d\n", WIFSTOPPED(st), WSTOPSIG(st));
	kill(c, SIGCONT);
	waitid(P_PID, c, &ci, WEXITED);
	printf("waitid code %d status %d\n", ci.si_code, ci.si_status);
	printf("kill %d %d\n", kill(999999, 0), errno);
	printf("sigaction KILL %d %d\n", sigaction(SIGKILL, &now, 0), errno);
	struct itimerval it = {{0, 2000}, {0, 1000}};
	install(SIGALRM, note, 0);
	setitimer(ITIMER_REAL, &it, 0);
	while (count < 3) pause();
	it.it_value.tv_usec = it.it_interval.tv_usec = 0;
	setitimer(ITIMER_REAL, &it, 0);
	count = 3;
	show("alarms");
	return 0;
}
