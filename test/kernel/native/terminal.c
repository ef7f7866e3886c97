/* Pseudo-terminals: the line discipline from both sides, job control, hang-ups. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r == -1 ? strerror(errno) : ""); }
static int master, slave;
static char name[64];
static volatile int got[65];
static void note(int s) { got[s]++; }

/* Everything that can be read now, printable. A pause lets the kernel's own threads pass it on. */
static void show(const char *what, int fd)
{
	char buf[8192];
	long n = 0;
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		if (poll(&p, 1, 200) < 1 || !(p.revents & POLLIN)) break;
		long r = read(fd, buf + n, sizeof buf - n);
		if (r <= 0) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : "end"); if (r == 0) return; break; }
		n += r;
		if (fd == slave) break;
	}
	printf("%s: %ld \"", what, n);
	if (n > 300) printf("...");
	for (long i = n > 300 ? n - 20 : 0; i < n; i++) {
		unsigned char c = buf[i];
		if (c < 32 || c > 126) printf("\\x%02x", c);
		else putchar(c);
	}
	printf("\"\n");
}
static void put(const char *s) { if (write(master, s, strlen(s)) != (long)strlen(s)) perror("write master"); }
static void out(const char *s) { if (write(slave, s, strlen(s)) != (long)strlen(s)) perror("write slave"); }
static int ready(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	poll(&p, 1, 50);
	return p.revents;
}
static void modes(int set_i, int clear_i, int set_o, int clear_o, int set_l, int clear_l)
{
	struct termios t;
	tcgetattr(slave, &t);
	t.c_iflag = (t.c_iflag | set_i) & ~clear_i;
	t.c_oflag = (t.c_oflag | set_o) & ~clear_o;
	t.c_lflag = (t.c_lflag | set_l) & ~clear_l;
	tcsetattr(slave, TCSANOW, &t);
}
static void typed(const char *what, const char *keys)
{
	put(keys);
	printf("-- %s\n", what);
	show("echo", master);
	show("line", slave);
}
static void fresh(void)
{
	if (slave >= 0) close(slave);
	close(master);
	if (openpty(&master, &slave, name, 0, 0)) perror("openpty");
}

static int status_of(pid_t p)
{
	int st = 0;
	waitpid(p, &st, WUNTRACED);
	if (WIFSTOPPED(st)) return 1000 + WSTOPSIG(st);
	if (WIFSIGNALED(st)) return 2000 + WTERMSIG(st);
	return WEXITSTATUS(st);
}

