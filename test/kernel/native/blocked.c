/* Every call of sockets and their like that waits: each is met while it does, by a second process that is late. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char big[400000], buf[400000];
/* A nap, and some work: so that the others are seen waiting. */
static void late(void) { usleep(500); for (volatile int i = 0; i < 3000; i++); }
static void done(const char *what, long n) { printf("%s %ld\n", what, n); }
static long drain(int fd)
{
	long total = 0, n;
	while ((n = read(fd, buf, 20000)) > 0) {
		total += n;
		for (volatile int i = 0; i < 500; i++);
	}
	return total;
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	int l = socket(AF_INET, SOCK_STREAM, 0), p[2], s, status;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	bind(l, (void *)&a, n), listen(l, 1), getsockname(l, (void *)&a, &n);
	if (!fork()) {
		int c = socket(AF_INET, SOCK_STREAM, 0);
		late();
		connect(c, (void *)&a, sizeof a);
		late();
		write(c, "abc", 3), late();
		write(c, "def", 3), late();
		shutdown(c, SHUT_WR);
		_exit(drain(c) != sizeof big);
	}
	s = accept(l, 0, 0);
	done("accept", s >= 0);
	done("recv waitall", recv(s, buf, 6, MSG_WAITALL));
	done("recv end", recv(s, buf, 1, 0));
	done("send", send(s, big, sizeof big, 0));
	close(s), wait(&status), close(l);
	done("client", status);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	if (!fork()) {
		close(p[0]);
		late();
		_exit(drain(p[1]) != 2 * sizeof big);
	}
	close(p[1]);
	done("unix write", write(p[0], big, sizeof big));
	int f = open("blocked.bin", O_RDWR | O_CREAT | O_TRUNC, 0600);
	write(f, big, sizeof big), lseek(f, 0, SEEK_SET);
	long sent = 0, k;
	while (sent < sizeof big && (k = sendfile(p[0], f, 0, sizeof big - sent)) > 0) sent += k;
	done("sendfile", sent);
	close(p[0]), close(f), unlink("blocked.bin"), wait(&status);
	done("reader", status);

	struct sockaddr_un u = {.sun_family = AF_UNIX, .sun_path = "blocked.sock"};
	unlink(u.sun_path);
	int d = socket(AF_UNIX, SOCK_DGRAM, 0), e = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(d, (void *)&u, sizeof u);
	if (!fork()) {
		late();
		int count = 0;
		struct mmsghdr m[4];
		struct iovec v = {buf, 64};
		for (int i = 0; i < 4; i++) m[i].msg_hdr = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1};
		while (count < 40) count += recvmmsg(d, m, 4, 0, 0);
		_exit(count != 40);
	}
	for (k = 0; k < 38; k++) sendto(e, "message", 7, 0, (void *)&u, sizeof u);
	late();
	for (; k < 40; k++) sendto(e, "message", 7, 0, (void *)&u, sizeof u);
	wait(&status);
	done("datagrams", status);
	close(d), close(e), unlink(u.sun_path);

	l = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&u, sizeof u), listen(l, 0);
	if (!fork()) {
		late(), late();
		for (int i = 0; i < 2; i++) close(accept(l, 0, 0));
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);
		done("connect", connect(c, (void *)&u, sizeof u));
		close(c);
	}
	wait(&status), close(l), unlink(u.sun_path);

	int i = inotify_init1(0);
	mkdir("blocked.dir", 0700);
	inotify_add_watch(i, "blocked.dir", IN_CREATE | IN_DELETE);
	if (!fork()) {
		late();
		mkdir("blocked.dir/x", 0700), late();
		rmdir("blocked.dir/x");
		_exit(0);
	}
	done("inotify", read(i, buf, sizeof buf));
	struct pollfd pf = {i, POLLIN, 0};
	done("poll", poll(&pf, 1, -1));
	done("inotify", read(i, buf, sizeof buf));
	wait(&status), rmdir("blocked.dir");

	volatile int *word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!fork()) {
		late();
		*word = 7;
		syscall(SYS_futex, word, 1, 1, 0, 0, 0);
		_exit(0);
	}
	while (!*word) syscall(SYS_futex, word, 0, 0, 0, 0, 0);
	done("shared word", *word);
	wait(&status);
	struct timeval t = {0, 3000};
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	done("timed out", recv(p[0], buf, 1, 0) < 0 && errno == EAGAIN);
	return 0;
}
