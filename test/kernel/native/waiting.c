/* The other calls that wait: pipes, locks, FIFOs, epoll, select, event, timer and signal descriptors, terminals, PI futexes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char big[200000], buf[200000];
static int status;
static void late(void) { usleep(500); for (volatile int i = 0; i < 3000; i++); }
static void done(const char *what, long n) { printf("%s %ld %s\n", what, n, n < 0 ? strerror(errno) : ""); }
static long drain(int fd)
{
	long total = 0, n;
	late();
	while ((n = read(fd, buf, 20000)) > 0) total += n;
	return total;
}
static void child(const char *what)
{
	wait(&status);
	printf("%s ended with %d\n", what, status);
}
/* A child that sleeps a little and then does the rest. */
#define LATER(action) do { if (!fork()) { late(); action; _exit(0); } } while (0)

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	int p[2], q[2], fd;
	pipe(p);
	if (!fork()) { close(p[1]); _exit(drain(p[0]) != sizeof big); }
	close(p[0]);
	done("write to a pipe", write(p[1], big, sizeof big));
	close(p[1]), child("reader");

	pipe(p);
	if (!fork()) { close(p[1]); _exit(drain(p[0]) != 100000); }
	struct iovec v = {big, 100000};
	long n = 0, k;
	while (v.iov_len > 0 && (k = vmsplice(p[1], &v, 1, 0)) > 0) n += k, v.iov_base = (char *)v.iov_base + k, v.iov_len -= k;
	done("vmsplice", n);
	close(p[0]), close(p[1]), child("reader");

	pipe(p), pipe(q);
	LATER(write(p[1], "spliced", 7));
	done("splice from an empty pipe", splice(p[0], 0, q[1], 0, 100, 0));
	done("read", read(q[0], buf, 100)), child("writer");
	LATER(write(p[1], "doubled", 7));
	done("tee", tee(p[0], q[1], 100, 0));
	child("writer");
	close(p[0]), close(p[1]), close(q[0]), close(q[1]);

	fd = open("waiting.lock", O_RDWR | O_CREAT, 0600);
	int other = open("waiting.lock", O_RDWR);
	flock(fd, LOCK_EX);
	LATER(flock(fd, LOCK_UN));
	done("flock", flock(other, LOCK_EX)), child("holder");
	pipe(p);
	if (!fork()) {
		struct flock l = {.l_type = F_WRLCK, .l_len = 10};
		fcntl(fd, F_SETLK, &l), write(p[1], "x", 1), late(), _exit(0);
	}
	read(p[0], buf, 1);
	struct flock l = {.l_type = F_WRLCK, .l_start = 5, .l_len = 10};
	done("F_SETLKW", fcntl(fd, F_SETLKW, &l)), child("holder");
	l.l_pid = 0, l.l_type = F_WRLCK;
	fcntl(other, F_OFD_SETLK, &l);
	if (!fork()) { late(), l.l_type = F_UNLCK, fcntl(other, F_OFD_SETLK, &l), _exit(0); }
	struct flock m = {.l_type = F_RDLCK, .l_len = 6};
	int third = open("waiting.lock", O_RDWR);
	l.l_type = F_UNLCK, fcntl(fd, F_SETLK, &l);
	done("F_OFD_SETLKW", fcntl(third, F_OFD_SETLKW, &m)), child("holder");
	close(fd), close(other), close(third), close(p[0]), close(p[1]), unlink("waiting.lock");

	mkfifo("waiting.fifo", 0600);
	LATER((fd = open("waiting.fifo", O_WRONLY), write(fd, "fifo", 4)));
	fd = open("waiting.fifo", O_RDONLY);
	done("open to read", fd >= 0), done("read", read(fd, buf, 10)), child("writer"), close(fd);
	LATER(open("waiting.fifo", O_RDONLY));
	done("open to write", open("waiting.fifo", O_WRONLY) >= 0), child("reader"), unlink("waiting.fifo");

	int e = eventfd(0, 0), ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 5};
	epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev);
	uint64_t count = 7;
	LATER(write(e, &count, 8));
	done("epoll_wait", epoll_wait(ep, &ev, 1, -1)), child("writer");
	read(e, &count, 8);
	LATER(write(e, &count, 8));
	count = 0, done("read of eventfd", read(e, &count, 8)), done("count", count), child("writer");
	count = -2ull, write(e, &count, 8);
	LATER(read(e, &count, 8));
	count = 9, done("write to eventfd", write(e, &count, 8)), child("reader");
	done("epoll_pwait with time", (read(e, &count, 8), epoll_pwait(ep, &ev, 1, 2, 0)));
	fd_set in;
	FD_ZERO(&in);
	FD_SET(e, &in);
	count = 1;
	LATER(write(e, &count, 8));
	done("select", select(e + 1, &in, 0, 0, 0)), child("writer");
	read(e, &count, 8);
	struct timespec t = {0, 2000000};
	FD_SET(e, &in), done("pselect with time", pselect(e + 1, &in, 0, 0, &t, 0));

	int tf = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec when = {.it_value = {0, 1000000}};
	timerfd_settime(tf, 0, &when, 0);
	LATER(late());
	done("read of timerfd", read(tf, &count, 8)), child("another");
	sigset_t set;
	sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2), sigprocmask(SIG_BLOCK, &set, 0);
	int sf = signalfd(-1, &set, 0);
	pid_t me = getpid();
	LATER(kill(me, SIGUSR1));
	done("read of signalfd", read(sf, buf, sizeof buf)), child("killer");
	LATER(kill(me, SIGUSR2));
	siginfo_t info;
	done("sigwaitinfo", sigwaitinfo(&set, &info) == SIGUSR2), child("killer");
	done("sigtimedwait", sigtimedwait(&set, &info, &t));
	pid_t c = fork();
	if (!c) { late(), _exit(3); }
	int pf = syscall(SYS_pidfd_open, c, 0);
	struct pollfd pp = {pf, POLLIN, 0};
	done("poll of pidfd", poll(&pp, 1, -1));
	done("waitid", waitid(P_PIDFD, pf, &info, WEXITED)), done("code", info.si_status);
	if (!(c = vfork())) { late(), _exit(4); }
	waitpid(c, &status, 0), done("vfork", status >> 8);

	int master, slave;
	openpty(&master, &slave, 0, 0, 0);
	LATER(write(master, "typed\n", 6));
	done("read of a terminal", read(slave, buf, 100)), child("typist");
	read(master, buf, 100);
	struct termios raw;
	tcgetattr(slave, &raw), cfmakeraw(&raw), raw.c_cc[VMIN] = 0, raw.c_cc[VTIME] = 1, tcsetattr(slave, TCSANOW, &raw);
	done("read with VTIME", read(slave, buf, 100));
	LATER(write(slave, "printed", 7));
	done("read of the master", read(master, buf, 100)), child("printer");

	volatile uint32_t *word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pipe(p);
	if (!fork()) {
		syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, 0, 0, 0), write(p[1], "x", 1), late();
		syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, 0, 0, 0), late(), _exit(0);
	}
	read(p[0], buf, 1);
	done("PI futex", syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, 0, 0, 0)), done("is mine", (*word & 0x3fffffff) == getpid());
	child("holder");

	char name[32];
	sprintf(name, "/waiting-%d", getpid());
	struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 16};
	mqd_t mq = mq_open(name, O_RDWR | O_CREAT, 0600, &a);
	mq_unlink(name);
	LATER(mq_send(mq, "for you", 7, 2));
	done("mq_receive", mq_receive(mq, buf, 16, 0)), child("sender");
	mq_send(mq, "full", 4, 0);
	LATER(mq_receive(mq, buf, 16, 0));
	done("mq_send", mq_send(mq, "then", 4, 0)), child("receiver");
	done("mq_receive", mq_receive(mq, buf, 16, 0));
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 2000000, until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
	done("mq_timedreceive", mq_timedreceive(mq, buf, 16, 0, &until));
	return 0;
}
