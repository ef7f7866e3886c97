/* Processes and threads: numbers, inheritance, waiting, exec. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r == -1 ? strerror(errno) : ""); }
static void handler(int s) { (void)s; }
static int vforked;
static void *leave(void *p) { (void)p; syscall(SYS_exit, 0); return 0; }
static void *other(void *p)
{
	(void)p;
	execl("/proc/self/exe", "process", "threads", (char *)0);
	perror("execl");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "waits")) pause();
	setvbuf(stdout, 0, _IONBF, 0);
	int st;
	if (argc > 1) {
		struct sigaction a, b;
		sigaction(SIGUSR1, 0, &a);
		sigaction(SIGUSR2, 0, &b);
		sigset_t m;
		sigprocmask(0, 0, &m);
		char name[16];
		prctl(PR_GET_NAME, name);
		printf("exec %s: handler %d ignored %d blocked %d leader %d secure %lu name %d\n", argv[1], a.sa_handler == SIG_DFL,
		       b.sa_handler == SIG_IGN, sigismember(&m, SIGHUP), gettid() == getpid(), getauxval(AT_SECURE), name[0] != 0);
		return 6;
	}
	say("wait without children", wait(0));
	say("waitid nothing", waitid(P_ALL, 0, 0, 0));
	say("setpgid bad", setpgid(0, -1));
	say("getpgid nobody", getpgid(999999));
	say("getsid self", getsid(0) == getsid(getpid()));
	say("setpriority", setpriority(PRIO_PROCESS, 0, 0));
	say("getpriority", getpriority(PRIO_PROCESS, 0));
	say("prctl what", prctl(4711));
	prctl(PR_SET_NAME, "a name longer than fifteen");
	char name[16];
	prctl(PR_GET_NAME, name);
	printf("name %s\n", name);
	say("dumpable", prctl(PR_GET_DUMPABLE));
	say("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("clone thread without sighand", syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
	say("clone sighand without vm", syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
	say("tgkill wrong group", syscall(SYS_tgkill, 1, gettid(), 0));
	say("futex op", syscall(SYS_futex, &st, 99, 0, 0, 0, 0));
	say("robust length", syscall(SYS_set_robust_list, 0, 23));
	say("affinity short", syscall(SYS_sched_getaffinity, 0, 0, &st));
	say("policy", sched_getscheduler(0));
	say("max priority", sched_get_priority_max(SCHED_FIFO));
	say("max priority of none", sched_get_priority_max(77));
	say("clock of none", syscall(SYS_clock_gettime, 77, &st));
	struct timespec bad = {0, 2000000000};
	say("nanosleep bad", syscall(SYS_nanosleep, &bad, 0));
	say("timer of none", syscall(SYS_timer_delete, 55));
	say("getrandom flags", syscall(SYS_getrandom, name, 8, 77));
	say("restart", syscall(SYS_restart_syscall));
	struct rlimit r;
	getrlimit(RLIMIT_STACK, &r);
	printf("stack limit %ld\n", (long)r.rlim_cur);
	say("prlimit what", syscall(SYS_prlimit64, 0, 99, 0, &r));

	pid_t me = getpid();
	if (!fork()) _exit(getppid() == me ? 11 : 12);
	wait(&st);
	printf("fork %d\n", WEXITSTATUS(st));
	pid_t v = vfork();
	if (!v) { vforked = 1; _exit(13); }
	printf("vfork shares %d", vforked);
	waitpid(v, &st, 0);
	printf(" %d\n", WEXITSTATUS(st));
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGHUP);
	sigprocmask(SIG_BLOCK, &m, 0);
	if (!fork()) { execl("/proc/self/exe", "process", "plain", (char *)0); perror("execl"); _exit(1); }
	wait(&st);
	printf("exec %d\n", WEXITSTATUS(st));
	if (!fork()) {
		pthread_t t;
		pthread_create(&t, 0, other, 0);
		pthread_join(t, 0);
		_exit(1);
	}
	wait(&st);
	printf("exec by a thread %d\n", WEXITSTATUS(st));
	if (!fork()) {
		pthread_t t;
		pthread_create(&t, 0, leave, 0);
		pthread_join(t, 0);
		execl("/nonexistent", "x", (char *)0);
		_exit(errno);
	}
	wait(&st);
	printf("exec of nothing %d\n", WEXITSTATUS(st));
	if (!fork()) {
		int fd = open("/proc/self/exe", O_RDONLY);
		char *args[] = {"process", "descriptor", 0};
		fexecve(fd, args, environ);
		_exit(errno);
	}
	wait(&st);
	printf("fexecve %d\n", WEXITSTATUS(st));
	if (!fork()) _exit(-syscall(SYS_execveat, 77, "x", 0, 0, 0) * 10 + errno);
	wait(&st);
	printf("execveat nowhere %d\n", WEXITSTATUS(st));
	signal(SIGCHLD, SIG_IGN);
	if (!fork()) _exit(1);
	say("wait with SIGCHLD ignored", wait(0));
	signal(SIGCHLD, SIG_DFL);
	pid_t c = fork();
	if (!c) { setpgid(0, 0); pause(); _exit(1); }
	setpgid(c, c);
	printf("group %d nohang %d\n", getpgid(c) == c, waitpid(c, &st, WNOHANG));
	kill(-c, SIGKILL);
	printf("waited %d by %d\n", waitpid(-c, &st, 0) == c, WTERMSIG(st));
	int ends[2];
	char done;
	pipe2(ends, O_CLOEXEC);
	c = fork();
	if (!c) { execl("/proc/self/exe", "process", "waits", (char *)0); _exit(errno); }
	close(ends[1]);
	read(ends[0], &done, 1);
	say("setpgid after exec", setpgid(c, c));
	say("setpgid of a parent", setpgid(1, 0));
	say("setpgid to nobody's group", setpgid(0, c));
	usleep(50000);
	kill(c, SIGKILL);
	waitpid(c, &st, 0);
	return 0;
}
