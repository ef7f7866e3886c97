/* Sockets on the loopback: results, errnos, readiness, ancillary data. Ports and pids are not printed. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipes;
static void on_pipe(int s) { pipes++; }
#define SHOW(what, call) do { errno = 0; long r_ = (call); \
	printf("%s: %ld %s\n", what, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)
/* A descriptor: only whether there is one. */
#define OPENS(what, call) do { errno = 0; int r_ = (call); \
	printf("%s: %s\n", what, r_ < 0 ? strerrorname_np(errno) : "fd"); if (r_ >= 0) close(r_); } while (0)

static const char *bits(int e)
{
	static char b[80];
	b[0] = 0;
	if (e & POLLIN) strcat(b, " IN");
	if (e & POLLOUT) strcat(b, " OUT");
	if (e & POLLERR) strcat(b, " ERR");
	if (e & POLLHUP) strcat(b, " HUP");
	if (e & POLLRDHUP) strcat(b, " RDHUP");
	return b;
}
static void polled(const char *what, int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
	int n = poll(&p, 1, 0);
	printf("poll %s: %d%s\n", what, n, bits(p.revents));
}
static struct sockaddr_in in(const char *ip, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}
static int soerror(int fd)
{
	int e = -1;
	socklen_t l = sizeof e;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &l);
	return e;
}
static int listener(int backlog, struct sockaddr_in *a)
{
	int l = socket(AF_INET, SOCK_STREAM, 0);
	*a = in("127.0.0.1", 0);
	bind(l, (void *)a, sizeof *a);
	listen(l, backlog);
	socklen_t n = sizeof *a;
	getsockname(l, (void *)a, &n);
	return l;
}
static void pair(int *client, int *server)
{
	struct sockaddr_in a;
	int l = listener(8, &a);
	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(*client, (void *)&a, sizeof a)) perror("connect");
	*server = accept(l, 0, 0);
	close(l);
}