static void discipline(void)
{
	typed("a line", "hello\n");
	typed("return", "cr\r");
	typed("erase", "abc\x7f\x7fX\n");
	typed("kill", "abcdef\x15gh\n");
	typed("word", "one two\x17three\n");
	typed("control echo", "a\x01" "b\n");
	typed("erase control", "a\x01\x7f" "b\n");
	typed("tab and erase", "ab\tc\x7f\x7f" "d\n");
	typed("literal", "a\x16\x03z\n");
	typed("reprint", "abc\x12" "d\n");
	typed("two lines", "first\nsecond\n");
	show("line", slave);
	typed("end of file in a line", "part\x04");
	typed("end of file", "\x04");
	typed("erase in nothing", "\x7f\x15\x17\n");
	typed("utf-8 without IUTF8", "\xc3\xa4\x7f!\n");
	show("line", slave);
	modes(IUTF8, 0, 0, 0, 0, 0);
	typed("utf-8", "\xc3\xa4x\x7f\x7f!\n");
	modes(0, 0, 0, 0, 0, ECHO);
	typed("no echo", "secret\n");
	modes(0, 0, 0, 0, ECHONL, 0);
	typed("echo of newline only", "secret\n");
	modes(0, 0, 0, 0, ECHO, ECHONL | ECHOCTL);
	typed("no ECHOCTL", "a\x01" "b\n");
	modes(0, 0, 0, 0, ECHOCTL, ECHOE | ECHOKE);
	typed("no ECHOE", "ab\x7f" "c\n");
	typed("no ECHOKE", "ab\x15" "c\n");
	modes(INLCR, ICRNL, 0, 0, ECHOE | ECHOKE, 0);
	put("x\n");
	show("INLCR echo", master);
	put("\x04");
	show("INLCR line", slave);
	modes(IGNCR | ISTRIP, INLCR, 0, 0, 0, 0);
	typed("IGNCR, ISTRIP", "a\r\xe2z\n");
	modes(ICRNL, IGNCR | ISTRIP, 0, 0, 0, 0);
	struct termios t;
	tcgetattr(slave, &t);
	t.c_cc[VEOL] = ';';
	tcsetattr(slave, TCSANOW, &t);
	typed("end of line character", "a;b;");
	show("line", slave);
	t.c_cc[VEOL] = 0;
	tcsetattr(slave, TCSANOW, &t);

	printf("-- short reads\n");
	put("abcdef\n");
	char b[4];
	say("three", read(slave, b, 3));
	int n;
	ioctl(slave, FIONREAD, &n);
	say("left", n);
	show("rest", slave);
	show("echo", master);

	printf("-- too long a line\n");
	char *big = malloc(5000);
	memset(big, 'q', 5000);
	modes(0, 0, 0, 0, 0, ECHO);
	for (int i = 0; i < 5; i++) { say("part", write(master, big, 1000)); usleep(20000); }
	put("\n");
	usleep(20000);
	show("long", slave);
	modes(0, 0, 0, 0, ECHO, 0);

	printf("-- output\n");
	out("a\nb\tc\rd\b");
	show("printed", master);
	modes(0, 0, 0, ONLCR, 0, 0);
	out("a\nb");
	show("no ONLCR", master);
	modes(0, 0, OCRNL, 0, 0, 0);
	out("a\rb");
	show("OCRNL", master);
	modes(0, 0, ONOCR, OCRNL, 0, 0);
	out("\n\rx\ry");
	show("ONOCR", master);
	modes(0, 0, XTABS, ONOCR, 0, 0);
	out("\rab\tc\n");
	show("XTABS", master);
	modes(0, 0, OLCUC, XTABS, 0, 0);
	out("abC");
	show("OLCUC", master);
	modes(0, 0, 0, OPOST, 0, 0);
	out("a\nB");
	show("no OPOST", master);
	modes(0, 0, OPOST | ONLCR, OLCUC, 0, 0);

	printf("-- raw\n");
	modes(0, 0, 0, 0, 0, ICANON | ECHO);
	typed("bytes", "ab\ncd");
	tcgetattr(slave, &t);
	t.c_cc[VMIN] = 3;
	tcsetattr(slave, TCSANOW, &t);
	put("ab");
	say("two of three", ready(slave));
	put("c");
	say("three of three", ready(slave));
	show("three", slave);
	t.c_cc[VMIN] = 0;
	tcsetattr(slave, TCSANOW, &t);
	say("VMIN 0", read(slave, b, 4));
	t.c_cc[VTIME] = 1;
	tcsetattr(slave, TCSANOW, &t);
	say("VTIME 1", read(slave, b, 4));
	put("x");
	say("VTIME 1 with a byte", read(slave, b, 4));
	t.c_cc[VMIN] = 4;
	tcsetattr(slave, TCSANOW, &t);
	put("xy");
	usleep(20000);
	say("VMIN 4, VTIME 1", read(slave, b, 4));
	put("typed in raw");
	usleep(20000);
	modes(0, 0, 0, 0, ICANON, 0);
	ioctl(slave, FIONREAD, &n);
	say("as a line", n);
	show("line", slave);
	put("half a line");
	usleep(20000);
	ioctl(slave, FIONREAD, &n);
	say("nothing whole", n);
	say("not ready", ready(slave));
	modes(0, 0, 0, 0, 0, ICANON);
	ioctl(slave, FIONREAD, &n);
	say("raw again", n);
	tcflush(slave, TCIFLUSH);
	ioctl(slave, FIONREAD, &n);
	say("flushed", n);
	modes(0, 0, 0, 0, ICANON | ECHO, 0);

	printf("-- flow\n");
	fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
	put("\x13");
	usleep(20000);
	say("stopped", write(slave, "x", 1));
	say("ready", ready(slave));
	put("\x11");
	usleep(20000);
	say("started", write(slave, "x", 1));
	show("printed", master);
	tcflow(slave, TCOOFF);
	say("TCOOFF", write(slave, "x", 1));
	tcflow(slave, TCOON);
	say("TCOON", write(slave, "x", 1));
	show("printed", master);
	say("nothing to read", read(slave, b, 4));
	fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
	say("nothing to read", read(master, b, 4));
	say("poll slave", ready(slave));
	say("poll master", ready(master));
	say("lseek", lseek(slave, 0, SEEK_SET));
	say("pread", pread(slave, b, 1, 0));
	fcntl(slave, F_SETFL, O_RDWR);
	fcntl(master, F_SETFL, O_RDWR);
}

