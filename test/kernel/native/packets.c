/* Packet mode of a pseudo-terminal: what the master is told of its slave, and terminals edited from outside. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int m, s;

/* Each read of the master, until there is nothing for a while. */
static void show(const char *what)
{
	unsigned char b[64];
	for (;;) {
		struct pollfd p = {m, POLLIN | POLLPRI, 0};
		poll(&p, 1, 100);
		if (!(p.revents & (POLLIN | POLLPRI))) {
			printf("%s: revents %x, nothing\n", what, p.revents);
			return;
		}
		long n = read(m, b, sizeof b);
		printf("%s: revents %x, %ld:", what, p.revents, n);
		for (long i = 0; i < n; i++) printf(" %02x", b[i]);
		puts("");
		if (n <= 0) return;
	}
}

static void modes(int set_i, int clear_i, int set_l, int clear_l)
{
	struct termios t;
	tcgetattr(s, &t);
	t.c_iflag = (t.c_iflag | set_i) & ~clear_i;
	t.c_lflag = (t.c_lflag | set_l) & ~clear_l;
	tcsetattr(s, TCSANOW, &t);
}

static void type(const char *keys) { write(m, keys, strlen(keys)); }
static void packets(int on) { printf("TIOCPKT %d\n", ioctl(m, TIOCPKT, &on)); }

int main(void)
{
	int on = 1, got = -1;
	unsigned char one, line[32];
	setvbuf(stdout, 0, _IOLBF, 0);
	m = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(m), unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	printf("TIOCGPKT %d", ioctl(m, TIOCGPKT, &got)), printf(" %d\n", got);
	printf("of the slave %d", ioctl(s, TIOCPKT, &on)), printf(" %s\n", strerror(errno));
	packets(1);
	ioctl(m, TIOCGPKT, &got), printf("now %d\n", got);
	write(s, "hello\n", 6), show("data");
	write(s, "xy", 2), printf("one byte: %ld", read(m, &one, 1)), printf(" %02x\n", one), show("the rest");
	type("typed\n"), show("echo");
	tcflush(s, TCIFLUSH), show("input thrown away");
	tcflush(s, TCOFLUSH), show("output thrown away");
	tcflush(s, TCIOFLUSH), show("both");
	tcflush(m, TCIOFLUSH), show("of the master");
	tcflow(s, TCOOFF), show("off");
	tcflow(s, TCOON), show("on");
	type("\x13"), show("^S");
	type("\x11"), show("^Q");
	modes(0, IXON, 0, 0), show("no IXON");
	modes(IXON, 0, 0, 0), show("IXON");
	modes(0, 0, 0, ECHO), show("no echo");
	modes(0, 0, EXTPROC, 0), show("EXTPROC");
	modes(0, 0, ECHO, 0), show("echo");
	type("ab\x7f\n"), show("input");
	long n = read(s, line, sizeof line);
	printf("unedited %ld:", n);
	for (long i = 0; i < n; i++) printf(" %02x", line[i]);
	puts("");
	modes(0, 0, 0, EXTPROC), show("no EXTPROC");
	modes(0, 0, 0, 0), show("the same");
	write(s, "q", 1), tcflow(s, TCOOFF), show("data and stop");
	tcflow(s, TCOON), show("and on");
	type("pending\n"), show("pending");
	packets(0);
	tcflush(s, TCIFLUSH), write(s, "z", 1), show("plain");
	packets(1);
	tcflow(s, TCOOFF);
	packets(0), show("forgotten");
	packets(1), show("on again");
	tcflow(s, TCOON), show("started");
	struct termios t;
	tcgetattr(s, &t), t.c_cc[VSTOP] = 'x', tcsetattr(s, TCSANOW, &t), show("another VSTOP");
	tcsetattr(s, TCSAFLUSH, &t), show("TCSAFLUSH");
	close(s), show("closed");
	return 0;
}
