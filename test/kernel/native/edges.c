/* Arguments at the edges: which error wins, what is checked before what, what limits cut. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(what, call) do { errno = 0; long r_ = (call); \
	printf("%s: %ld %s\n", what, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)
#define OPENS(what, call) do { errno = 0; int r_ = (call); \
	printf("%s: %s\n", what, r_ < 0 ? strerrorname_np(errno) : "fd"); if (r_ >= 0) close(r_); } while (0)
#define S syscall
#define BAD ((void *)8)

static void timers(void)
{
	struct itimerval v = {{0, 0}, {1000, 0}}, o;
	SHOW("setitimer which", setitimer(9, &v, 0));
	SHOW("setitimer fault", S(SYS_setitimer, 0, BAD, 0));
	SHOW("setitimer which and fault", S(SYS_setitimer, 9, BAD, 0));
	SHOW("setitimer null", S(SYS_setitimer, 0, 0, 0));
	SHOW("setitimer old fault", S(SYS_setitimer, 0, &v, BAD));
	getitimer(0, &o);
	printf("armed all the same %d\n", o.it_value.tv_sec > 0);
	v.it_value.tv_usec = 1000000;
	SHOW("setitimer microseconds", setitimer(0, &v, 0));
	v.it_value = (struct timeval){-1, 0};
	SHOW("setitimer negative", setitimer(0, &v, 0));
	SHOW("setitimer null disarms", S(SYS_setitimer, 0, 0, 0));
	SHOW("getitimer which", getitimer(3, &o));
	SHOW("getitimer fault", S(SYS_getitimer, 0, BAD));
	SHOW("getitimer which and fault", S(SYS_getitimer, 3, BAD));
	SHOW("alarm", (alarm(100), alarm(0)));
	int id;
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	SHOW("timer_create clock", S(SYS_timer_create, 77, &e, &id));
	SHOW("timer_create fault", S(SYS_timer_create, CLOCK_MONOTONIC, BAD, &id));
	SHOW("timer_create id fault", S(SYS_timer_create, CLOCK_MONOTONIC, &e, BAD));
	e.sigev_signo = 99;
	SHOW("timer_create signal", S(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	e.sigev_signo = SIGALRM, e.sigev_notify = 9;
	SHOW("timer_create notify", S(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	e.sigev_notify = SIGEV_NONE;
	SHOW("timer_create none", S(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	struct itimerspec s = {{0, 0}, {1, 0}}, old;
	SHOW("timer_settime null", S(SYS_timer_settime, id, 0, 0, 0));
	SHOW("timer_settime fault", S(SYS_timer_settime, id, 0, BAD, 0));
	SHOW("timer_settime old fault", S(SYS_timer_settime, id, 0, &s, BAD));
	SHOW("timer_settime unknown", S(SYS_timer_settime, 99, 0, &s, 0));
	s.it_value.tv_nsec = 1000000000;
	SHOW("timer_settime nanoseconds", S(SYS_timer_settime, id, 0, &s, 0));
	SHOW("timer_settime nanoseconds unknown", S(SYS_timer_settime, 99, 0, &s, 0));
	SHOW("timer_gettime fault", S(SYS_timer_gettime, id, BAD));
	SHOW("timer_gettime unknown", S(SYS_timer_gettime, 99, &old));
	SHOW("timer_getoverrun", S(SYS_timer_getoverrun, id));
	SHOW("timer_delete", S(SYS_timer_delete, id));
	SHOW("timer_delete again", S(SYS_timer_delete, id));
	struct timespec t = {0, 1}, rest = {7, 7};
	SHOW("clock_nanosleep clock", S(SYS_clock_nanosleep, 77, 0, &t, 0));
	SHOW("clock_nanosleep thread", S(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0));
	SHOW("clock_nanosleep coarse", S(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &t, 0));
	SHOW("clock_nanosleep raw", S(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, 0));
	SHOW("clock_nanosleep fault", S(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, BAD, 0));
	SHOW("clock_nanosleep", S(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, &rest));
	SHOW("clock_nanosleep flags", S(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0x80, &t, 0));
	SHOW("clock_nanosleep past", (t = (struct timespec){0, 0}, S(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0)));
	SHOW("clock_nanosleep tai", S(SYS_clock_nanosleep, CLOCK_TAI, 0, &t, 0));
	SHOW("clock_nanosleep boottime", S(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &t, 0));
	SHOW("clock_nanosleep alarm", S(SYS_clock_nanosleep, CLOCK_REALTIME_ALARM, 0, &t, 0));
	t = (struct timespec){0, 1000000000};
	SHOW("clock_nanosleep nanoseconds", S(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, 0));
	t = (struct timespec){-1, 0};
	SHOW("nanosleep negative", S(SYS_nanosleep, &t, 0));
	SHOW("nanosleep fault", S(SYS_nanosleep, BAD, 0));
	t = (struct timespec){0, 2000000};
	SHOW("clock_settime", S(SYS_clock_settime, CLOCK_REALTIME, &t));
	SHOW("clock_settime monotonic", S(SYS_clock_settime, CLOCK_MONOTONIC, &t));
	SHOW("clock_settime fault", S(SYS_clock_settime, CLOCK_REALTIME, BAD));
	SHOW("clock_getres", S(SYS_clock_getres, CLOCK_MONOTONIC, 0));
	SHOW("clock_getres clock", S(SYS_clock_getres, 77, 0));
	SHOW("settimeofday", S(SYS_settimeofday, &o.it_value, 0));
	SHOW("time fault", S(SYS_time, BAD));
	SHOW("times fault", S(SYS_times, BAD));
}

static void signals(void)
{
	SHOW("kill signal", kill(getpid(), 65));
	SHOW("kill signal -1", kill(getpid(), -1));
	SHOW("kill nobody", kill(999999, 0));
	SHOW("kill group of nobody", kill(-999999, 0));
	SHOW("kill INT_MIN", kill(INT32_MIN, 0));
	SHOW("kill init", kill(1, 0));
	SHOW("kill self", kill(getpid(), 0));
	SHOW("tkill 0", S(SYS_tkill, 0, 0));
	SHOW("tkill -1", S(SYS_tkill, -1, 0));
	SHOW("tgkill 0", S(SYS_tgkill, 0, getpid(), 0));
	SHOW("tgkill wrong group", S(SYS_tgkill, 999999, getpid(), 0));
	SHOW("tgkill signal", S(SYS_tgkill, getpid(), getpid(), 65));
	struct sigaction sa = {0};
	SHOW("sigaction kill", S(SYS_rt_sigaction, SIGKILL, &sa, 0, 8));
	SHOW("sigaction kill read", S(SYS_rt_sigaction, SIGKILL, 0, &sa, 8));
	SHOW("sigaction size", S(SYS_rt_sigaction, SIGINT, 0, &sa, 4));
	SHOW("sigaction 0", S(SYS_rt_sigaction, 0, 0, &sa, 8));
	SHOW("sigaction fault", S(SYS_rt_sigaction, SIGINT, BAD, 0, 8));
	sigset_t set;
	sigemptyset(&set);
	SHOW("sigprocmask how", S(SYS_rt_sigprocmask, 9, &set, 0, 8));
	SHOW("sigprocmask how, null", S(SYS_rt_sigprocmask, 9, 0, 0, 8));
	SHOW("sigprocmask size", S(SYS_rt_sigprocmask, 0, &set, 0, 16));
	SHOW("sigprocmask fault", S(SYS_rt_sigprocmask, 0, BAD, 0, 8));
	SHOW("sigpending big", S(SYS_rt_sigpending, &set, 16));
	SHOW("sigpending small", S(SYS_rt_sigpending, &set, 4));
	struct timespec t = {0, 0};
	SHOW("sigtimedwait", S(SYS_rt_sigtimedwait, &set, 0, &t, 8));
	t.tv_nsec = -1;
	SHOW("sigtimedwait time", S(SYS_rt_sigtimedwait, &set, 0, &t, 8));
	stack_t ss = {.ss_sp = &set, .ss_size = 100};
	SHOW("sigaltstack small", S(SYS_sigaltstack, &ss, 0));
	ss.ss_flags = 77;
	SHOW("sigaltstack flags", S(SYS_sigaltstack, &ss, 0));
	siginfo_t info = {.si_code = SI_TKILL};
	SHOW("sigqueueinfo self", S(SYS_rt_sigqueueinfo, getpid(), 0, &info));
	SHOW("sigqueueinfo other", S(SYS_rt_sigqueueinfo, getppid(), 0, &info));
	SHOW("sigqueueinfo fault", S(SYS_rt_sigqueueinfo, getpid(), 0, BAD));
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(1);
	}
	usleep(2000);
	kill(pid, SIGKILL);
	int status;
	waitpid(pid, &status, 0);
	printf("pause ended by %d\n", WTERMSIG(status));
}

static void files(void)
{
	char buf[64] = "contents of a file";
	int fd = open("edges.bin", O_RDWR | O_CREAT | O_TRUNC, 0600), p[2];
	SHOW("write -1", S(SYS_write, fd, buf, -1L));
	SHOW("read -1", S(SYS_read, fd, buf, -1L));
	SHOW("write half", S(SYS_write, fd, buf, 1L << 63));
	SHOW("write fault", S(SYS_write, fd, BAD, 1));
	SHOW("write fault nothing", S(SYS_write, fd, BAD, 0));
	SHOW("write", write(fd, buf, 18));
	SHOW("pwrite negative", pwrite(fd, buf, 1, -1));
	SHOW("pread negative", pread(fd, buf, 1, -1));
	struct iovec v = {buf, 18}, n = {buf, -1}, two[2] = {{buf, 1L << 62}, {buf, 1L << 62}};
	SHOW("readv -1", S(SYS_readv, fd, &v, -1));
	SHOW("readv 1025", S(SYS_readv, fd, &v, 1025));
	SHOW("readv 0", S(SYS_readv, fd, BAD, 0));
	SHOW("readv fault", S(SYS_readv, fd, BAD, 1));
	SHOW("readv negative length", S(SYS_readv, fd, &n, 1));
	SHOW("writev too long", S(SYS_writev, fd, two, 2));
	SHOW("preadv2", S(SYS_preadv2, fd, &v, 1, 0L, 0L, 0));
	SHOW("preadv2 current", S(SYS_preadv2, fd, &v, 1, -1L, -1L, 0));
	SHOW("preadv2 negative", S(SYS_preadv2, fd, &v, 1, -2L, -1L, 0));
	SHOW("preadv2 flags", S(SYS_preadv2, fd, &v, 1, 0L, 0L, 0x4000));
	SHOW("preadv2 append", S(SYS_preadv2, fd, &v, 1, 0L, 0L, RWF_APPEND));
	SHOW("pwritev2 append", S(SYS_pwritev2, fd, &v, 1, 0L, 0L, RWF_APPEND));
	SHOW("preadv2 bad fd", S(SYS_preadv2, 99, &v, 1, 0L, 0L, 0x4000));
	pipe(p);
	off_t off = 5, minus = -1;
	SHOW("sendfile", sendfile(p[1], fd, &off, 4));
	printf("offset %ld position %ld\n", (long)off, (long)lseek(fd, 0, SEEK_CUR));
	SHOW("sendfile negative", sendfile(p[1], fd, &minus, 4));
	SHOW("sendfile fault", S(SYS_sendfile, p[1], fd, BAD, 4));
	SHOW("sendfile to read end", sendfile(p[0], fd, 0, 4));
	SHOW("sendfile from pipe", sendfile(fd, p[0], 0, 4));
	SHOW("sendfile from pipe, offset", sendfile(fd, p[0], &off, 4));
	SHOW("sendfile bad in", sendfile(p[1], 99, 0, 4));
	SHOW("sendfile bad out", sendfile(99, fd, 0, 4));
	int d = open(".", O_RDONLY), a = open("edges.bin", O_WRONLY | O_APPEND);
	SHOW("sendfile directory", sendfile(p[1], d, 0, 4));
	SHOW("sendfile to append", (lseek(fd, 0, SEEK_SET), sendfile(a, fd, 0, 4)));
	SHOW("sendfile nothing", sendfile(p[1], fd, 0, 0));
	SHOW("sendfile write-only in", sendfile(p[1], a, 0, 4));
	SHOW("read directory", read(d, buf, 1));
	SHOW("write to directory", write(d, buf, 1));
	SHOW("ftruncate directory", ftruncate(d, 0));
	SHOW("ftruncate negative", ftruncate(fd, -1));
	SHOW("truncate huge", ftruncate(fd, INT64_MAX));
	SHOW("mknod fifo", mknod("edges.fifo", S_IFIFO | 0600, 0));
	SHOW("mknod again", mknod("edges.fifo", S_IFIFO | 0600, 0));
	SHOW("mknod device", mknod("edges.dev", S_IFCHR | 0600, 0x103));
	SHOW("mknod directory", mknod("edges.dir", S_IFDIR | 0600, 0));
	SHOW("mknod type", mknod("edges.x", 0150000, 0));
	OPENS("fifo without reader", open("edges.fifo", O_WRONLY | O_NONBLOCK));
	int r = open("edges.fifo", O_RDONLY | O_NONBLOCK), w = open("edges.fifo", O_WRONLY | O_NONBLOCK);
	printf("fifo %d %d\n", r >= 0, w >= 0);
	SHOW("fifo write", write(w, "abc", 3));
	SHOW("fifo read", read(r, buf, 9));
	SHOW("fifo empty", read(r, buf, 9));
	close(w);
	SHOW("fifo ended", read(r, buf, 9));
	SHOW("fifo lseek", lseek(r, 0, SEEK_SET));
	struct stat st;
	stat("edges.fifo", &st);
	printf("fifo mode %o\n", st.st_mode);
	unlink("edges.fifo"), unlink("edges.bin");
	SHOW("fcntl cmd", fcntl(fd, 9999, 0));
	SHOW("dup2 huge", dup2(fd, 1 << 20));
	SHOW("dup2 negative", dup2(fd, -1));
	SHOW("dup3 same", dup3(fd, fd, 0));
	SHOW("dupfd beyond", fcntl(fd, F_DUPFD, 1 << 21));
	struct pollfd pf = {fd, POLLIN, 0};
	SHOW("poll too many", S(SYS_poll, &pf, 1 << 21, 0));
	SHOW("poll fault", S(SYS_poll, BAD, 1, 0));
	SHOW("select negative", S(SYS_select, -1, 0, 0, 0, 0));
	SHOW("epoll_create 0", S(SYS_epoll_create, 0));
	SHOW("getcwd small", S(SYS_getcwd, buf, 1));
	SHOW("getcwd fault", S(SYS_getcwd, BAD, 4096));
	SHOW("getrandom flags", S(SYS_getrandom, buf, 4, 0xff));
	SHOW("getrandom fault", S(SYS_getrandom, BAD, 4, 0));
	SHOW("getdents file", S(SYS_getdents64, fd, buf, 64));
	SHOW("getdents small", S(SYS_getdents64, d, buf, 8));
	SHOW("access mode", access(".", 8));
	SHOW("umask", umask(0177777));
	SHOW("umask cut", umask(022));
	SHOW("flock operation", S(SYS_flock, fd, 77));
	SHOW("fallocate mode", S(SYS_fallocate, fd, 0x100, 0L, 1L));
	SHOW("fallocate nothing", S(SYS_fallocate, fd, 0, 0L, 0L));
	SHOW("fallocate read-only", S(SYS_fallocate, d, 0, 0L, 1L));
	SHOW("close_range", S(SYS_close_range, 5, 4, 0));
	SHOW("splice files", splice(fd, 0, a, 0, 5, 0));
	SHOW("tee same", tee(p[0], p[1], 5, 0));
}

static void others(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct c[2];
	SHOW("capget", S(SYS_capget, &h, c));
	printf("capabilities %x %x %x\n", c[0].effective, c[0].permitted, c[0].inheritable);
	h.version = 1;
	SHOW("capget version", S(SYS_capget, &h, c));
	printf("version %x\n", h.version);
	h.version = 1;
	SHOW("capget version null", S(SYS_capget, &h, 0));
	h.pid = -1;
	SHOW("capget negative", S(SYS_capget, &h, c));
	h.pid = 999999;
	SHOW("capget nobody", S(SYS_capget, &h, c));
	SHOW("capget fault", S(SYS_capget, BAD, c));
	h = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_3, 0};
	c[0] = c[1] = (struct __user_cap_data_struct){0};
	SHOW("capset nothing", S(SYS_capset, &h, c));
	c[0].effective = c[0].permitted = 1;
	SHOW("capset more", S(SYS_capset, &h, c));
	h.pid = 1;
	SHOW("capset other", S(SYS_capset, &h, c));
	SHOW("personality read", personality(0xffffffff));
	SHOW("personality", personality(ADDR_NO_RANDOMIZE));
	SHOW("personality read", personality(0xffffffff));
	SHOW("personality back", personality(0));
	int word = 0;
	SHOW("lock_pi", S(SYS_futex, &word, FUTEX_LOCK_PI, 0, 0, 0, 0));
	printf("owner %d\n", word == (int)S(SYS_gettid));
	SHOW("lock_pi own", S(SYS_futex, &word, FUTEX_LOCK_PI, 0, 0, 0, 0));
	SHOW("trylock_pi own", S(SYS_futex, &word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
	SHOW("unlock_pi", S(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
	SHOW("unlock_pi again", S(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
	word = 999999;
	SHOW("lock_pi of nobody", S(SYS_futex, &word, FUTEX_LOCK_PI, 0, 0, 0, 0));
	SHOW("futex op", S(SYS_futex, &word, 77, 0, 0, 0, 0));
	SHOW("futex unaligned", S(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 0, 0, 0, 0));
	SHOW("futex wait value", S(SYS_futex, &word, FUTEX_WAIT, 5, 0, 0, 0));
	SHOW("futex wait fault", S(SYS_futex, BAD, FUTEX_WAIT, 5, 0, 0, 0));
	SHOW("futex wake private fault", S(SYS_futex, BAD, FUTEX_WAKE_PRIVATE, 5, 0, 0, 0));
	SHOW("futex wake shared fault", S(SYS_futex, BAD, FUTEX_WAKE, 5, 0, 0, 0));
	SHOW("futex bitset 0", S(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, 0, 0, 0));
	SHOW("futex cmp", S(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1, &word, 5));
	SHOW("futex requeue negative", S(SYS_futex, &word, FUTEX_REQUEUE, -1, 1, &word, 0));
	SHOW("robust size", S(SYS_set_robust_list, &word, 5));
	static const int options[] = {PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_TIMING, PR_GET_SECCOMP, PR_GET_SECUREBITS,
		PR_GET_TIMERSLACK, PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE, PR_MCE_KILL_GET, PR_GET_IO_FLUSHER, PR_GET_FP_MODE,
		PR_SVE_GET_VL, PR_GET_UNALIGN, PR_GET_FPEMU, PR_GET_ENDIAN, 9999};
	for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
		char name[32];
		sprintf(name, "prctl %d", options[i]);
		SHOW(name, prctl(options[i], 0, 0, 0, 0));
	}
	SHOW("prctl name fault", prctl(PR_SET_NAME, BAD));
	SHOW("prctl pdeathsig", prctl(PR_SET_PDEATHSIG, 65));
	SHOW("prctl dumpable 2", prctl(PR_SET_DUMPABLE, 2));
	SHOW("prctl keepcaps 2", prctl(PR_SET_KEEPCAPS, 2));
	SHOW("prctl timing", prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP));
	SHOW("prctl capbset", prctl(PR_CAPBSET_READ, 0));
	SHOW("prctl capbset 99", prctl(PR_CAPBSET_READ, 99));
	SHOW("prctl capbset drop", prctl(PR_CAPBSET_DROP, 0));
	SHOW("prctl securebits", prctl(PR_SET_SECUREBITS, 1));
	SHOW("prctl no_new_privs 2", prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
	SHOW("prctl no_new_privs rest", prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	SHOW("prctl vma", prctl(PR_SET_VMA, 9, 0, 0, 0));
	SHOW("prctl mm", prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0));
	SHOW("prctl ptracer", prctl(PR_SET_PTRACER, 0, 0, 0, 0));
	SHOW("prctl io flusher", prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	struct rlimit l = {2, 1};
	SHOW("setrlimit order", setrlimit(RLIMIT_NOFILE, &l));
	SHOW("setrlimit which", setrlimit(99, &l));
	SHOW("getrlimit fault", S(SYS_getrlimit, 0, BAD));
	l = (struct rlimit){1, RLIM_INFINITY};
	SHOW("setrlimit raise", setrlimit(RLIMIT_NOFILE, &l));
	SHOW("prlimit nobody", S(SYS_prlimit64, 999999, 0, 0, 0));
	SHOW("getpriority which", S(SYS_getpriority, 9, 0));
	SHOW("getpriority", S(SYS_getpriority, PRIO_PROCESS, 0));
	SHOW("setpriority down", setpriority(PRIO_PROCESS, 0, 5));
	SHOW("setpriority up", setpriority(PRIO_PROCESS, 0, -5));
	SHOW("getpriority", S(SYS_getpriority, PRIO_PROCESS, 0));
	struct sched_param sp = {0};
	SHOW("sched_setscheduler other", sched_setscheduler(0, SCHED_OTHER, &sp));
	SHOW("sched_setscheduler policy", sched_setscheduler(0, 77, &sp));
	SHOW("sched_getscheduler", sched_getscheduler(0));
	sp.sched_priority = 1;
	SHOW("sched_setscheduler fifo", sched_setscheduler(0, SCHED_FIFO, &sp));
	SHOW("sched_setscheduler other with priority", sched_setscheduler(0, SCHED_OTHER, &sp));
	SHOW("sched_get_priority_max", sched_get_priority_max(SCHED_RR));
	SHOW("sched_get_priority_max policy", sched_get_priority_max(77));
	SHOW("wait options", waitpid(-1, 0, 0x100));
	SHOW("waitid idtype", S(SYS_waitid, 9, 0, 0, WEXITED, 0));
	SHOW("waitid nothing", S(SYS_waitid, P_ALL, 0, 0, 0, 0));
	SHOW("setpgid negative", setpgid(0, -1));
	SHOW("setpgid nobody", setpgid(999999, 0));
	SHOW("getpgid nobody", getpgid(999999));
	SHOW("getsid nobody", getsid(999999));
	SHOW("setuid", setuid(0));
	SHOW("setgroups", S(SYS_setgroups, 0, 0));
	SHOW("chroot", chroot("/"));
	SHOW("sethostname", sethostname("x", 1));
	SHOW("mount", S(SYS_mount, "a", "/tmp", "tmpfs", 0, 0));
	SHOW("umount", S(SYS_umount2, "/tmp", 0));
	SHOW("pivot_root", S(SYS_pivot_root, "/", "/"));
	SHOW("reboot", S(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
	SHOW("reboot magic", S(SYS_reboot, 1, 2, 0, 0));
	SHOW("swapon", S(SYS_swapon, "/x", 0));
	SHOW("swapoff", S(SYS_swapoff, "/x"));
	SHOW("acct", S(SYS_acct, 0));
	SHOW("vhangup", S(SYS_vhangup));
	SHOW("setns", S(SYS_setns, 0, 0));
	SHOW("unshare files", S(SYS_unshare, CLONE_FILES));
	SHOW("unshare newns", S(SYS_unshare, CLONE_NEWNS));
	SHOW("unshare bits", S(SYS_unshare, 1));
	SHOW("_sysctl", S(156, 0));
	SHOW("create_module", S(174, 0));
	SHOW("nfsservctl", S(180, 0));
	SHOW("vserver", S(236, 0));
	SHOW("no call", S(1000));
	SHOW("adjtimex fault", S(SYS_adjtimex, BAD));
	SHOW("ioprio_get", S(SYS_ioprio_get, 1, 0));
	SHOW("ioprio_get which", S(SYS_ioprio_get, 9, 0));
	SHOW("kcmp", S(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
	SHOW("kcmp type", S(SYS_kcmp, getpid(), getpid(), 77, 0, 0));
	SHOW("kcmp nobody", S(SYS_kcmp, getpid(), 999999, 0, 0, 0));
	char from[8] = "guest", to[8] = "";
	struct iovec li = {to, 6}, ri = {from, 6};
	SHOW("process_vm_readv", S(SYS_process_vm_readv, getpid(), &li, 1, &ri, 1, 0));
	printf("%s\n", to);
	SHOW("process_vm_readv nobody", S(SYS_process_vm_readv, 999999, &li, 1, &ri, 1, 0));
	SHOW("process_vm_readv flags", S(SYS_process_vm_readv, getpid(), &li, 1, &ri, 1, 1));
	ri.iov_base = BAD;
	SHOW("process_vm_readv fault", S(SYS_process_vm_readv, getpid(), &li, 1, &ri, 1, 0));
	ri.iov_base = from;
	strcpy(to, "newer");
	SHOW("process_vm_writev", S(SYS_process_vm_writev, getpid(), &li, 1, &ri, 1, 0));
	printf("%s\n", from);
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	signal(SIGALRM, SIG_IGN);
	timers();
	files();
	signals();
	others();
	return 0;
}
