/* /proc/net as netstat reads it: only what this program has made is printed, and no inodes and pointers. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int port(int fd)
{
	struct sockaddr_in6 a;
	socklen_t n = sizeof a;
	getsockname(fd, (void *)&a, &n);
	return ntohs(a.sin6_port);
}
/* The line of a socket, by its inode, with what differs from run to run replaced. */
static void show(const char *file, int fd, int from)
{
	char path[64], line[1024], inode[32];
	struct stat st;
	fstat(fd, &st);
	sprintf(path, "/proc/net/%s", file), sprintf(inode, " %lu ", (long)st.st_ino);
	FILE *f = fopen(path, "r");
	if (!f) { perror(path); return; }
	fgets(line, sizeof line, f);
	printf("%s: header %zu \"%.40s\"\n", file, strlen(line), line);
	while (fgets(line, sizeof line, f)) {
		char *at = strstr(line, inode);
		if (!at) continue;
		char hex[8], local[8];
		sprintf(local, ":%04X", from);
		for (char *p; (p = strstr(line, local)); ) memcpy(p, ":MINE", 5);
		for (char *p = strchr(line, ':') + 1; p < at; p++)
			if (*p == ':' && strncmp(p, ":MINE", 5) && strncmp(p, ":0000", 5) && p[5] == ' ') memcpy(p, ":PORT", 5);
		*at = 0;
		char *rest = at + strlen(inode);
		int fields = 0;
		for (char *w = strtok(rest, " \n"); w; w = strtok(0, " \n")) fields++;
		printf("%s: %s | %d more\n", file, strchr(line, ':') + 1, fields);
	}
	fclose(f);
}
static void unix_line(int fd)
{
	char line[1024], inode[32];
	struct stat st;
	fstat(fd, &st);
	sprintf(inode, " %lu", (long)st.st_ino);
	FILE *f = fopen("/proc/net/unix", "r");
	fgets(line, sizeof line, f);
	printf("unix: %s", line);
	while (fgets(line, sizeof line, f)) {
		char *at = strstr(line, inode);
		char *rest = at + strlen(inode);
		if (!at || (at[strlen(inode)] != ' ' && at[strlen(inode)] != '\n')) continue;
		/* Numbers are padded to five. */
		while (at > line && at[-1] == ' ') *at-- = 0;
		*at = 0;
		printf("unix: %zu %s |%s", strlen(strtok(strdup(line), ":")), strchr(line, ':') + 1, rest);
	}
	fclose(f);
}

int main(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t n = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), l6 = socket(AF_INET6, SOCK_STREAM, 0);
	bind(l, (void *)&a, sizeof a), listen(l, 5), getsockname(l, (void *)&a, &n);
	show("tcp", l, port(l));
	connect(c, (void *)&a, sizeof a);
	show("tcp", l, port(l));
	int s = accept(l, 0, 0);
	write(c, "hello", 5), usleep(20000);
	show("tcp", s, port(s)), show("tcp", c, port(c));
	shutdown(c, SHUT_WR), usleep(300000);
	show("tcp", s, port(s)), show("tcp", c, port(c));
	bind(l6, (void *)&a6, sizeof a6), listen(l6, 5), show("tcp6", l6, port(l6));
	int u = socket(AF_INET, SOCK_DGRAM, 0), u6 = socket(AF_INET6, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = 0, bind(u, (void *)&a, sizeof a), n = sizeof a, getsockname(u, (void *)&a, &n);
	a6.sin6_port = 0, bind(u6, (void *)&a6, sizeof a6);
	connect(v, (void *)&a, sizeof a);
	show("udp", u, port(u)), show("udp", v, port(v)), show("udp6", u6, port(u6));
	int p[2], x = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "proc-net.sock"};
	unlink(un.sun_path);
	bind(x, (void *)&un, sizeof un), unix_line(x), listen(x, 1), unix_line(x), unlink(un.sun_path);
	struct sockaddr_un hidden = {.sun_family = AF_UNIX, .sun_path = "\0proc-net"};
	bind(d, (void *)&hidden, offsetof(struct sockaddr_un, sun_path) + 9), unix_line(d), unix_line(p[0]);

	char link[64] = {0};
	printf("link %zd %s\n", readlink("/proc/net", link, sizeof link), link);
	const char *files[] = {"arp", "dev", "if_inet6", "netlink", "raw", "raw6", "route", "sockstat", "tcp", "tcp6", "udp", "udp6", "unix"};
	for (int i = 0; i < sizeof files / sizeof *files; i++) {
		char path[64], line[1024];
		struct stat st;
		sprintf(path, "/proc/self/net/%s", files[i]);
		FILE *f = fopen(path, "r");
		stat(path, &st);
		printf("%s %o %ld %s", files[i], st.st_mode, (long)st.st_size, f && strcmp(files[i], "if_inet6") && strcmp(files[i], "sockstat") ? fgets(line, sizeof line, f) : "\n");
	}
	return 0;
}
