/* Calls that have newer forms, and others that libraries seldom make: each once or twice, by number. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define SHOW(what, call) do { errno = 0; long r_ = (call); \
	printf("%s: %ld %s\n", what, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)
#define FD(what, call) ({ errno = 0; int r_ = (call); \
	printf("%s: %s\n", what, r_ < 0 ? strerrorname_np(errno) : "fd"); r_; })
#define S syscall
#define BAD ((void *)8)

static char buf[4096];

static void files(void)
{
	int fd = FD("open", S(SYS_open, "old.bin", O_RDWR | O_CREAT | O_EXCL, 0640)), d;
	FD("open again", S(SYS_open, "old.bin", O_RDWR | O_CREAT | O_EXCL, 0640));
	FD("open fault", S(SYS_open, BAD, O_RDONLY));
	FD("creat", S(SYS_creat, "older2", 0600));
	FD("creat directory", S(SYS_creat, ".", 0600));
	struct open_how how = {.flags = O_RDONLY};
	FD("openat2", S(SYS_openat2, AT_FDCWD, "old.bin", &how, sizeof how));
	how.mode = 1;
	FD("openat2 mode", S(SYS_openat2, AT_FDCWD, "old.bin", &how, sizeof how));
	how.mode = 0, how.resolve = RESOLVE_BENEATH;
	FD("openat2 beneath", S(SYS_openat2, AT_FDCWD, "../x", &how, sizeof how));
	FD("openat2 absolute", S(SYS_openat2, AT_FDCWD, "/tmp", &how, sizeof how));
	how.resolve = RESOLVE_NO_SYMLINKS;
	symlink("old.bin", "oldlink");
	FD("openat2 no symlinks", S(SYS_openat2, AT_FDCWD, "oldlink", &how, sizeof how));
	FD("openat2 small", S(SYS_openat2, AT_FDCWD, "old.bin", &how, 8));
	FD("openat2 larger", S(SYS_openat2, AT_FDCWD, "old.bin", &how, 5000));
	struct stat st, lst;
	SHOW("stat", S(SYS_stat, "oldlink", &st));
	SHOW("lstat", S(SYS_lstat, "oldlink", &lst));
	printf("%o %o %ld %ld\n", st.st_mode, lst.st_mode, (long)st.st_size, (long)lst.st_size);
	SHOW("stat fault", S(SYS_stat, "old.bin", BAD));
	SHOW("stat missing", S(SYS_stat, "missing", &st));
	struct statx sx;
	SHOW("statx", S(SYS_statx, AT_FDCWD, "old.bin", 0, STATX_BASIC_STATS, &sx));
	printf("%o %lld %d\n", sx.stx_mode, (long long)sx.stx_size, sx.stx_nlink);
	SHOW("statx flags", S(SYS_statx, AT_FDCWD, "old.bin", 0x10, STATX_BASIC_STATS, &sx));
	SHOW("statx mask", S(SYS_statx, AT_FDCWD, "old.bin", 0, STATX__RESERVED, &sx));
	SHOW("statx sync", S(SYS_statx, AT_FDCWD, "old.bin", AT_STATX_SYNC_TYPE, STATX_ALL, &sx));
	struct statfs sf;
	SHOW("statfs", S(SYS_statfs, "/proc", &sf));
	printf("type %lx name %ld\n", (long)sf.f_type, (long)sf.f_namelen);
	SHOW("statfs missing", S(SYS_statfs, "missing", &sf));
	SHOW("fstatfs", S(SYS_fstatfs, fd, &sf));
	SHOW("fstatfs fd", S(SYS_fstatfs, 99, &sf));
	SHOW("faccessat2", S(SYS_faccessat2, AT_FDCWD, "old.bin", X_OK, 0));
	SHOW("faccessat2 flags", S(SYS_faccessat2, AT_FDCWD, "old.bin", R_OK, 1));
	SHOW("faccessat2 empty", S(SYS_faccessat2, fd, "", W_OK, AT_EMPTY_PATH));
	SHOW("renameat", S(SYS_renameat, AT_FDCWD, "older2", AT_FDCWD, "older3"));
	SHOW("mknod", S(SYS_mknod, "older4", S_IFREG | 0600, 0));
	SHOW("fchmodat2", S(452, AT_FDCWD, "oldlink", 0600, AT_SYMLINK_NOFOLLOW));
	SHOW("fchmodat2 flags", S(452, AT_FDCWD, "old.bin", 0600, 1));
	SHOW("chown", S(SYS_chown, "old.bin", -1, -1));
	SHOW("chown away", S(SYS_chown, "old.bin", 0, -1));
	SHOW("lchown", S(SYS_lchown, "oldlink", getuid(), getgid()));
	SHOW("fchown", S(SYS_fchown, fd, -1, getgid()));
	SHOW("fchown group", S(SYS_fchown, fd, -1, 4));
	struct utimbuf ut = {100, 200};
	SHOW("utime", S(SYS_utime, "old.bin", &ut));
	struct timeval tv[2] = {{300, 5}, {400, 6}}, bad[2] = {{0, 1000000}, {0, 0}};
	stat("old.bin", &st);
	printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
	SHOW("utimes", S(SYS_utimes, "old.bin", tv));
	SHOW("utimes bad", S(SYS_utimes, "old.bin", bad));
	SHOW("futimesat", S(SYS_futimesat, AT_FDCWD, "old.bin", tv));
	stat("old.bin", &st);
	printf("%ld %ld %ld\n", (long)st.st_atime, (long)st.st_mtime, st.st_mtim.tv_nsec);
	struct iovec v[2] = {{"abc", 3}, {"defg", 4}}, r[2] = {{buf, 2}, {buf + 100, 9}};
	SHOW("pwritev", S(SYS_pwritev, fd, v, 2, 3L, 0L));
	SHOW("preadv", S(SYS_preadv, fd, r, 2, 2L, 0L));
	SHOW("preadv negative", S(SYS_preadv, fd, r, 2, -1L, -1L));
	SHOW("fdatasync", S(SYS_fdatasync, fd));
	SHOW("fdatasync fd", S(SYS_fdatasync, 99));
	SHOW("syncfs", S(SYS_syncfs, fd));
	SHOW("sync_file_range", S(SYS_sync_file_range, fd, 0L, 10L, 7));
	SHOW("sync_file_range flags", S(SYS_sync_file_range, fd, 0L, 10L, 8));
	SHOW("readahead", S(SYS_readahead, fd, 0L, 10L));
	SHOW("fadvise", S(SYS_fadvise64, fd, 0L, 10L, 9));
	d = open(".", O_RDONLY | O_DIRECTORY);
	SHOW("fchdir", S(SYS_fchdir, d));
	SHOW("fchdir file", S(SYS_fchdir, fd));
	SHOW("getdents file", S(SYS_getdents, fd, buf, 100));
	SHOW("getdents small", S(SYS_getdents, d, buf, 10));
	SHOW("lsetxattr", lsetxattr("old.bin", "user.a", "v", 1, 0));
	SHOW("lgetxattr", lgetxattr("old.bin", "user.a", buf, 9));
	SHOW("lgetxattr size", lgetxattr("old.bin", "user.a", 0, 0));
	SHOW("lgetxattr missing", lgetxattr("old.bin", "user.b", buf, 9));
	SHOW("llistxattr", llistxattr("old.bin", buf, 99));
	SHOW("fsetxattr replace", fsetxattr(fd, "user.b", "v", 1, XATTR_REPLACE));
	SHOW("fsetxattr create", fsetxattr(fd, "user.a", "v", 1, XATTR_CREATE));
	SHOW("fgetxattr small", (fsetxattr(fd, "user.a", "long", 4, 0), fgetxattr(fd, "user.a", buf, 2)));
	SHOW("flistxattr small", flistxattr(fd, buf, 2));
	SHOW("fremovexattr", fremovexattr(fd, "user.a"));
	SHOW("lremovexattr", lremovexattr("old.bin", "user.a"));
	SHOW("setxattr space", setxattr("old.bin", "nothing", "v", 1, 0));
	SHOW("lsetxattr of a link", lsetxattr("oldlink", "user.a", "v", 1, 0));
	unlink("old.bin"), unlink("older3"), unlink("older4"), unlink("oldlink");
}

static void waiting(void)
{
	int p[2], e, s, t;
	SHOW("pipe", S(SYS_pipe, p));
	SHOW("pipe fault", S(SYS_pipe, BAD));
	struct pollfd pf[2] = {{p[0], POLLIN}, {p[1], POLLOUT}};
	struct timespec ts = {0, 1000}, neg = {-1, 0};
	sigset_t set;
	sigemptyset(&set);
	SHOW("ppoll", S(SYS_ppoll, pf, 2, &ts, &set, 8));
	SHOW("ppoll time", S(SYS_ppoll, pf, 2, &neg, 0, 8));
	SHOW("ppoll size", S(SYS_ppoll, pf, 2, &ts, &set, 4));
	fd_set rd;
	FD_ZERO(&rd);
	FD_SET(p[0], &rd);
	ts = (struct timespec){0, 1000};
	SHOW("pselect6", S(SYS_pselect6, p[0] + 1, &rd, 0, 0, &ts, 0));
	FD_ZERO(&rd);
	FD_SET(200, &rd);
	SHOW("pselect6 fd", S(SYS_pselect6, 201, &rd, 0, 0, &ts, 0));
	e = epoll_create1(0);
	struct epoll_event ev = {EPOLLIN, {.u32 = 5}}, out[2];
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
	write(p[1], "x", 1);
	SHOW("epoll_pwait", S(SYS_epoll_pwait, e, out, 2, 0, &set, 8));
	SHOW("epoll_pwait size", S(SYS_epoll_pwait, e, out, 2, 0, &set, 4));
	SHOW("epoll_pwait2", S(SYS_epoll_pwait2, e, out, 2, &ts, 0, 0));
	SHOW("epoll_pwait2 time", S(SYS_epoll_pwait2, e, out, 2, &neg, 0, 0));
	SHOW("epoll_wait none", S(SYS_epoll_wait, e, out, 0, 0));
	FD("eventfd", S(SYS_eventfd, 3));
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, 0);
	s = FD("signalfd", S(SYS_signalfd, -1, &set, 8));
	FD("signalfd4 flags", S(SYS_signalfd4, -1, &set, 8, 1));
	FD("signalfd4 size", S(SYS_signalfd4, -1, &set, 4, 0));
	FD("signalfd4 fd", S(SYS_signalfd4, e, &set, 8, 0));
	fcntl(s, F_SETFL, O_NONBLOCK);
	SHOW("signalfd none", read(s, buf, 128));
	siginfo_t info = {.si_code = SI_QUEUE, .si_value = {.sival_int = 77}};
	SHOW("tgsigqueueinfo", S(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info));
	SHOW("signalfd small", read(s, buf, 127));
	SHOW("signalfd", read(s, buf, 4096));
	struct signalfd_siginfo *si = (void *)buf;
	printf("%u %d %d\n", si->ssi_signo, si->ssi_code, si->ssi_int);
	t = FD("timerfd", S(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
	FD("timerfd clock", S(SYS_timerfd_create, 77, 0));
	FD("timerfd flags", S(SYS_timerfd_create, CLOCK_MONOTONIC, 1));
	struct itimerspec it = {{0, 0}, {0, 1000}}, old;
	SHOW("timerfd early", read(t, buf, 8));
	SHOW("timerfd_settime", S(SYS_timerfd_settime, t, 0, &it, &old));
	SHOW("timerfd_settime flags", S(SYS_timerfd_settime, t, 8, &it, 0));
	SHOW("timerfd_settime fd", S(SYS_timerfd_settime, e, 0, &it, 0));
	usleep(2000);
	SHOW("timerfd read", read(t, buf, 8));
	printf("expirations %ld\n", *(long *)buf);
	SHOW("timerfd_gettime", S(SYS_timerfd_gettime, t, &old));
	printf("left %ld\n", (long)old.it_value.tv_nsec);
	SHOW("timerfd small", read(t, buf, 4));
	SHOW("timerfd write", write(t, buf, 8));
	it.it_value.tv_nsec = 1000000000;
	SHOW("timerfd nanoseconds", S(SYS_timerfd_settime, t, 0, &it, 0));
}

static void tasks(void)
{
	int status;
	pid_t pid = S(SYS_fork);
	if (pid == 0) {
		printf("setsid %d\n", S(SYS_setsid) == getpid());
		SHOW("setsid again", S(SYS_setsid));
		printf("group %d\n", S(SYS_getpgrp) == getpid());
		_exit(9);
	}
	int fd = FD("pidfd_open", S(SYS_pidfd_open, pid, 0));
	waitpid(pid, &status, 0);
	printf("exit %d\n", WEXITSTATUS(status));
	SHOW("pidfd_send_signal gone", S(SYS_pidfd_send_signal, fd, 0, 0, 0));
	FD("pidfd_open nobody", S(SYS_pidfd_open, 999999, 0));
	FD("pidfd_open flags", S(SYS_pidfd_open, getpid(), 1));
	int own = S(SYS_pidfd_open, getpid(), 0);
	SHOW("pidfd_send_signal", S(SYS_pidfd_send_signal, own, 0, 0, 0));
	SHOW("pidfd_send_signal flags", S(SYS_pidfd_send_signal, own, 0, 0, 0x100));
	SHOW("pidfd_send_signal fd", S(SYS_pidfd_send_signal, 1, 0, 0, 0));
	FD("pidfd_getfd", S(SYS_pidfd_getfd, own, 1, 0));
	FD("pidfd_getfd fd", S(SYS_pidfd_getfd, own, 99, 0));
	FD("pidfd_getfd flags", S(SYS_pidfd_getfd, own, 1, 1));
	uid_t a, b, c;
	SHOW("ids", S(SYS_geteuid) == getuid() && S(SYS_getegid) == getgid());
	SHOW("getresuid", S(SYS_getresuid, &a, &b, &c));
	printf("%d\n", a == b && b == c);
	SHOW("getresgid fault", S(SYS_getresgid, &a, BAD, &c));
	SHOW("setgid own", S(SYS_setgid, getgid()));
	SHOW("setgid other", S(SYS_setgid, 0));
	SHOW("setgid -1", S(SYS_setgid, -1));
	SHOW("setreuid", S(SYS_setreuid, -1, getuid()));
	SHOW("setreuid other", S(SYS_setreuid, 0, -1));
	SHOW("setregid", S(SYS_setregid, getgid(), -1));
	SHOW("setresuid", S(SYS_setresuid, -1, -1, -1));
	SHOW("setresgid other", S(SYS_setresgid, -1, 0, -1));
	SHOW("setfsuid", S(SYS_setfsuid, 0) == getuid());
	SHOW("setfsgid", S(SYS_setfsgid, -1) == getgid());
	SHOW("getgroups negative", S(SYS_getgroups, -1, 0));
	void *head;
	size_t length;
	SHOW("get_robust_list", S(SYS_get_robust_list, 0, &head, &length));
	printf("%zu\n", length);
	SHOW("get_robust_list nobody", S(SYS_get_robust_list, 999999, &head, &length));
	SHOW("sched_yield", S(SYS_sched_yield));
	struct sched_param sp = {9};
	SHOW("sched_getparam", S(SYS_sched_getparam, 0, &sp));
	printf("%d\n", sp.sched_priority);
	SHOW("sched_getparam negative", S(SYS_sched_getparam, -1, &sp));
	SHOW("sched_getparam fault", S(SYS_sched_getparam, 0, BAD));
	SHOW("sched_getparam nobody", S(SYS_sched_getparam, 999999, &sp));
	SHOW("sched_setparam", S(SYS_sched_setparam, 0, &sp));
	SHOW("sched_get_priority_min", S(SYS_sched_get_priority_min, SCHED_FIFO));
	struct timespec ts;
	SHOW("sched_rr_get_interval", S(SYS_sched_rr_get_interval, 0, &ts));
	SHOW("sched_rr_get_interval negative", S(SYS_sched_rr_get_interval, -1, &ts));
	struct rlimit l = {100, 200};
	SHOW("setrlimit", S(SYS_setrlimit, RLIMIT_NOFILE, &l));
	SHOW("getrlimit", S(SYS_getrlimit, RLIMIT_NOFILE, &l));
	printf("%ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
	struct rusage ru;
	SHOW("getrusage", S(SYS_getrusage, RUSAGE_THREAD, &ru));
	SHOW("getrusage who", S(SYS_getrusage, 5, &ru));
	SHOW("getcpu", S(SYS_getcpu, 0, 0, 0));
	struct timeval tv;
	SHOW("gettimeofday", S(SYS_gettimeofday, &tv, 0));
	printf("%d\n", tv.tv_sec > 1600000000);
	SHOW("gettimeofday fault", S(SYS_gettimeofday, BAD, 0));
	struct utsname u;
	SHOW("uname", S(SYS_uname, &u));
	printf("%s %s\n", u.sysname, u.machine);
	SHOW("uname fault", S(SYS_uname, BAD));
	struct sysinfo si;
	SHOW("sysinfo", S(SYS_sysinfo, &si));
	printf("%d %d\n", si.mem_unit, si.procs > 0);
	SHOW("setdomainname", S(SYS_setdomainname, "x", 1));
	SHOW("munlock", S(SYS_munlock, buf, 4096));
	SHOW("munlockall", S(SYS_munlockall));
	SHOW("membarrier command", S(SYS_membarrier, 0x10000, 0));
	SHOW("membarrier unregistered", S(SYS_membarrier, 8, 0));
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	umask(022);
	files();
	waiting();
	tasks();
	return 0;
}