static void making(void)
{
	OPENS("socket unix stream", socket(AF_UNIX, SOCK_STREAM, 0));
	OPENS("socket unix protocol 5", socket(AF_UNIX, SOCK_STREAM, 5));
	OPENS("socket unix rdm", socket(AF_UNIX, SOCK_RDM, 0));
	OPENS("socket inet raw", socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
	OPENS("socket inet seqpacket", socket(AF_INET, SOCK_SEQPACKET, 0));
	OPENS("socket inet stream udp", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	OPENS("socket inet dgram tcp", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	OPENS("socket family 100", socket(100, SOCK_STREAM, 0));
	OPENS("socket family -1", socket(-1, SOCK_STREAM, 0));
	OPENS("socket type 0", socket(AF_INET, 0, 0));
	OPENS("socket type 11", socket(AF_INET, 11, 0));
	OPENS("socket flags", socket(AF_INET, SOCK_STREAM | 0x10000, 0));
	int v[2];
	SHOW("socketpair inet", socketpair(AF_INET, SOCK_STREAM, 0, v));
	SHOW("socketpair bad address", socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)8));
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	printf("flags %o %d\n", fcntl(s, F_GETFL), fcntl(s, F_GETFD));
	struct stat st;
	fstat(s, &st);
	printf("stat mode %o size %ld\n", st.st_mode, (long)st.st_size);
	SHOW("lseek", lseek(s, 0, SEEK_SET));
	SHOW("pread", pread(s, v, 1, 0));
	SHOW("ftruncate", ftruncate(s, 0));
	polled("fresh tcp", s);
	SHOW("read fresh tcp", read(s, v, 1));
	SHOW("accept fresh", accept(s, 0, 0));
	SHOW("shutdown fresh", shutdown(s, SHUT_RDWR));
	pipes = 0;
	SHOW("write fresh tcp", write(s, "x", 1));
	printf("sigpipe %d\n", pipes);
	SHOW("send fresh nosignal", send(s, "x", 1, MSG_NOSIGNAL));
	printf("sigpipe %d\n", pipes);
	close(s);
	SHOW("bind not a socket", bind(1, (void *)v, 8));
	SHOW("bind bad fd", bind(99, (void *)v, 8));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	polled("fresh udp", s);
	SHOW("write fresh udp", write(s, "x", 1));
	SHOW("listen udp", listen(s, 1));
	SHOW("accept udp", accept(s, 0, 0));
	SHOW("shutdown udp", shutdown(s, SHUT_RDWR));
	SHOW("recv dontwait", recv(s, v, 1, MSG_DONTWAIT));
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	polled("fresh unix", s);
	SHOW("read fresh unix", read(s, v, 1));
	SHOW("write fresh unix", write(s, "x", 1));
	SHOW("listen unbound unix", listen(s, 1));
	SHOW("shutdown unix", shutdown(s, SHUT_RD));
	SHOW("shutdown how", shutdown(s, 7));
	close(s);
}

static void binding(void)
{
	struct sockaddr_in a = in("127.0.0.1", 0), b;
	socklen_t n = sizeof b;
	int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
	SHOW("bind short", bind(s, (void *)&a, 8));
	SHOW("bind negative", bind(s, (void *)&a, -1));
	SHOW("bind long", bind(s, (void *)&a, 200));
	SHOW("bind fault", bind(s, (void *)8, 16));
	a.sin_family = AF_INET6;
	SHOW("bind family", bind(s, (void *)&a, sizeof a));
	a = in("10.1.2.3", 0);
	SHOW("bind elsewhere", bind(s, (void *)&a, sizeof a));
	a = in("127.0.0.1", 80);
	SHOW("bind 80", bind(s, (void *)&a, sizeof a));
	a = in("127.0.0.1", 0);
	SHOW("bind", bind(s, (void *)&a, sizeof a));
	SHOW("bind again", bind(s, (void *)&a, sizeof a));
	getsockname(s, (void *)&b, &n);
	printf("name %d %s %d\n", n, inet_ntoa(b.sin_addr), ntohs(b.sin_port) >= 1024);
	SHOW("bind taken", bind(t, (void *)&b, sizeof b));
	int one = 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	SHOW("bind taken, both reuse", bind(t, (void *)&b, sizeof b));
	SHOW("listen", listen(s, 5));
	SHOW("listen second", listen(t, 5));
	struct sockaddr_in any = in("0.0.0.0", ntohs(b.sin_port));
	int u = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(u, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	SHOW("bind any while one listens", bind(u, (void *)&any, sizeof any));
	struct sockaddr_in other = in("127.0.0.2", ntohs(b.sin_port));
	SHOW("bind other loopback", bind(u, (void *)&other, sizeof other));
	int six = socket(AF_INET6, SOCK_STREAM, 0);
	if (six >= 0) {
		struct sockaddr_in6 z = {.sin6_family = AF_INET6, .sin6_port = b.sin_port};
		SHOW("bind :: beside", bind(six, (void *)&z, sizeof z));
		setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &one, 4);
		SHOW("bind :: v6only", bind(six, (void *)&z, sizeof z));
		SHOW("v6only when bound", setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &one, 4));
		close(six);
	}
	n = 4;
	char buf[4];
	getsockname(s, (void *)buf, &n);
	printf("cut name length %d\n", n);
	n = -1;
	SHOW("negative name length", getsockname(s, (void *)buf, &n));
	SHOW("getpeername unconnected", getpeername(s, (void *)&b, &n));
	close(s), close(t), close(u);
}

