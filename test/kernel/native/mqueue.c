/* POSIX message queues: attributes, priorities, waiting, notification, names, limits. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r == -1 ? strerror(errno) : ""); }
static char name[64];
static volatile int told;
static siginfo_t info;
static void note(int s, siginfo_t *i, void *c) { told++, info = *i; }
static void nothing(int s) {}
static volatile int threads;
static void in_thread(union sigval v) { threads = v.sival_int; }

static void attributes(const char *what, mqd_t q)
{
	struct mq_attr a;
	if (mq_getattr(q, &a)) { say(what, -1); return; }
	printf("%s: flags %lx max %ld size %ld now %ld\n", what, a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
static void receive(const char *what, mqd_t q)
{
	char b[8192];
	unsigned prio = 99;
	long n = mq_receive(q, b, sizeof b, &prio);
	if (n < 0) say(what, n);
	else printf("%s: %ld \"%.*s\" priority %u\n", what, n, (int)n, b, prio);
}
static int ready(mqd_t q)
{
	struct pollfd p = {q, POLLIN | POLLOUT, 0};
	poll(&p, 1, 0);
	return p.revents;
}
static struct timespec in(long ms)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000, t.tv_nsec %= 1000000000;
	return t;
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	sprintf(name, "/ring3-%d", getpid());
	struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 16}, b;
	struct stat st;
	int status;
	char buf[8192];

	say("open nothing", mq_open(name, O_RDWR));
	say("no slash", syscall(SYS_mq_open, "a/b", O_RDWR | O_CREAT, 0600, 0));
	say("empty", syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, 0));
	say("dot", syscall(SYS_mq_open, ".", O_RDWR, 0, 0));
	memset(buf, 'n', 300), buf[300] = 0;
	say("long name", syscall(SYS_mq_open, buf, O_RDWR | O_CREAT, 0600, 0));
	say("bad name", syscall(SYS_mq_open, 8, O_RDWR, 0, 0));
	say("bad attributes", syscall(SYS_mq_open, name + 1, O_RDWR | O_CREAT, 0600, 8));
	for (int i = 0; i < 4; i++) {
		struct mq_attr bad = {.mq_maxmsg = (long[]){0, 11, 3, 3}[i], .mq_msgsize = (long[]){16, 16, 0, 8193}[i]};
		say("limits", mq_open(name, O_RDWR | O_CREAT, 0600, &bad));
	}
	umask(022);
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &a);
	say("made", q >= 0);
	say("again", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &a));
	say("both modes", mq_open(name, O_RDWR | O_WRONLY));
	attributes("new", q);
	fstat(q, &st);
	printf("mode %o size %ld cloexec %d flags %x\n", st.st_mode, (long)st.st_size, fcntl(q, F_GETFD), fcntl(q, F_GETFL));
	printf("ready %x\n", ready(q));

	say("too long", mq_send(q, buf, 17, 0));
	say("priority", mq_send(q, "x", 1, 32768));
	say("bad pointer", mq_send(q, (void *)8, 4, 0));
	say("low", mq_send(q, "low", 3, 1));
	say("high", mq_send(q, "high", 4, 7));
	say("low again", mq_send(q, "second", 6, 1));
	attributes("full", q);
	printf("ready %x\n", ready(q));
	struct timespec t = in(20), past = {0}, bad = {0, 1000000000};
	say("no room in time", mq_timedsend(q, "x", 1, 0, &t));
	say("past", mq_timedsend(q, "x", 1, 0, &past));
	say("bad time", mq_timedsend(q, "x", 1, 0, &bad));
	b.mq_flags = O_NONBLOCK;
	say("nonblocking", mq_setattr(q, &b, &b));
	printf("was %lx\n", b.mq_flags);
	say("no room", mq_send(q, "x", 1, 0));
	b.mq_flags = O_APPEND;
	say("bad flags", mq_setattr(q, &b, 0));
	say("short buffer", mq_receive(q, buf, 15, 0));
	receive("first", q);
	receive("then", q);
	say("empty message", mq_send(q, "", 0, 3));
	receive("empty", q);
	receive("last", q);
	receive("none", q);
	fcntl(q, F_SETFL, 0);
	t = in(20);
	say("none in time", mq_timedreceive(q, buf, sizeof buf, 0, &t));
	say("lost", (mq_send(q, "lost", 4, 0), mq_receive(q, (void *)8, 16, 0)));
	attributes("after that", q);

	mqd_t r = mq_open(name, O_RDONLY), w = mq_open(name, O_WRONLY | O_NONBLOCK);
	say("send to read-only", mq_send(r, "x", 1, 0));
	say("receive from write-only", mq_receive(w, buf, sizeof buf, 0));
	attributes("write-only", w);
	say("no queue", mq_send(1, "x", 1, 0));
	say("no descriptor", mq_send(77, "x", 1, 0));

	if (!fork()) { usleep(20000), mq_send(q, "from a child", 12, 5), _exit(0); }
	receive("waited for", q);
	wait(&status);
	for (int i = 0; i < 3; i++) mq_send(q, "abc" + i, 1, i);
	if (!fork()) _exit(mq_send(q, "late", 4, 9) ? errno : 0);
	usleep(20000);
	say("still waits", waitpid(-1, &status, WNOHANG));
	receive("makes room", q);
	wait(&status);
	printf("sent %d\n", status);
	attributes("full again", q);
	receive("the late one", q);
	while (mq_getattr(q, &b), b.mq_curmsgs > 0) receive("rest", q);
	struct sigaction sa = {.sa_handler = nothing};
	sigaction(SIGALRM, &sa, 0);
	ualarm(20000, 0);
	receive("interrupted", q);
	sa.sa_flags = SA_RESTART, sigaction(SIGALRM, &sa, 0);
	if (!fork()) { usleep(60000), mq_send(q, "after all", 9, 0), _exit(0); }
	ualarm(20000, 0);
	receive("restarted", q);
	wait(&status);

	sa = (struct sigaction){.sa_sigaction = note, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
	say("notify", mq_notify(q, &e));
	say("twice", mq_notify(q, &e));
	if (!fork()) { say("by another", mq_notify(q, &e)), mq_notify(q, 0), _exit(0); }
	wait(&status);
	pid_t c = fork();
	if (!c) { mq_send(q, "one", 3, 0), mq_send(q, "two", 3, 0), _exit(0); }
	waitpid(c, &status, 0);
	printf("told %d code %d value %d pid %d uid %d\n", told, info.si_code, info.si_value.sival_int, info.si_pid == c,
	       info.si_uid == getuid());
	receive("one", q), receive("two", q);
	mq_send(q, "three", 5, 0);
	printf("told %d\n", told);
	say("notify", mq_notify(q, &e));
	mq_send(q, "four", 4, 0);
	printf("not while there are some: %d\n", told);
	receive("three", q), receive("four", q);
	if (!fork()) { usleep(20000), mq_send(q, "to who waits", 12, 0), _exit(0); }
	receive("first served", q);
	wait(&status);
	printf("so not told: %d\n", told);
	say("no more", mq_notify(q, 0));
	mq_send(q, "five", 4, 0);
	printf("told %d\n", told);
	receive("five", q);
	mq_notify(q, &e);
	close(w);
	w = mq_open(name, O_WRONLY);
	say("closing one ends it", mq_notify(q, &e));
	e.sigev_notify = SIGEV_NONE, mq_notify(q, 0), say("silently", mq_notify(q, &e)), say("taken", mq_notify(q, &e));
	mq_notify(q, 0);
	e.sigev_notify = 77, say("bad way", mq_notify(q, &e));
	e = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 77}, say("bad signal", mq_notify(q, &e));
	say("not a queue", mq_notify(1, 0));
	e = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_notify_function = in_thread, .sigev_value.sival_int = 7};
	say("by thread", mq_notify(q, &e));
	mq_send(q, "six", 3, 0);
	for (int i = 0; i < 100 && !threads; i++) usleep(5000);
	printf("thread was given %d\n", threads);
	receive("six", q);

	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN};
	say("epoll", epoll_ctl(ep, EPOLL_CTL_ADD, q, &ev));
	say("nothing", epoll_wait(ep, &ev, 1, 0));
	mq_send(w, "seven", 5, 3);
	say("something", epoll_wait(ep, &ev, 1, 1000));
	long n = pread(r, buf, 20, 0);
	printf("read: %.*s|\n", (int)n, buf);
	say("write", write(w, "x", 1));
	say("seek", lseek(q, 5, SEEK_SET));

	say("unlink", mq_unlink(name));
	say("unlink again", mq_unlink(name));
	say("gone", mq_open(name, O_RDWR));
	receive("still there", q);
	struct rlimit l;
	getrlimit(RLIMIT_MSGQUEUE, &l);
	say("default limit", l.rlim_cur);
	l.rlim_cur = 400, setrlimit(RLIMIT_MSGQUEUE, &l);
	say("over the limit", mq_open(name, O_RDWR | O_CREAT, 0600, &a));
	mq_close(q), close(r), close(w);
	return 0;
}
