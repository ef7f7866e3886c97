/* Somebody at a terminal of an interactive shell (argv[1] and on): job control, keys, background jobs. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master;
static pid_t shell;
static char seen[65536];
static long length, shown;

static int more(int ms)
{
	struct pollfd p = { master, POLLIN, 0 };
	if (poll(&p, 1, ms) < 1) return 0;
	long n = read(master, seen + length, sizeof seen - 1 - length);
	if (n <= 0) return 0;
	length += n;
	seen[length] = 0;
	return 1;
}
/* Until the text has come, behind what was shown already. */
static void expect(const char *text)
{
	for (int i = 0; i < 200 && !strstr(seen + shown, text); i++) more(100);
	if (!strstr(seen + shown, text)) printf("!! no \"%s\"\n", text);
}
/* What came, with numbers of processes as N. */
static void show(void)
{
	while (more(100)) ;
	for (; shown < length; shown++) {
		char c = seen[shown];
		if (c >= '0' && c <= '9') {
			long at = shown;
			while (seen[at] >= '0' && seen[at] <= '9') at++;
			if (at - shown > 2) printf("N");
			else printf("%.*s", (int)(at - shown), seen + shown);
			shown = at - 1;
		} else if (c == '\r') ;
		else if (c < 32 && c != '\n') printf("\\x%02x", c);
		else putchar(c);
	}
	printf("\n--------\n");
	fflush(stdout);
}
static void keys(const char *text) { if (write(master, text, strlen(text)) < 0) perror("write"); }
static pid_t foreground(void) { pid_t p = -1; ioctl(master, TIOCGPGRP, &p); return p; }
/* The shell has given its terminal to a job, and that sleeps in it. */
static void started(void)
{
	for (int i = 0; i < 1000 && (foreground() == shell || foreground() <= 0); i++) usleep(5000);
	usleep(150000);
}
static void prompt(void)
{
	expect("READY ");
	for (int i = 0; i < 1000 && foreground() != shell; i++) usleep(5000);
	show();
}
static void command(const char *line) { keys(line); keys("\n"); prompt(); }

int main(int argc, char **argv)
{
	struct winsize size = { 24, 200, 0, 0 };
	setvbuf(stdout, 0, _IOFBF, 0);
	shell = forkpty(&master, 0, 0, &size);
	if (shell < 0) { perror("forkpty"); return 1; }
	if (shell == 0) {
		putenv("PS1=READY ");
		putenv("PATH=/usr/bin:/bin");
		putenv("TERM=dumb");
		putenv("HISTFILE=/dev/null");
		unsetenv("ENV");
		execv(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	expect("READY ");
	while (more(100)) ;
	/* Versions greet differently. */
	shown = length;
	command("echo one; echo two > /tmp/jobs.txt; cat < /tmp/jobs.txt | tr a-z A-Z; rm /tmp/jobs.txt");
	command("tty > /dev/null && echo it is a terminal; stty size");
	keys("cat\n");
	started();
	keys("typed\n");
	expect("typed\r\ntyped");
	keys("\x04");
	prompt();
	keys("sleep 1000\n");
	started();
	keys("\x03");
	prompt();
	command("echo status $?");
	keys("sleep 1000\n");
	started();
	keys("\x1a");
	prompt();
	command("jobs");
	command("bg");
	command("jobs");
	keys("fg\n");
	started();
	keys("\x03");
	prompt();
	command("jobs; echo none left");
	keys("sleep 1000 | cat\n");
	started();
	keys("\x1a");
	prompt();
	command("jobs");
	command("kill %1; fg; echo status $?");
	command("cat &");
	usleep(200000);
	command("");
	command("jobs");
	keys("fg\n");
	started();
	keys("for the one in front\n");
	expect("front\r\nfor");
	keys("\x04");
	prompt();
	command("sleep 1000 & sleep 2000 &");
	command("jobs");
	command("kill %1 %2; sleep 0.3");
	command("");
	command("(exit 3) & wait $!; echo waited $?");
	command("trap 'echo trapped' INT");
	keys("\x03");
	usleep(200000);
	command("echo after the trap");
	command("sleep 1000 &");
	keys("exit 5\n");
	int st = 0;
	for (int i = 0; i < 100 && waitpid(shell, &st, WNOHANG) == 0; i++) { more(50); }
	show();
	printf("exit %d signal %d\n", WEXITSTATUS(st), WTERMSIG(st));
	return 0;
}
