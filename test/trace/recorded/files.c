/* Files: paths, descriptors, metadata, directories, pipes, terminals, locks. */
#include "record.h"
#include <dirent.h>
#include <linux/falloc.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <sys/mount.h>

#include <linux/close_range.h>
#include <termios.h>
#include <time.h>
#include <utime.h>
#include <signal.h>

int main(int argc, char **argv)
{
	if (argc < 2) return 1;
	char dir[] = "/tmp/ring3-record-XXXXXX";
	mkdtemp(dir);
	chdir(dir);
	begin(argv[1]);

	fresh();
	char *hpage = text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	int fd = C4(openat, AT_FDCWD, hpage, O_RDONLY, 0);
	char *buf = room(64);
	C3(read, fd, buf, 20);
	C3(read, fd, buf, 20);
	C1(close, fd);
	C1(close, fd);
	C3(read, fd, buf, 20);
	C4(openat, AT_FDCWD, text("/nonexistent"), O_RDONLY | O_CLOEXEC, 0);
	char *file = text("file");
	fd = C4(openat, AT_FDCWD, file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	C4(openat, 99, file, O_WRONLY | O_APPEND | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW, 0);
	C4(openat, AT_FDCWD, text("."), O_TMPFILE | O_RDWR, 0600);
	C4(openat, -55, file, O_WRONLY | O_CREAT | O_EXCL | 0x40000000, 07777);
	C4(openat, AT_FDCWD, BAD, 3, 0);
	C4(openat, AT_FDCWD, 0, O_PATH, 0);
	C4(openat, AT_FDCWD, file, O_SYNC | O_NOATIME | O_DSYNC | O_DIRECT | 010000000, 0);
	C3(open, file, O_RDONLY, 0);
	C3(open, file, O_WRONLY | O_CREAT, 0);
	C2(creat, text("created"), 0640);
	fresh();
	struct open_how *how = STRUCT(struct open_how, { O_RDONLY | O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS });
	C4(openat2, AT_FDCWD, text("file"), how, 24);
	how->flags = O_CREAT | O_WRONLY; how->mode = 0600; how->resolve = 0x1000;
	C4(openat2, AT_FDCWD, text("file"), how, 24);
	C4(openat2, AT_FDCWD, text("file"), how, 8);
	C4(openat2, AT_FDCWD, text("file"), BAD, 24);

	fresh();
	C3(write, fd, text("hello, kernel\n"), 14);
	C3(write, fd, text("a quite long line that is longer than the limit of thirty-two"), 61);
	C3(write, fd, text("exactly thirty-two characters...."), 32);
	C3(write, fd, put("\0\1\2\7\10\t\n\v\f\r\33\"\\\177\200\377", 16), 16);
	C3(write, fd, put("\0""1\1""9x\0""7", 7), 7);
	C3(write, fd, BAD, 5);
	C3(write, fd, 0, 0);
	C3(write, fd, 0, 4);
	C3(write, -1, text("x"), 1);
	C3(write, fd, ARENA, -1);
	C3(lseek, fd, 0, SEEK_SET);
	C3(lseek, fd, -5, SEEK_END);
	C3(lseek, fd, -1, SEEK_SET);
	C3(lseek, fd, 0, 9);
	C4(pread64, fd, room(64), 60, 3);
	C4(pread64, fd, BAD, 60, -1);
	C4(pwrite64, fd, text("pw"), 2, 1 << 20);
	fresh();
	char *one = text("one"), *two = text("a second part that is rather long, really");
	struct iovec *iov = STRUCT(struct iovec, { one, 3 });
	put(&(struct iovec){ two, 41 }, 16);
	put(&(struct iovec){ 0, 0 }, 16);
	C3(writev, fd, iov, 2);
	C3(writev, fd, iov, 3);
	C3(writev, fd, iov, 0);
	C3(writev, fd, BAD, 2);
	C3(writev, fd, 0, 2);
	C3(writev, -1, iov, 1);
	C3(lseek, fd, 0, SEEK_SET);
	C3(readv, fd, iov, 2);
	C3(readv, -1, iov, 2);
	C5(preadv, fd, iov, 2, 10, 0);
	C5(pwritev, fd, iov, 2, 10, 0);
	C6(preadv2, fd, iov, 2, 10, 0, 8);
	C6(pwritev2, fd, iov, 2, -1, -1, 2);
	C6(preadv2, -1, iov, 2, 10, 0, 0x800);

	fresh();
	C2(fstat, fd, room(144));
	C2(fstat, 0, ARENA);
	C2(fstat, 99, ARENA);
	C4(newfstatat, AT_FDCWD, text("/etc/passwd"), ARENA, 0);
	C4(newfstatat, fd, text(""), ARENA, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	C4(newfstatat, AT_FDCWD, text("/nonexistent"), ARENA, 0);
	C2(stat, text("/dev/null"), ARENA);
	C2(lstat, text("/proc/self/exe"), ARENA);
	C2(stat, text("/tmp"), ARENA);
	C2(stat, BAD, ARENA);
	fresh();
	C5(statx, AT_FDCWD, text("/etc/passwd"), AT_STATX_SYNC_AS_STAT | AT_SYMLINK_NOFOLLOW, STATX_ALL, room(256));
	C5(statx, fd, text(""), AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, ARENA);
	C5(statx, AT_FDCWD, text("/nonexistent"), 0, STATX_MODE | STATX_BTIME, ARENA);
	C5(statx, AT_FDCWD, text("/nonexistent"), 0x40000, 0x80000000, ARENA);
	fresh();
	C2(statfs, text("/proc"), room(120));
	C2(fstatfs, fd, room(120));
	C2(fstatfs, 99, ARENA);
	C2(access, text("/etc/passwd"), R_OK);
	C2(access, text("/etc/passwd"), F_OK);
	C2(access, text("/etc/nope"), R_OK | W_OK | X_OK);
	C3(faccessat, AT_FDCWD, text("/etc/passwd"), X_OK);
	C4(faccessat2, AT_FDCWD, text("/etc/passwd"), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
	C3(readlink, text("/proc/self/fd/0"), room(100), 99);
	C4(readlinkat, AT_FDCWD, text("/etc/passwd"), room(100), 99);
	C4(readlinkat, AT_FDCWD, text("/proc/self/root"), room(100), 99);
	fresh();
	C2(getcwd, room(100), 100);
	C2(getcwd, ARENA, 2);
	C1(chdir, text("/nonexistent"));
	C1(fchdir, 99);
	C2(rename, text("created"), text("renamed"));
	C4(renameat, AT_FDCWD, text("renamed"), AT_FDCWD, text("other"));
	C5(renameat2, AT_FDCWD, text("other"), AT_FDCWD, text("again"), RENAME_NOREPLACE);
	C5(renameat2, AT_FDCWD, text("other"), 77, text("again"), RENAME_EXCHANGE | RENAME_WHITEOUT | 8);
	C2(link, text("again"), text("hard"));
	C5(linkat, AT_FDCWD, text("again"), AT_FDCWD, text("hard2"), AT_SYMLINK_FOLLOW);
	C2(symlink, text("target/of/link"), text("soft"));
	C3(symlinkat, text("target"), AT_FDCWD, text("soft2"));
	C1(unlink, text("soft"));
	C3(unlinkat, AT_FDCWD, text("soft2"), 0);
	C3(unlinkat, AT_FDCWD, text("soft2"), AT_REMOVEDIR);
	C3(unlinkat, AT_FDCWD, text("soft2"), 0x1000);
	C2(mkdir, text("d"), 0755);
	C3(mkdirat, AT_FDCWD, text("d/e"), 01777);
	C1(rmdir, text("d/e"));
	C3(mknod, text("fifo"), S_IFIFO | 0600, 0);
	C4(mknodat, AT_FDCWD, text("dev"), S_IFCHR | 0600, 0x105);
	C4(mknodat, AT_FDCWD, text("reg"), 0600, 0x105);
	C4(mknodat, AT_FDCWD, text("bad"), 0xf000 | 04755, 0x105);
	C2(chmod, text("file"), 04711);
	C2(fchmod, fd, 0);
	C2(fchmod, fd, 7);
	C3(fchmodat, AT_FDCWD, text("file"), 0640);
	C3(chown, text("file"), -1, -1);
	C3(lchown, text("file"), 0, -1);
	C3(fchown, fd, 0, 0);
	C5(fchownat, AT_FDCWD, text("file"), 0, 0, AT_SYMLINK_NOFOLLOW);
	C2(truncate, text("file"), 100);
	C2(ftruncate, fd, 200);
	C2(ftruncate, fd, -1);
	fresh();
	struct timespec *two_times = put((struct timespec[]){ { 1700000000, 5 }, { 0, UTIME_OMIT } }, 32);
	C4(utimensat, AT_FDCWD, text("file"), two_times, 0);
	C4(utimensat, AT_FDCWD, text("file"), put((struct timespec[]){ { 1, UTIME_NOW }, { 0, 0 } }, 32), AT_SYMLINK_NOFOLLOW);
	C4(utimensat, fd, 0, 0, 0);
	C4(utimensat, AT_FDCWD, text("file"), put((struct timespec[]){ { 1, UTIME_NOW }, { 0, UTIME_NOW } }, 32), 0);
	C2(utime, text("file"), put((long[]){ 1700000000, 1 }, 16));
	C2(utimes, text("file"), put((long[]){ 1700000000, 1, 2, 3 }, 32));
	C3(futimesat, AT_FDCWD, text("file"), 0);

	fresh();
	C3(getdents64, fd, room(1024), 1024);
	int d = open(".", O_RDONLY | O_DIRECTORY);
	C3(getdents64, d, room(1024), 1024);
	C3(getdents64, d, ARENA, 1024);
	lseek(d, 0, SEEK_SET);
	fresh();
	C3(getdents, d, room(1024), 1024);
	C3(getdents, d, room(1024), 1024);
	C3(getdents64, 99, ARENA, 1024);
	close(d);

	C1(dup, fd);
	C2(dup2, fd, 50);
	C3(dup3, fd, 51, O_CLOEXEC);
	C3(dup3, fd, fd, 0);
	C3(close_range, 50, 51, 0);
	C3(close_range, 60, ~0, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC);
	fresh();
	int *fds = room(8);
	C2(pipe2, fds, O_CLOEXEC | O_NONBLOCK);
	int r = fds[0], w = fds[1];
	C3(read, r, room(8), 8);
	C1(pipe, fds);
	C2(pipe2, fds, 0x123);
	C2(pipe2, BAD, 0);
	C3(fcntl, fd, F_GETFD, 0);
	C3(fcntl, fd, F_SETFD, FD_CLOEXEC);
	C3(fcntl, fd, F_SETFD, 0);
	C3(fcntl, fd, F_GETFL, 0);
	C3(fcntl, w, F_GETFL, 0);
	C3(fcntl, r, F_SETFL, O_RDONLY | O_NONBLOCK);
	C3(fcntl, fd, F_SETFL, O_RDWR | O_LARGEFILE);
	C3(fcntl, fd, F_DUPFD, 70);
	C3(fcntl, fd, F_DUPFD_CLOEXEC, 3);
	C3(fcntl, r, F_GETPIPE_SZ, 0);
	C3(fcntl, r, F_SETPIPE_SZ, 65536);
	C3(fcntl, r, F_GETOWN, 0);
	C3(fcntl, r, F_SETOWN, 0);
	C3(fcntl, r, F_SETSIG, SIGIO);
	C3(fcntl, r, F_GETSIG, 0);
	C3(fcntl, fd, F_GET_SEALS, 0);
	C3(fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW);
	C3(fcntl, fd, F_GETLEASE, 0);
	C3(fcntl, fd, F_NOTIFY, 5);
	C3(fcntl, fd, 999, 7);
	C3(fcntl, 99, F_GETFD, 0);
	struct flock *fl = STRUCT(struct flock, { F_WRLCK, SEEK_SET, 10, 20, 0 });
	C3(fcntl, fd, F_SETLK, fl);
	C3(fcntl, fd, F_GETLK, fl);
	C3(fcntl, fd, F_OFD_SETLKW, BAD);
	fl->l_type = F_RDLCK; fl->l_whence = SEEK_END; fl->l_start = -5; fl->l_pid = 0;
	C3(fcntl, fd, F_OFD_SETLK, fl);
	C3(fcntl, fd, F_SETOWN_EX, put((int[]){ 1, 0 }, 8));
	C3(fcntl, fd, F_GETOWN_EX, room(8));
	C2(flock, fd, LOCK_EX | LOCK_NB);
	C2(flock, fd, LOCK_UN);
	C2(flock, fd, 77);
	C1(fsync, fd);
	C1(fdatasync, fd);
	C0(sync);
	C1(syncfs, fd);
	C4(sync_file_range, fd, 0, 10, 3);
	C4(fallocate, fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 10, 20);
	C4(fallocate, fd, 0, 0, 4096);
	C4(fadvise64, fd, 0, 0, POSIX_FADV_WILLNEED);
	C4(fadvise64, fd, 0, 0, 77);
	C3(readahead, fd, 0, 4096);
	fresh();
	long *off = room(8);
	C4(sendfile, w, fd, off, 5);
	C4(sendfile, w, fd, 0, 5);
	C4(sendfile, 99, fd, BAD, 5);
	*off = 0;
	C6(splice, fd, off, w, 0, 3, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	C6(splice, r, 0, fd, off, 3, 0x80);
	C4(tee, r, w, 5, SPLICE_F_NONBLOCK);
	C6(copy_file_range, fd, off, fd, 0, 2, 0);
	C6(copy_file_range, fd, BAD, 99, off, 2, 0);
	C4(vmsplice, w, put(&(struct iovec){ text("vm"), 2 }, 16), 1, SPLICE_F_GIFT);
	C3(read, r, room(64), 64);
	C2(memfd_create, text("Go: memfd"), 1 | 2);
	C2(memfd_create, text("x"), 0x80 | (21 << 26) | 4);

	fresh();
	C3(ioctl, 0, TCGETS, room(60));
	C3(ioctl, 0, TIOCGWINSZ, room(8));
	C3(ioctl, fd, FIONREAD, room(4));
	C3(ioctl, r, FIONREAD, room(4));
	C3(ioctl, r, FIONBIO, put((int[]){ 1 }, 4));
	C3(ioctl, fd, FIOCLEX, 0);
	C3(ioctl, fd, FIONCLEX, 0);
	C3(ioctl, fd, 0x5a5a5a5a, 0x1234);
	C3(ioctl, fd, 0x80045430, room(4));
	C3(ioctl, fd, TIOCGPGRP, room(4));
	C3(ioctl, fd, 0x80086601, room(8));
	C3(ioctl, fd, 0x40049409, 3);
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	C3(ioctl, m, TIOCSPTLCK, put((int[]){ 0 }, 4));
	C3(ioctl, m, TIOCGPTN, room(4));
	C3(ioctl, m, TCGETS, room(60));
	C3(ioctl, m, TCSETS, room(60));
	C3(ioctl, m, TIOCSWINSZ, put((short[]){ 24, 80, 0, 0 }, 8));
	C3(ioctl, m, TIOCGWINSZ, room(8));
	C3(ioctl, m, TIOCGPGRP, room(4));
	C3(ioctl, m, TCFLSH, 0);
	C3(ioctl, m, TIOCSCTTY, 0);
	C3(ioctl, m, TIOCNOTTY, 0);

	fresh();
	struct pollfd *p = put((struct pollfd[]){ { 0 }, { 0 }, { 0 } }, 24);
	p[0].fd = r; p[0].events = POLLIN | POLLPRI; p[1].fd = w; p[1].events = POLLOUT; p[2].fd = -1;
	C3(poll, p, 2, 0);
	C3(poll, p, 3, 10);
	C3(poll, p, 1, 0);
	C3(poll, 0, 0, 1);
	p[0].fd = 99;
	C3(poll, p, 1, -1);
	C3(poll, BAD, 1, 0);
	p[0].fd = r;
	struct timespec *ts = STRUCT(struct timespec, { 0, 1000000 });
	unsigned long *mask = STRUCT(unsigned long, { 1 });
	C5(ppoll, p, 2, ts, mask, 8);
	C5(ppoll, p, 1, ts, 0, 8);
	C5(ppoll, p, 1, 0, mask, 4);
	fresh();
	fd_set *in = room(128), *out = room(128);
	FD_SET(r, in); FD_SET(w, out);
	struct timeval *tv = STRUCT(struct timeval, { 0, 1000 });
	C5(select, w + 1, in, out, 0, tv);
	FD_ZERO(out); FD_SET(r, in);
	C5(select, r + 1, in, 0, 0, tv);
	C5(select, 0, 0, 0, 0, tv);
	C5(select, -1, in, out, BAD, tv);
	FD_SET(99, in);
	C5(select, 100, in, 0, 0, 0);
	FD_ZERO(in); FD_SET(w, out);
	struct timespec *pts = STRUCT(struct timespec, { 0, 1000000 });
	unsigned long *pm = put((unsigned long[]){ 3 }, 8);
	C6(pselect6, w + 1, in, out, 0, pts, put((unsigned long[]){ L(pm), 8 }, 16));
	FD_ZERO(out);
	C6(pselect6, w + 1, in, 0, 0, pts, 0);

	fresh();
	int ep = C1(epoll_create1, EPOLL_CLOEXEC);
	C1(epoll_create, 5);
	C1(epoll_create1, 7);
	struct epoll_event *ee = STRUCT(struct epoll_event, { EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .u64 = 0x12345678 } });
	C4(epoll_ctl, ep, EPOLL_CTL_ADD, w, ee);
	ee->data.u64 = 0x7f0012345678;
	C4(epoll_ctl, ep, EPOLL_CTL_MOD, w, ee);
	C4(epoll_ctl, ep, EPOLL_CTL_ADD, fd, ee);
	C4(epoll_ctl, ep, 9, 99, BAD);
	struct epoll_event *ev = room(12 * 8);
	C4(epoll_wait, ep, ev, 8, 0);
	C4(epoll_wait, ep, ev, 8, 0);
	C6(epoll_pwait, ep, ev, 128, 0, 0, 0);
	C4(epoll_wait, ep, ev, 0, 0);
	C4(epoll_ctl, ep, EPOLL_CTL_DEL, w, 0);
	C6(epoll_pwait, ep, ev, 1, 1, mask, 8);
	C6(epoll_pwait2, ep, ev, 1, put((long[]){ 0, 1000 }, 16), 0, 8);
	C2(eventfd2, 3, EFD_CLOEXEC | EFD_NONBLOCK);
	C2(eventfd2, 3, EFD_SEMAPHORE | 0x40);
	C1(eventfd, 1);
	unsigned long *sm = STRUCT(unsigned long, { 1 << (SIGUSR1 - 1) });
	C4(signalfd4, -1, sm, 8, SFD_CLOEXEC);
	C3(signalfd, -1, sm, 8);
	C2(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int tfd = timerfd_create(CLOCK_REALTIME, 0);
	struct itimerspec *its = STRUCT(struct itimerspec, { { 1, 2 }, { 100, 4 } });
	C4(timerfd_settime, tfd, 0, its, 0);
	C4(timerfd_settime, tfd, TFD_TIMER_ABSTIME, its, room(32));
	C2(timerfd_gettime, tfd, room(32));
	int ino = C1(inotify_init1, IN_CLOEXEC | IN_NONBLOCK);
	C0(inotify_init);
	C3(inotify_add_watch, ino, text("."), IN_CREATE | IN_MODIFY | IN_ALL_EVENTS | IN_ONLYDIR);
	C2(inotify_rm_watch, ino, 1);
	C2(inotify_rm_watch, ino, 7);

	fresh();
	C5(setxattr, text("file"), text("user.test"), text("value"), 5, XATTR_CREATE);
	C4(getxattr, text("file"), text("user.test"), room(32), 32);
	C4(getxattr, text("file"), text("user.test"), 0, 0);
	C4(getxattr, text("file"), text("user.nope"), room(32), 32);
	C4(fgetxattr, fd, text("user.test"), room(32), 32);
	C3(listxattr, text("file"), room(64), 64);
	C3(flistxattr, fd, room(64), 64);
	C2(removexattr, text("file"), text("user.test"));
	C5(fsetxattr, fd, text("user.t"), BAD, 5, 8);
	struct { unsigned bytes; int type; char h[16]; } *fh = room(64);
	fh->bytes = 16;
	C5(name_to_handle_at, AT_FDCWD, text("file"), fh, room(4), 0);
	C5(name_to_handle_at, AT_FDCWD, text("nofile"), BAD, room(4), AT_EMPTY_PATH);
	C3(mount, 0, text("/nonexistent"), 0);
	C5(mount, text("none"), text("/nonexistent"), text("tmpfs"), MS_NOSUID | MS_NODEV, text("size=1m"));
	C2(umount2, text("/nonexistent"), 2);
	C2(pivot_root, text("/nonexistent"), text("/x"));
	C1(chroot, text("/nonexistent"));
	C2(swapon, text("/nonexistent"), 0x8001);
	C1(swapoff, text("/nonexistent"));
	C1(acct, text("/nonexistent/x"));
	end();
}
