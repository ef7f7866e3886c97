/* Tries to get out of what is mounted: argv[1] is a mounted folder, argv[2] a file beside it on the host whose text is
   "SECRET", argv[3] "rw" if the folder may be changed. Prints each attempt that read something, or wrote without an
   error to where nothing may be written; then "done". */
#define _GNU_SOURCE
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret, *folder;
static int attempts;

static void look(const char *what, int fd) {
	char text[64];
	attempts++;
	if (fd < 0) return;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	if (n > 0) {
		text[n] = 0;
		if (strstr(text, "SECRET")) printf("READ through %s\n", what);
	}
	close(fd);
}

static void try(const char *format, ...) {
	char path[4096];
	va_list list;
	va_start(list, format);
	vsnprintf(path, sizeof path, format, list);
	va_end(list);
	look(path, open(path, O_RDONLY));
	look(path, open(path, O_RDWR));
	int fd = open(path, O_WRONLY | O_TRUNC);
	if (fd >= 0) write(fd, "OVERWRITTEN\n", 12), close(fd);
	truncate(path, 0);
	look(path, syscall(SYS_openat2, AT_FDCWD, path, &(struct open_how){.flags = O_RDONLY}, sizeof(struct open_how)));
	for (int bit = 0; bit < 6; bit++)
		look(path, syscall(SYS_openat2, AT_FDCWD, path, &(struct open_how){.flags = O_RDONLY, .resolve = 1 << bit}, sizeof(struct open_how)));
}

static volatile int going = 1;

/* Moves a folder up and down while the other thread walks out of it. */
static void *mover(void *unused) {
	(void)unused;
	while (going) {
		rename("race/deep/inner", "race/inner");
		sched_yield();
		rename("race/inner", "race/deep/inner");
	}
	return 0;
}

int main(int argc, char **argv) {
	char up[256] = "";
	if (argc < 4 || chdir(argv[1])) return 2;
	folder = argv[1];
	secret = argv[2];
	const char *name = strrchr(secret, '/') + 1;
	try("%s", secret);
	for (int i = 0; i < 12; i++) {
		strcat(up, "../");
		try("%s%s", up, name);
		try("%s%s", up, secret + 1);
		try("%s/%s%s", folder, up, name);
	}
	try("/proc/self/root%s", secret);
	try("/proc/self/cwd/../%s", name);
	try("/proc/thread-self/root%s", secret);
	try("/proc/1/root%s", secret);
	try("/proc/1/cwd/%s", name);
	try("/proc/%d/root/../..%s", getpid(), secret);

	int here = open(".", O_RDONLY | O_DIRECTORY), root = open("/", O_PATH);
	try("/proc/self/fd/%d/../%s", here, name);
	try("/proc/self/fd/%d%s", root, secret);
	try("/dev/fd/%d/../%s", here, name);
	look("openat ..", openat(here, "../secret", O_RDONLY));
	look("openat root", openat(root, secret + 1, O_RDONLY));
	for (int fd = 0; fd < 64; fd++) try("/proc/self/fd/%d/../%s", fd, name);

	/* Links that the host has, and links of one's own. */
	const char *links[] = {"up", "absolute", "folder-up/secret", "sub/out/secret", "loop", "root-link"};
	for (unsigned i = 0; i < sizeof links / sizeof *links; i++) try("%s", links[i]);
	try("root-link%s", secret);
	mkdir("own", 0777);
	symlink(secret, "own/s");
	symlink("../../secret", "own/u");
	symlink("/", "own/r");
	symlink("/proc/self/root", "own/p");
	symlink("..", "own/d");
	try("own/s");
	try("own/u");
	try("own/r%s", secret);
	try("own/p%s", secret);
	try("own/d/../%s", name);
	look("readlink then open", openat(AT_FDCWD, "own/s", O_RDONLY | O_NOFOLLOW));
	if (link(secret, "own/hard") == 0) try("own/hard");
	if (link("up", "own/hard-up") == 0) try("own/hard-up");
	if (linkat(AT_FDCWD, "absolute", AT_FDCWD, "own/hard-abs", AT_SYMLINK_FOLLOW) == 0) try("own/hard-abs");
	if (linkat(here, "", AT_FDCWD, "own/hard-fd", AT_EMPTY_PATH) == 0) try("own/hard-fd");
	if (rename("up", "own/up") == 0) try("own/up");
	if (rename("folder-up", "own/deep") == 0) try("own/deep/secret");

	/* Mounts, roots, devices, handles. */
	mkdir("mnt", 0777);
	mount("/", "mnt", 0, MS_BIND | MS_REC, 0);
	mount(secret, "mnt", 0, MS_BIND, 0);
	mount("/dev/sda", "mnt", "ext4", 0, 0);
	mount("proc", "mnt", "proc", 0, 0);
	mount("overlay", "mnt", "overlay", 0, "lowerdir=/");
	try("mnt%s", secret);
	umount2(folder, MNT_DETACH);
	umount2("/", MNT_DETACH);
	try("%s", secret);
	mkdir("jail", 0777);
	if (chroot("jail") == 0) {
		fchdir(here);
		for (int i = 0; i < 12; i++) chdir("..");
		try("%s", secret + 1);
		try("%s", name);
		chroot(".");
		try("%s", secret);
	}
	fchdir(here);
	syscall(SYS_pivot_root, ".", "mnt");
	unshare(CLONE_NEWNS | CLONE_NEWUSER);
	try("%s", secret);
	mknod("disk", S_IFBLK | 0666, makedev(8, 0));
	mknod("mem", S_IFCHR | 0666, makedev(1, 1));
	try("disk");
	try("mem");
	try("/dev/mem");
	try("/dev/sda");
	try("/proc/kcore");
	struct file_handle *handle = calloc(1, sizeof *handle + 128);
	int id;
	handle->handle_bytes = 128;
	name_to_handle_at(AT_FDCWD, ".", handle, &id, 0);
	look("open_by_handle_at", open_by_handle_at(here, handle, O_RDONLY));

	/* A folder that moves while it is walked out of. */
	mkdir("race", 0777), mkdir("race/deep", 0777), mkdir("race/deep/inner", 0777);
	pthread_t thread;
	pthread_create(&thread, 0, mover, 0);
	for (int i = 0; i < 300; i++) {
		int inner = open(i & 1 ? "race/inner" : "race/deep/inner", O_PATH | O_DIRECTORY);
		if (inner < 0) continue;
		look("race", openat(inner, "../../../secret", O_RDONLY));
		look("race", openat(inner, "../../secret", O_RDONLY));
		look("race", syscall(SYS_openat2, inner, "../../../secret", &(struct open_how){.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT}, sizeof(struct open_how)));
		close(inner);
	}
	going = 0;
	pthread_join(thread, 0);

	/* Programs and sockets of the host. */
	if (fork() == 0) {
		execl("/usr/bin/id", "id", (char *)0);
		execl("/bin/sh", "sh", "-c", "echo SHELL", (char *)0);
		_exit(0);
	}
	wait(0);
	int host = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in peer = {AF_INET, htons(80), {0x08080808}};
	if (connect(host, (void *)&peer, sizeof peer) == 0) printf("CONNECTED\n");
	chdir(folder);
	int made = open("made-by-guest", O_CREAT | O_WRONLY, 0644);
	if (made >= 0) write(made, "guest\n", 6), close(made);
	unlink("removable");
	printf("%d attempts\ndone\n", attempts);
	return 0;
}