static void connecting(void)
{
	struct sockaddr_in a, b;
	char buf[64];
	int l = listener(1, &a);
	polled("listener", l);
	SHOW("read listener", read(l, buf, 1));
	SHOW("connect listener", connect(l, (void *)&a, sizeof a));
	int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW("connect nonblocking", connect(c, (void *)&a, sizeof a));
	polled("connected", c);
	printf("so_error %d\n", soerror(c));
	SHOW("connect again", connect(c, (void *)&a, sizeof a));
	SHOW("connect thrice", connect(c, (void *)&a, sizeof a));
	polled("listener with one", l);
	socklen_t n = sizeof b;
	int s = accept4(l, (void *)&b, &n, SOCK_NONBLOCK);
	printf("accepted %d, %d, flags %o\n", s >= 0, n, fcntl(s, F_GETFL));
	SHOW("accept none", (fcntl(l, F_SETFL, O_NONBLOCK), accept(l, 0, 0)));
	SHOW("read nothing", read(s, buf, 1));
	SHOW("write", write(c, "hello", 5));
	int waiting = -1;
	ioctl(s, FIONREAD, &waiting);
	printf("fionread %d\n", waiting);
	polled("with data", s);
	SHOW("peek", recv(s, buf, 3, MSG_PEEK));
	SHOW("read", read(s, buf, 3));
	SHOW("trunc", recv(s, buf, 64, MSG_TRUNC));
	SHOW("send to with a name", sendto(c, "x", 1, 0, (void *)&a, sizeof a));
	n = 99;
	SHOW("recvfrom", recvfrom(s, buf, 64, 0, (void *)&b, &n));
	printf("tcp has no sender: %d\n", n);
	SHOW("shutdown write", shutdown(c, SHUT_WR));
	polled("after fin", s);
	polled("who sent it", c);
	SHOW("read end", read(s, buf, 1));
	pipes = 0;
	SHOW("write after shutdown", write(c, "x", 1));
	printf("sigpipe %d\n", pipes);
	SHOW("other way", write(s, "back", 4));
	SHOW("read back", read(c, buf, 64));
	close(s);
	polled("both ended", c);
	SHOW("read both ended", read(c, buf, 1));
	n = sizeof b;
	SHOW("getpeername ended", getpeername(c, (void *)&b, &n));
	close(c);

	struct sockaddr_in gone = a;
	close(l);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW("connect refused", connect(c, (void *)&gone, sizeof gone));
	SHOW("connect refused again", connect(c, (void *)&gone, sizeof gone));
	fcntl(c, F_SETFL, O_NONBLOCK);
	SHOW("connect refused nonblocking", connect(c, (void *)&gone, sizeof gone));
	polled("refused", c);
	printf("so_error %d\n", soerror(c));
	printf("so_error %d\n", soerror(c));
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in zero = {0};
	SHOW("connect unspec", connect(c, (void *)&zero, sizeof zero));
	SHOW("connect short", connect(c, (void *)&gone, 1));
	close(c);
}

static void resets(void)
{
	int c, s;
	char buf[64];
	pair(&c, &s);
	write(c, "unread", 6);
	write(s, "kept", 4);
	close(s);
	polled("reset", c);
	printf("so_error %d\n", soerror(c));
	SHOW("read what came before", read(c, buf, 64));
	SHOW("read after reset", read(c, buf, 64));
	close(c);

	pair(&c, &s);
	write(c, "unread", 6);
	close(s);
	SHOW("read reset", read(c, buf, 64));
	SHOW("read again", read(c, buf, 64));
	pipes = 0;
	SHOW("write", write(c, "x", 1));
	printf("sigpipe %d\n", pipes);
	close(c);

	pair(&c, &s);
	close(s);
	polled("closed", c);
	pipes = 0;
	SHOW("first write", write(c, "x", 1));
	SHOW("second write", write(c, "x", 1));
	printf("sigpipe %d\n", pipes);
	close(c);

	pair(&c, &s);
	struct linger l = {1, 0};
	setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	close(s);
	SHOW("lingered", read(c, buf, 64));
	close(c);

	struct sockaddr_in a;
	int li = listener(4, &a);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect(c, (void *)&a, sizeof a);
	close(li);
	SHOW("listener gone", read(c, buf, 1));
	close(c);
}

