/* inotify: what watchers of files and directories hear, in which order, and what ends a watch. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(what, call) do { errno = 0; long r_ = (call); \
	printf("%s: %ld %s\n", what, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)

static int fd;
static unsigned first;
static void heard(const char *what)
{
	static const char *names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM",
		"MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", 0, "UNMOUNT", "OVERFLOW", "IGNORED"};
	char buf[4096] __attribute__((aligned(8)));
	int waiting = 0;
	ioctl(fd, FIONREAD, &waiting);
	long n = read(fd, buf, sizeof buf);
	printf("%s:", what);
	if (n < 0) printf(" %s", strerrorname_np(errno));
	else if (n != waiting) printf(" %ld of %d bytes", n, waiting);
	for (char *p = buf; p < buf + n;) {
		struct inotify_event *e = (void *)p;
		printf(" [%d", e->wd);
		for (int i = 0; i < 16; i++) if (e->mask & (1 << i)) printf(" %s", names[i]);
		if (e->mask & IN_ISDIR) printf(" dir");
		if (e->cookie && !first) first = e->cookie;
		if (e->cookie) printf(" cookie");
		if (e->len) printf(" %s/%u", e->name, e->len);
		printf("]");
		p += sizeof *e + e->len;
	}
	printf("\n");
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	char buf[64];
	mkdir("watched", 0700);
	mkdir("elsewhere", 0700);
	SHOW("flags", inotify_init1(0x10));
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	SHOW("mask 0", inotify_add_watch(fd, "watched", 0));
	SHOW("missing", inotify_add_watch(fd, "missing", IN_CREATE));
	SHOW("not inotify", inotify_add_watch(1, "watched", IN_CREATE));
	SHOW("fault", inotify_add_watch(fd, (void *)8, IN_CREATE));
	SHOW("remove nothing", inotify_rm_watch(fd, 1));
	SHOW("add", inotify_add_watch(fd, "watched", IN_ALL_EVENTS));
	SHOW("again", inotify_add_watch(fd, "watched", IN_ALL_EVENTS));
	SHOW("create", inotify_add_watch(fd, "watched", IN_ALL_EVENTS | IN_MASK_CREATE));
	heard("nothing");
	int f = open("watched/a", O_RDWR | O_CREAT, 0600);
	heard("created");
	SHOW("only directories", inotify_add_watch(fd, "watched/a", IN_ALL_EVENTS | IN_ONLYDIR));
	SHOW("file", inotify_add_watch(fd, "watched/a", IN_ALL_EVENTS));
	write(f, "one", 3);
	write(f, "two", 3);
	heard("written twice");
	pread(f, buf, 3, 0);
	pread(f, buf, 0, 0);
	heard("read");
	ftruncate(f, 1);
	fchmod(f, 0640);
	heard("truncated, chmod");
	struct timeval tv[2] = {{1, 0}, {2, 0}};
	utimes("watched/a", tv);
	struct timespec ts[2] = {{1, 0}, {0, UTIME_OMIT}};
	utimensat(AT_FDCWD, "watched/a", ts, 0);
	heard("times");
	close(f);
	heard("closed");
	f = open("watched/a", O_RDONLY);
	close(f);
	heard("read only");
	f = open("watched/a", O_WRONLY | O_TRUNC);
	close(f);
	heard("open truncating");
	rename("watched/a", "watched/b");
	heard("renamed");
	rename("watched/b", "elsewhere/b");
	heard("moved away");
	rename("elsewhere/b", "watched/longer-than-sixteen-bytes");
	heard("moved in");
	link("watched/longer-than-sixteen-bytes", "watched/l");
	heard("linked");
	unlink("watched/longer-than-sixteen-bytes");
	heard("unlinked one");
	f = open("watched/l", O_RDONLY);
	unlink("watched/l");
	heard("unlinked open");
	close(f);
	heard("closed last");
	SHOW("gone", inotify_rm_watch(fd, 2));
	mkdir("watched/d", 0700);
	heard("mkdir");
	symlink("x", "watched/s");
	mkfifo("watched/p", 0600);
	heard("symlink, fifo");
	unlink("watched/s"), unlink("watched/p");
	heard("unlinked");
	int w = inotify_add_watch(fd, "watched/d", IN_DELETE_SELF | IN_MOVE_SELF | IN_CREATE);
	printf("next %d\n", w);
	rename("watched/d", "watched/e");
	heard("directory renamed");
	close(open("watched/e/inner", O_CREAT | O_WRONLY, 0600));
	unlink("watched/e/inner");
	heard("inside");
	rmdir("watched/e");
	heard("rmdir");
	f = open("watched/t", O_RDWR | O_CREAT, 0600);
	int g = open("watched/u", O_RDWR | O_CREAT, 0600);
	close(f), close(g);
	read(fd, buf, 0);
	SHOW("short", read(fd, buf, 8));
	heard("two files");
	rename("watched/t", "watched/u");
	heard("replaced");
	w = inotify_add_watch(fd, "watched/u", IN_ATTRIB | IN_ONESHOT);
	chmod("watched/u", 0600);
	chmod("watched/u", 0644);
	heard("once");
	SHOW("less", inotify_add_watch(fd, "watched", IN_DELETE));
	chmod("watched/u", 0600);
	heard("masked");
	SHOW("more", inotify_add_watch(fd, "watched", IN_ATTRIB | IN_MASK_ADD));
	chmod("watched/u", 0644);
	unlink("watched/u");
	heard("added");
	struct pollfd p = {fd, POLLIN, 0};
	SHOW("poll", poll(&p, 1, 0));
	if (fork() == 0) {
		usleep(1000);
		mkdir("watched/late", 0700);
		chmod("watched/late", 0755);
		_exit(0);
	}
	SHOW("poll waits", poll(&p, 1, 2000));
	wait(0);
	heard("from a child");
	SHOW("remove", inotify_rm_watch(fd, 1));
	heard("ignored");
	rmdir("watched/late");
	heard("not watched");
	inotify_add_watch(fd, "watched", IN_CREATE | IN_DELETE);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un at = {AF_UNIX, "watched/socket"};
	SHOW("bind", bind(s, (void *)&at, sizeof at));
	heard("a socket's name");
	close(s), unlink("watched/socket");
	heard("and its end");
	rmdir("watched"), rmdir("elsewhere");
	return 0;
}