static void files(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), s, n;
	char *path = ptsname(m);
	printf("name %d\n", strncmp(path, "/dev/pts/", 9) == 0);
	say("locked", open(path, O_RDWR | O_NOCTTY));
	ioctl(m, TIOCGPTLCK, &n);
	say("lock", n);
	say("grantpt", grantpt(m));
	say("unlockpt", unlockpt(m));
	s = open(path, O_RDWR | O_NOCTTY);
	say("open", s >= 0);
	struct stat st, named;
	fstat(s, &st);
	stat(path, &named);
	printf("mode %o uid %d major %d minor %d same %d size %ld blksize %ld\n", st.st_mode & 0170600, st.st_uid, major(st.st_rdev),
	       minor(st.st_rdev) == atoi(path + 9), st.st_ino == named.st_ino && st.st_dev == named.st_dev, (long)st.st_size,
	       (long)st.st_blksize);
	fstat(m, &st);
	printf("master %o %d:%d\n", st.st_mode & 0170666, major(st.st_rdev), minor(st.st_rdev));
	printf("ttyname %d isatty %d %d\n", strcmp(ttyname(s), path), isatty(s), isatty(m));
	struct termios t;
	tcgetattr(s, &t);
	printf("%x %x %x %x line %d", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_line);
	for (int i = 0; i < 19; i++) printf(" %d", t.c_cc[i]);
	printf("\n");
	t.c_cflag = CS5 | PARENB | B9600;
	say("tcsetattr", tcsetattr(m, TCSANOW, &t));
	tcgetattr(s, &t);
	printf("cflag %x\n", t.c_cflag);
	struct winsize w;
	ioctl(m, TIOCGWINSZ, &w);
	printf("size %d %d\n", w.ws_row, w.ws_col);
	w.ws_row = 10, w.ws_col = 20, w.ws_xpixel = 3, w.ws_ypixel = 4;
	say("TIOCSWINSZ", ioctl(m, TIOCSWINSZ, &w));
	ioctl(s, TIOCGWINSZ, &w);
	printf("size %d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
	say("TIOCGPTN of a slave", ioctl(s, TIOCGPTN, &n));
	say("TIOCGPGRP, not ours", ioctl(s, TIOCGPGRP, &n));
	say("TIOCGPGRP of the master", ioctl(m, TIOCGPGRP, &n));
	say("group", n);
	say("TIOCGSID", ioctl(m, TIOCGSID, &n));
	n = getpgrp();
	say("TIOCSPGRP, not ours", ioctl(s, TIOCSPGRP, &n));
	say("TIOCNOTTY", ioctl(s, TIOCNOTTY));
	say("TIOCSCTTY by no leader", ioctl(s, TIOCSCTTY, 0));
	say("TIOCOUTQ", ioctl(s, TIOCOUTQ, &n));
	say("TIOCGETD", ioctl(s, TIOCGETD, &n));
	say("discipline", n);
	say("TCXONC", ioctl(s, TCXONC, 7));
	say("TCFLSH", ioctl(s, TCFLSH, 7));
	say("TCSBRK", ioctl(s, TCSBRK, 1));
	say("unknown", ioctl(s, 0x54ff, 0));
	say("TIOCVHANGUP", ioctl(s, TIOCVHANGUP, 0));
	int peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	say("TIOCGPTPEER", peer >= 0 && strcmp(ttyname(peer), path) == 0);
	close(peer);
	say("TIOCEXCL", ioctl(s, TIOCEXCL));
	say("exclusive", open(path, O_RDWR | O_NOCTTY));
	ioctl(s, TIOCNXCL);
	char b[8];
	say("poll", ready(m));
	write(s, "last\n", 5);
	usleep(20000);
	close(s);
	say("poll closed", ready(m));
	say("what was left", read(m, b, 8));
	say("closed", read(m, b, 8));
	say("poll empty", ready(m));
	say("write to closed", write(m, "ab\n", 3));
	s = open(path, O_RDWR | O_NOCTTY);
	usleep(100000);
	say("poll open again", ready(m));
	slave = s;
	show("typed before", s);
	write(m, "xy\n", 3);
	usleep(20000);
	close(m);
	say("poll hung up", ready(s));
	say("read hung up", read(s, b, 8));
	say("write hung up", write(s, b, 1));
	say("ioctl hung up", ioctl(s, TIOCGWINSZ, &w));
	say("name gone", access(path, F_OK));
	close(s);
	slave = -1;
}