static void options(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), v;
	static const struct { int level, name; const char *what; } list[] = {
		{SOL_SOCKET, SO_TYPE, "type"}, {SOL_SOCKET, SO_DOMAIN, "domain"}, {SOL_SOCKET, SO_PROTOCOL, "protocol"},
		{SOL_SOCKET, SO_ACCEPTCONN, "acceptconn"}, {SOL_SOCKET, SO_REUSEADDR, "reuseaddr"},
		{SOL_SOCKET, SO_KEEPALIVE, "keepalive"}, {SOL_SOCKET, SO_RCVLOWAT, "rcvlowat"},
		{SOL_SOCKET, SO_SNDLOWAT, "sndlowat"}, {SOL_SOCKET, SO_OOBINLINE, "oobinline"},
		{IPPROTO_TCP, TCP_NODELAY, "nodelay"}, {IPPROTO_TCP, TCP_KEEPIDLE, "keepidle"},
		{IPPROTO_TCP, TCP_KEEPINTVL, "keepintvl"}, {IPPROTO_TCP, TCP_KEEPCNT, "keepcnt"},
		{IPPROTO_IP, IP_TTL, "ttl"}, {IPPROTO_IP, IP_TOS, "tos"}, {IPPROTO_IP, IP_MULTICAST_TTL, "mcast ttl"},
		{IPPROTO_IP, IP_MULTICAST_LOOP, "mcast loop"}, {SOL_SOCKET, 999, "unknown"}, {IPPROTO_IP, 999, "unknown ip"},
		{999, 1, "unknown level"}, {IPPROTO_IPV6, IPV6_V6ONLY, "v6only of inet"},
	};
	for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
		socklen_t n = 4;
		v = 0;
		errno = 0;
		int r = getsockopt(s, list[i].level, list[i].name, &v, &n);
		printf("get %s: %d %d %d %s\n", list[i].what, r, v, n, r ? strerrorname_np(errno) : "");
	}
	v = 7;
	socklen_t n = 1;
	SHOW("set nodelay", setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, 4));
	v = 0x01010101;
	getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, &n);
	printf("one byte %x %d\n", v, n);
	v = 1;
	SHOW("set short", setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, 2));
	SHOW("set negative", setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, -1));
	SHOW("set type", setsockopt(s, SOL_SOCKET, SO_TYPE, &v, 4));
	SHOW("set keepidle 0", (v = 0, setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, 4)));
	SHOW("set ttl 0", setsockopt(s, IPPROTO_IP, IP_TTL, &v, 4));
	SHOW("set ttl 300", (v = 300, setsockopt(s, IPPROTO_IP, IP_TTL, &v, 4)));
	SHOW("set rcvbuf", (v = 10000, setsockopt(s, SOL_SOCKET, SO_RCVBUF, &v, 4)));
	n = 4;
	getsockopt(s, SOL_SOCKET, SO_RCVBUF, &v, &n);
	printf("rcvbuf %d\n", v);
	v = 1;
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, 4);
	getsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, &n);
	printf("sndbuf %d\n", v);
	struct timeval tv = {1, 1000000};
	SHOW("timeout out of range", setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	struct linger l = {5, 9};
	setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	n = sizeof l;
	getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &n);
	printf("linger %d %d\n", l.l_onoff, l.l_linger);
	v = 1;
	SHOW("set unknown level", setsockopt(s, 999, 1, &v, 4));
	SHOW("set unknown", setsockopt(s, SOL_SOCKET, 999, &v, 4));
	SHOW("set v6only of inet", setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v, 4));
	SHOW("get bad address", getsockopt(s, SOL_SOCKET, SO_TYPE, (void *)8, &n));
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW("unix nodelay", setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, 4));
	close(s);
	int p[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	struct ucred u;
	n = sizeof u;
	getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &u, &n);
	printf("peercred %d %d %d\n", u.pid == getpid(), u.uid == getuid(), u.gid == getgid());
	tv = (struct timeval){0, 10000};
	setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	SHOW("read with timeout", read(p[0], &v, 4));
	SHOW("recv with timeout", recv(p[0], &v, 4, 0));
	close(p[0]), close(p[1]);
}

static void datagrams(void)
{
	char buf[64];
	struct sockaddr_in a = in("127.0.0.1", 0), b;
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0), v = 1;
	socklen_t four = 4;
	SHOW("udp unknown level", getsockopt(s, 999, 1, &v, &four));
	SHOW("udp set unknown level", setsockopt(s, 999, 1, &v, 4));
	SHOW("udp nodelay", setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, 4));
	SHOW("udp get nodelay", getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, &four));
	bind(s, (void *)&a, n);
	getsockname(s, (void *)&a, &n);
	SHOW("sendto", sendto(c, "datagram", 8, 0, (void *)&a, sizeof a));
	SHOW("sendto empty", sendto(c, "", 0, 0, (void *)&a, sizeof a));
	n = sizeof b;
	SHOW("recvfrom cut", recvfrom(s, buf, 4, 0, (void *)&b, &n));
	printf("from %s %d\n", inet_ntoa(b.sin_addr), n);
	SHOW("recv empty", recv(s, buf, 64, 0));
	SHOW("reply", sendto(s, "answer", 6, 0, (void *)&b, sizeof b));
	SHOW("recv trunc", recv(c, buf, 2, MSG_TRUNC));
	SHOW("recv none", recv(c, buf, 2, MSG_DONTWAIT));
	SHOW("connect", connect(c, (void *)&a, sizeof a));
	n = sizeof b;
	getsockname(c, (void *)&b, &n);
	printf("local %s\n", inet_ntoa(b.sin_addr));
	SHOW("send", send(c, "x", 1, 0));
	SHOW("recv", recv(s, buf, 64, 0));
	static char big[70000];
	SHOW("too long", send(c, big, 65508, 0));
	SHOW("longest", send(c, big, 65507, 0));
	SHOW("port 0", (b = in("127.0.0.1", 0), sendto(s, "x", 1, 0, (void *)&b, sizeof b)));
	close(s);
	SHOW("to a closed port", send(c, "x", 1, 0));
	polled("unreachable", c);
	SHOW("next", recv(c, buf, 64, MSG_DONTWAIT));
	SHOW("after", recv(c, buf, 64, MSG_DONTWAIT));
	SHOW("again", send(c, "x", 1, 0));
	SHOW("send sees it", send(c, "x", 1, 0));
	SHOW("shutdown", shutdown(c, SHUT_WR));
	printf("so_error %d\n", soerror(c));
	SHOW("send after shutdown", send(c, "x", 1, 0));
	struct sockaddr_in zero = {0};
	SHOW("disconnect", connect(c, (void *)&zero, sizeof zero));
	n = sizeof b;
	SHOW("getpeername", getpeername(c, (void *)&b, &n));
	close(c);
}