static void sessions(void)
{
	int n;
	fresh();
	printf("-- session\n");
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) {
		int t;
		say("tty before", open("/dev/tty", O_RDWR));
		say("setsid", setsid() == getpid());
		say("tty without", open("/dev/tty", O_RDWR));
		t = open(name, O_RDONLY | O_NOCTTY);
		say("O_NOCTTY", ioctl(t, TIOCGPGRP, &n));
		close(t);
		t = open(name, O_RDWR);
		say("TIOCGPGRP", ioctl(t, TIOCGPGRP, &n));
		printf("group %d session %d\n", n == getpid(), tcgetsid(t) == getpid());
		say("TIOCSCTTY again", ioctl(t, TIOCSCTTY, 0));
		n = 999999;
		say("TIOCSPGRP nobody", ioctl(t, TIOCSPGRP, &n));
		n = -5;
		say("TIOCSPGRP bad", ioctl(t, TIOCSPGRP, &n));
		n = getppid();
		say("TIOCSPGRP other session", ioctl(t, TIOCSPGRP, &n));
		say("/dev/tty", open("/dev/tty", O_RDWR) >= 0);
		fflush(stdout);
		/* Keys. */
		signal(SIGINT, note), signal(SIGQUIT, note), signal(SIGTSTP, note), signal(SIGWINCH, note);
		signal(SIGHUP, note), signal(SIGCONT, note);
		write(master, "lost\x03\x1c\x1a", 7);
		usleep(20000);
		printf("INT %d QUIT %d TSTP %d\n", got[SIGINT], got[SIGQUIT], got[SIGTSTP]);
		show("echo", master);
		struct winsize w = { 5, 6, 0, 0 };
		ioctl(master, TIOCSWINSZ, &w);
		ioctl(master, TIOCSWINSZ, &w);
		printf("WINCH %d\n", got[SIGWINCH]);
		modes(0, 0, 0, 0, NOFLSH, 0);
		write(master, "kept\x03!\n", 7);
		usleep(20000);
		show("NOFLSH", t);
		modes(0, 0, 0, 0, 0, ISIG | NOFLSH);
		write(master, "\x03\n", 2);
		usleep(20000);
		slave = t;
		show("no ISIG", t);
		modes(0, 0, 0, 0, ISIG, 0);
		show("echo", master);
		/* Background. */
		fflush(stdout);
		pid_t bg = fork();
		if (bg == 0) {
			char b[4];
			setpgid(0, 0);
			signal(SIGINT, SIG_DFL), signal(SIGTSTP, SIG_DFL);
			say("background read", read(t, b, 4));
			say("background print", write(t, "x", 1));
			modes(0, 0, 0, 0, 0, 0);
			printf("background tcsetattr done\n");
			n = getpid();
			say("background TIOCSPGRP", ioctl(t, TIOCSPGRP, &n));
			fflush(stdout);
			pause();
			_exit(3);
		}
		setpgid(bg, bg);
		say("stopped by", status_of(bg));
		fflush(stdout);
		n = bg;
		say("foreground", ioctl(t, TIOCSPGRP, &n));
		fflush(stdout);
		write(master, "in\n", 3);
		usleep(20000);
		kill(-bg, SIGCONT);
		usleep(100000);
		write(master, "\x1a", 1);
		say("stopped by", status_of(bg));
		signal(SIGTTOU, SIG_IGN);
		n = getpgrp();
		say("back", ioctl(t, TIOCSPGRP, &n));
		kill(-bg, SIGCONT);
		kill(bg, SIGKILL);
		say("killed", status_of(bg));
		show("echo", master);
		fflush(stdout);
		bg = fork();
		if (bg == 0) {
			char b[4];
			setpgid(0, 0);
			signal(SIGTTIN, SIG_IGN);
			say("background read, ignoring", read(t, b, 4));
			modes(0, 0, 0, 0, TOSTOP, 0);
			say("TOSTOP, ignoring", write(t, "y", 1));
			fflush(stdout);
			signal(SIGTTOU, SIG_DFL);
			write(t, "z", 1);
			printf("not printed\n");
			_exit(0);
		}
		setpgid(bg, bg);
		say("stopped by", status_of(bg));
		kill(bg, SIGKILL);
		say("killed", status_of(bg));
		/* An orphaned group is not stopped. */
		fflush(stdout);
		int gate[2];
		pipe(gate);
		bg = fork();
		if (bg == 0) {
			if (fork() == 0) {
				char b[4];
				close(gate[0]);
				setpgid(0, 0);
				while (getppid() == bg) ;
				usleep(100000);
				signal(SIGTSTP, SIG_DFL);
				raise(SIGTSTP);
				say("orphan goes on", 0);
				signal(SIGTTIN, SIG_DFL);
				say("orphan reads", read(t, b, 4));
				fflush(stdout);
				_exit(0);
			}
			_exit(0);
		}
		waitpid(bg, 0, 0);
		close(gate[1]);
		char c;
		read(gate[0], &c, 1);
		/* A stopped job that becomes an orphan is told. */
		fflush(stdout);
		pipe(gate);
		bg = fork();
		if (bg == 0) {
			pid_t job = fork();
			if (job == 0) {
				close(gate[0]);
				setpgid(0, 0);
				got[SIGHUP] = got[SIGCONT] = 0;
				raise(SIGSTOP);
				while (!got[SIGHUP]) ;
				printf("orphaned: HUP %d CONT %d\n", got[SIGHUP], got[SIGCONT]);
				fflush(stdout);
				_exit(0);
			}
			int st;
			waitpid(job, &st, WUNTRACED);
			_exit(0);
		}
		waitpid(bg, 0, 0);
		close(gate[1]);
		read(gate[0], &c, 1);
		/* Hang-up. */
		got[SIGHUP] = got[SIGCONT] = 0;
		write(master, "q", 1);
		close(master);
		usleep(50000);
		printf("HUP %d CONT %d\n", got[SIGHUP], got[SIGCONT]);
		say("/dev/tty after", open("/dev/tty", O_RDWR));
		fflush(stdout);
		_exit(7);
	}
	close(master);
	master = -1;
	say("session ended", status_of(p));

	printf("-- the leader's end\n");
	fflush(stdout);
	openpty(&master, &slave, name, 0, 0);
	p = fork();
	if (p == 0) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		signal(SIGHUP, note);
		int gate[2];
		char c;
		pipe(gate);
		pid_t child = fork();
		if (child == 0) {
			setpgid(0, 0);
			signal(SIGTTOU, SIG_IGN);
			n = getpid();
			ioctl(slave, TIOCSPGRP, &n);
			write(gate[1], "x", 1);
			while (!got[SIGHUP]) ;
			printf("foreground got HUP\n");
			say("TIOCGPGRP", ioctl(slave, TIOCGPGRP, &n));
			fflush(stdout);
			_exit(0);
		}
		read(gate[0], &c, 1);
		_exit(4);
	}
	int leader = status_of(p);
	usleep(200000);
	say("leader", leader);
	p = fork();
	if (p == 0) {
		setsid();
		say("its terminal is free", ioctl(slave, TIOCSCTTY, 0));
		signal(SIGHUP, SIG_IGN);
		say("TIOCNOTTY", ioctl(slave, TIOCNOTTY));
		say("then", ioctl(slave, TIOCGPGRP, &n));
		fflush(stdout);
		_exit(0);
	}
	say("second", status_of(p));
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	slave = -1;
	files();
	if (openpty(&master, &slave, name, 0, 0)) { perror("openpty"); return 1; }
	discipline();
	sessions();
	return 0;
}