static void unix_sockets(void)
{
	char buf[256];
	int p[2];
	struct sockaddr_un u = {.sun_family = AF_UNIX}, v;
	socklen_t n;
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	write(p[0], "abc", 3);
	write(p[0], "def", 3);
	SHOW("stream joins", read(p[1], buf, 64));
	n = sizeof v;
	getsockname(p[0], (void *)&v, &n);
	printf("unnamed %d\n", n);
	polled("pair", p[0]);
	shutdown(p[0], SHUT_WR);
	polled("shut", p[0]);
	polled("its peer", p[1]);
	SHOW("read end", read(p[1], buf, 1));
	close(p[0]);
	polled("closed peer", p[1]);
	pipes = 0;
	SHOW("write closed", write(p[1], "x", 1));
	printf("sigpipe %d\n", pipes);
	close(p[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	write(p[1], "unread", 6);
	close(p[0]);
	SHOW("reset", read(p[1], buf, 1));
	SHOW("then end", read(p[1], buf, 1));
	n = sizeof v;
	SHOW("getpeername", getpeername(p[1], (void *)&v, &n));
	close(p[1]);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
	write(p[0], "first", 5);
	write(p[0], "second", 6);
	struct iovec io = {buf, 3};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	SHOW("seqpacket", recvmsg(p[1], &m, 0));
	printf("flags %x\n", m.msg_flags);
	SHOW("seqpacket whole", read(p[1], buf, 64));
	close(p[0]);
	SHOW("seqpacket end", read(p[1], buf, 64));
	pipes = 0;
	SHOW("seqpacket write", write(p[1], "x", 1));
	printf("sigpipe %d\n", pipes);
	close(p[1]);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	int count = 0;
	while (write(p[0], "x", 1) == 1) count++;
	printf("dgram pair holds %d %s\n", count, strerrorname_np(errno));
	polled("full", p[0]);
	close(p[1]);
	SHOW("dgram closed", write(p[0], "x", 1));
	SHOW("dgram closed again", write(p[0], "x", 1));
	close(p[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	for (count = 0; write(p[0], "x", 1) == 1; count++);
	printf("stream pair holds %d single bytes\n", count);
	close(p[0]), close(p[1]);

	strcpy(u.sun_path, "sock");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW("connect missing", connect(c, (void *)&u, sizeof u));
	SHOW("bind", bind(l, (void *)&u, sizeof u));
	SHOW("bind twice", bind(l, (void *)&u, sizeof u));
	int l2 = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW("bind taken", bind(l2, (void *)&u, sizeof u));
	SHOW("connect not listening", connect(c, (void *)&u, sizeof u));
	struct stat st;
	stat("sock", &st);
	printf("mode %o\n", st.st_mode & ~022);
	SHOW("open", open("sock", O_RDWR));
	SHOW("listen", listen(l, 0));
	SHOW("connect", connect(c, (void *)&u, sizeof u));
	int d = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW("backlog full", connect(d, (void *)&u, sizeof u));
	close(d);
	d = socket(AF_UNIX, SOCK_DGRAM, 0);
	SHOW("wrong type", connect(d, (void *)&u, sizeof u));
	close(d);
	n = sizeof v;
	int s = accept(l, (void *)&v, &n);
	printf("accepted, peer name %d\n", n);
	SHOW("connect connected", connect(c, (void *)&u, sizeof u));
	n = sizeof v;
	getsockname(s, (void *)&v, &n);
	printf("own name %d %s\n", n, v.sun_path);
	n = sizeof v;
	getpeername(c, (void *)&v, &n);
	printf("peer name %d %s\n", n, v.sun_path);
	SHOW("sendto on a connection", sendto(c, "x", 1, 0, (void *)&u, sizeof u));
	close(l), close(l2), close(c), close(s);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW("connect closed", connect(c, (void *)&u, sizeof u));
	unlink("sock");
	u.sun_path[0] = 0;
	strcpy(u.sun_path + 1, "abstract");
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW("bind abstract", bind(l, (void *)&u, 2 + 9));
	n = sizeof v;
	getsockname(l, (void *)&v, &n);
	printf("abstract %d %s\n", n, v.sun_path + 1);
	listen(l, 3);
	SHOW("connect abstract", connect(c, (void *)&u, 2 + 9));
	SHOW("connect abstract other length", connect(c, (void *)&u, 2 + 10));
	close(l), close(c);
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	SHOW("autobind", bind(c, (void *)&u, 2));
	n = sizeof v;
	getsockname(c, (void *)&v, &n);
	printf("autobound %d\n", n);
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	for (count = 0; sendto(s, "x", 1, 0, (void *)&v, n) == 1; count++);
	printf("dgram queue %d %s\n", count, strerrorname_np(errno));
	close(c), close(s);
}

static void ancillary(void)
{
	int p[2], q[2];
	char buf[64], control[256];
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	pipe(q);
	struct iovec io = {"ab", 2};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(8)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(8);
	memcpy(CMSG_DATA(h), q, 8);
	write(p[0], "before", 6);
	SHOW("sendmsg rights", sendmsg(p[0], &m, 0));
	write(p[0], "after", 5);
	close(q[0]), close(q[1]);
	io = (struct iovec){buf, 64};
	memset(control, 0, sizeof control);
	m.msg_controllen = sizeof control;
	SHOW("recvmsg rights", recvmsg(p[1], &m, MSG_CMSG_CLOEXEC));
	printf("control %zu flags %x len %zu level %d type %d\n", (size_t)m.msg_controllen, m.msg_flags, (size_t)h->cmsg_len, h->cmsg_level, h->cmsg_type);
	memcpy(q, CMSG_DATA(h), 8);
	printf("cloexec %d\n", fcntl(q[0], F_GETFD));
	write(q[1], "through", 7);
	SHOW("read through", read(q[0], buf, 64));
	SHOW("read rest", read(p[1], buf, 64));
	/* cut */
	m.msg_controllen = CMSG_SPACE(8);
	h->cmsg_len = CMSG_LEN(8);
	memcpy(CMSG_DATA(h), q, 8);
	io = (struct iovec){"x", 1};
	sendmsg(p[0], &m, 0);
	m.msg_controllen = CMSG_LEN(4);
	io = (struct iovec){buf, 64};
	SHOW("recvmsg cut", recvmsg(p[1], &m, 0));
	printf("control %zu flags %x len %zu\n", (size_t)m.msg_controllen, m.msg_flags, (size_t)h->cmsg_len);
	close(*(int *)CMSG_DATA(h));
	/* bad */
	m.msg_controllen = CMSG_SPACE(4);
	h->cmsg_len = CMSG_LEN(4);
	*(int *)CMSG_DATA(h) = 77;
	io = (struct iovec){"x", 1};
	SHOW("sendmsg bad fd", sendmsg(p[0], &m, 0));
	h->cmsg_len = 4;
	SHOW("sendmsg short cmsg", sendmsg(p[0], &m, 0));
	h->cmsg_len = CMSG_LEN(4);
	h->cmsg_type = 99;
	SHOW("sendmsg unknown", sendmsg(p[0], &m, 0));
	/* credentials */
	int one = 1;
	setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &one, 4);
	write(p[0], "c", 1);
	io = (struct iovec){buf, 64};
	m.msg_controllen = sizeof control;
	SHOW("recvmsg credentials", recvmsg(p[1], &m, 0));
	struct ucred *u = (void *)CMSG_DATA(h);
	printf("type %d pid %d uid %d\n", h->cmsg_type, u->pid == getpid(), u->uid == getuid());
	m.msg_controllen = CMSG_SPACE(sizeof *u);
	h->cmsg_len = CMSG_LEN(sizeof *u);
	u->uid = getuid() + 1;
	io = (struct iovec){"x", 1};
	SHOW("forged", sendmsg(p[0], &m, 0));
	close(p[0]), close(p[1]);
	struct sockaddr_in a = in("127.0.0.1", 0);
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	bind(s, (void *)&a, n);
	getsockname(s, (void *)&a, &n);
	setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, 4);
	sendto(s, "self", 4, 0, (void *)&a, n);
	m.msg_controllen = sizeof control;
	io = (struct iovec){buf, 64};
	SHOW("recvmsg pktinfo", recvmsg(s, &m, 0));
	struct in_pktinfo *pi = (void *)CMSG_DATA(h);
	printf("level %d type %d if %d %s\n", h->cmsg_level, h->cmsg_type, pi->ipi_ifindex, inet_ntoa(pi->ipi_addr));
	struct mmsghdr mm[3] = {0};
	struct iovec ios[3] = {{"one", 3}, {"three", 5}, {"x", 1}};
	for (int i = 0; i < 3; i++) mm[i].msg_hdr = (struct msghdr){&a, n, &ios[i], 1};
	SHOW("sendmmsg", sendmmsg(s, mm, 3, 0));
	printf("lengths %d %d %d\n", mm[0].msg_len, mm[1].msg_len, mm[2].msg_len);
	char bufs[4][8];
	struct mmsghdr r[4] = {0};
	struct iovec rio[4];
	for (int i = 0; i < 4; i++) rio[i] = (struct iovec){bufs[i], 8}, r[i].msg_hdr = (struct msghdr){0, 0, &rio[i], 1};
	SHOW("recvmmsg", recvmmsg(s, r, 4, MSG_WAITFORONE, 0));
	printf("lengths %d %d %d\n", r[0].msg_len, r[1].msg_len, r[2].msg_len);
	close(s);
}

static void waiting(void)
{
	struct sockaddr_in a;
	int l = listener(4, &a);
	char buf[64];
	if (fork() == 0) {
		int c = socket(AF_INET, SOCK_STREAM, 0);
		connect(c, (void *)&a, sizeof a);
		usleep(1000);
		write(c, "one", 3);
		usleep(1000);
		write(c, "two", 3);
		int status = read(c, buf, 64);
		_exit(status);
	}
	int s = accept(l, 0, 0);
	SHOW("recv waitall", recv(s, buf, 6, MSG_WAITALL));
	write(s, "answer", 6);
	int status;
	wait(&status);
	printf("child %d\n", WEXITSTATUS(status));
	close(s), close(l);
	int c;
	pair(&c, &s);
	int e = epoll_create1(0);
	struct epoll_event ev = {EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {.fd = s}}, out[4];
	epoll_ctl(e, EPOLL_CTL_ADD, s, &ev);
	for (int i = 0; i < 6; i++) {
		int n = epoll_wait(e, out, 4, 0);
		printf("edge %d: %d%s\n", i, n, n > 0 ? bits(out[0].events) : "");
		if (i == 1) write(c, "x", 1);
		if (i == 2) write(c, "y", 1);
		if (i == 3) shutdown(c, SHUT_WR);
	}
	static char big[1 << 20];
	fcntl(s, F_SETFL, O_NONBLOCK);
	long total = 0, r;
	while ((r = write(s, big, sizeof big)) > 0) total += r;
	printf("fills: %d %s\n", total > 100000, strerrorname_np(errno));
	polled("filled", s);
	while (total > 0 && (r = read(c, big, sizeof big)) > 0) total -= r;
	printf("drained %ld\n", total);
	polled("drained", s);
	close(s), close(c), close(e);
}

/* What reads no control data closes the descriptors that came with the bytes. */
static void spliced_rights(int type)
{
	int p[2], q[2], r[2];
	char buf[16], control[CMSG_SPACE(4)];
	socketpair(AF_UNIX, type, 0, p);
	pipe(q), pipe(r);
	struct iovec io = {"ab", 2};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(4);
	memcpy(CMSG_DATA(h), &q[1], 4);
	SHOW("sendmsg", sendmsg(p[0], &m, 0));
	close(q[1]);
	fcntl(q[0], F_SETFL, O_NONBLOCK);
	SHOW("on its way", read(q[0], buf, 1));
	if (type == SOCK_STREAM) SHOW("splice", splice(p[1], 0, r[1], 0, 16, 0));
	else SHOW("read", read(p[1], buf, 16));
	SHOW("closed", read(q[0], buf, 1));
	close(q[0]), close(p[0]), close(p[1]), close(r[0]), close(r[1]);
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	signal(SIGPIPE, on_pipe);
	unlink("sock");
	making();
	binding();
	connecting();
	resets();
	options();
	datagrams();
	unix_sockets();
	ancillary();
	waiting();
	spliced_rights(SOCK_STREAM);
	spliced_rights(SOCK_DGRAM);
	return 0;
}
