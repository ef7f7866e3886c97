/* What few programs call: processes, IPC, asynchronous I/O, NUMA, keys, mounts, tracing. Most of it fails on purpose. */
#include "record.h"
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/mempolicy.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#define N(nr, ...) call(nr, __VA_ARGS__)

int main(int argc, char **argv)
{
	if (argc < 2) return 1;
	signal(SIGCHLD, SIG_DFL);
	char dir[] = "/tmp/ring3-record-XXXXXX";
	mkdtemp(dir);
	chdir(dir);
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	begin(argv[1]);
	int status;

	fresh();
	C2(ustat, 0x801, room(32));
	C5(lsetxattr, text("file"), text("user.a"), text("v"), 1, 0);
	C4(lgetxattr, text("file"), text("user.a"), room(16), 16);
	C3(llistxattr, text("file"), room(64), 64);
	C2(lremovexattr, text("file"), text("user.a"));
	C2(fremovexattr, fd, text("user.a"));
	C3(open_by_handle_at, AT_FDCWD, BAD, O_RDONLY);
	C1(uselib, text("lib"));
	C1(memfd_secret, 0);
	C1(memfd_secret, 8);

	fresh();
	aio_context_t *ctx = room(8);
	C2(io_setup, 4, ctx);
	C2(io_setup, 0, ctx);
	C5(io_getevents, *ctx, 0, 4, room(128), STRUCT(struct timespec, { 0, 1 }));
	C5(io_getevents, 5, 1, 1, BAD, 0);
	struct iocb *cb = STRUCT(struct iocb, { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = L(text("aio data")), .aio_nbytes = 8, .aio_offset = 16 });
	C3(io_submit, *ctx, 1, put(&cb, 8));
	C3(io_submit, *ctx, 0, 0);
	C3(io_submit, *ctx, 1, BAD);
	C5(io_getevents, *ctx, 1, 4, room(128), 0);
	C3(io_cancel, *ctx, cb, BAD);
	C3(io_cancel, *ctx, BAD, BAD);
	C6(io_pgetevents, *ctx, 0, 1, room(32), 0, 0);
	C1(io_destroy, *ctx);
	C2(io_uring_setup, 4, BAD);
	C6(io_uring_enter, 99, 1, 2, 3, 0, 8);
	C4(io_uring_register, 99, 0, BAD, 2);
	C4(io_uring_register, 99, 77, BAD, 2);
	C2(fanotify_init, FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY | O_LARGEFILE);
	C2(fanotify_init, FAN_CLASS_CONTENT | 0x80000000, O_RDWR);
	C5(fanotify_mark, 99, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_ACCESS | FAN_MODIFY, AT_FDCWD, text("/tmp"));
	C1(userfaultfd, O_CLOEXEC | O_NONBLOCK);
	C1(userfaultfd, 0x40);

	fresh();
	C4(pkey_mprotect, ARENA, 4096, PROT_READ | PROT_WRITE, -1);
	C2(pkey_alloc, 0, 1);
	C2(pkey_alloc, 8, 7);
	C1(pkey_free, 99);
	struct iovec *iov = STRUCT(struct iovec, { text("abc"), 3 });
	C5(process_madvise, 99, iov, 1, MADV_COLD, 0);
	C2(process_mrelease, 99, 0);
	C5(remap_file_pages, ARENA, 4096, 0, 1, MAP_NONBLOCK);
	struct iovec *remote = STRUCT(struct iovec, { text("remote"), 6 });
	C6(process_vm_readv, getpid(), iov, 1, remote, 1, 0);
	C6(process_vm_readv, 99999999, iov, 1, remote, 1, 0);
	C6(process_vm_writev, getpid(), iov, 1, remote, 1, 0);
	C6(process_vm_writev, getpid(), BAD, 1, BAD, 1, 7);
	C6(mbind, ARENA, 4096, MPOL_PREFERRED, STRUCT(long, { 1 }), 8, MPOL_MF_MOVE);
	C6(mbind, ARENA, 4096, 77 | MPOL_F_STATIC_NODES, 0, 0, 64);
	C3(set_mempolicy, MPOL_DEFAULT, 0, 0);
	C3(set_mempolicy, MPOL_BIND | MPOL_F_RELATIVE_NODES, BAD, 64);
	C5(get_mempolicy, room(4), 0, 0, 0, 0);
	C5(get_mempolicy, room(4), room(128), 1024, ARENA, MPOL_F_ADDR);
	N(450, L(ARENA), 4096, 0, 0, 0, 0);
	C4(migrate_pages, 0, 8, STRUCT(long, { 1 }), STRUCT(long, { 1 }));
	C6(move_pages, 0, 1, put(&(void *){ ARENA }, 8), put(&(int){ 0 }, 4), room(4), MPOL_MF_MOVE);
	C6(move_pages, 0, 2, BAD, 0, room(8), 8);

	fresh();
	C0(fork);
	waitpid(-1, &status, 0);
	C0(vfork);
	waitpid(-1, &status, 0);
	C5(clone, SIGCHLD, 0, 0, 0, 0);
	waitpid(-1, &status, 0);
	C5(clone, SIGCHLD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_VFORK, 0, room(4), room(4), 0);
	waitpid(-1, &status, 0);
	C5(clone, SIGCHLD | CLONE_PIDFD, 0, room(4), 0, 0);
	waitpid(-1, &status, 0);
	C5(clone, CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID, BAD, room(4), 0, 0x1234);
	C5(clone, CLONE_NEWNS | CLONE_FS | 200, 0, 0, 0, 0);
	unsigned long *ca = room(88);
	ca[0] = CLONE_PARENT_SETTID; ca[3] = L(room(4)); ca[4] = SIGCHLD;
	N(435, L(ca), 88, 0, 0, 0, 0);
	waitpid(-1, &status, 0);
	ca[0] = CLONE_PIDFD | CLONE_CHILD_SETTID; ca[1] = L(room(4)); ca[2] = L(room(4));
	N(435, L(ca), 64, 0, 0, 0, 0);
	waitpid(-1, &status, 0);
	ca[0] = CLONE_THREAD | 0x200000000; ca[5] = 0x1000; ca[6] = 0x2000; ca[7] = 5;
	N(435, L(ca), 88, 0, 0, 0, 0);
	N(435, L(ca), 32, 0, 0, 0, 0);
	N(435, 0x1000, 88, 0, 0, 0, 0);
	fresh();
	char **args = put((char *[]){ text("program"), text("-x"), text("an argument that is much longer than it may be shown"), 0 }, 32);
	char **env = put((char *[]){ text("A=1"), text("B=2"), 0 }, 24);
	char **none = put((char *[]){ 0 }, 8);
	C3(execve, text("/nonexistent/program"), args, env);
	C3(execve, text("/nonexistent/program"), none, none);
	C3(execve, text("/nonexistent/program"), 0, 0);
	C3(execve, BAD, BAD, BAD);
	C3(execve, text(""), put((char *[]){ (char *)0x1000, 0 }, 16), put((char *[]){ text("C=3"), 0 }, 16));
	C5(execveat, AT_FDCWD, text("nope"), args, env, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	N(434, getpid(), 0, 0, 0, 0, 0);
	N(434, -1, O_NONBLOCK, 0, 0, 0, 0);
	N(438, 99, 1, 0, 0, 0, 0);
	C2(setpgid, 0, 0);
	C2(setpgid, -1, 5);
	C0(setsid);
	C1(setuid, 0);
	C1(setgid, 0);
	C2(setregid, -1, 0);
	C3(setresgid, 0, -1, 0);
	C1(setfsgid, 0);
	C2(setgroups, 2, put((int[]){ 0, 5 }, 8));
	C2(setgroups, 0, 0);
	C2(setgroups, -1, BAD);
	struct __user_cap_header_struct *cap = STRUCT(struct __user_cap_header_struct, { _LINUX_CAPABILITY_VERSION_3, 0 });
	C2(capget, cap, room(24));
	C2(capget, cap, 0);
	C2(capset, cap, put((int[]){ 1 << CAP_CHOWN | 1 << CAP_KILL, 0x21, 0, 0, 1 << (CAP_SYSLOG - 32), 0 }, 24));
	cap->version = _LINUX_CAPABILITY_VERSION_1;
	C2(capget, cap, BAD);
	cap->version = 5;
	C2(capget, cap, room(24));

	fresh();
	struct { long val, addr; int flags, pad; } *wv = put((long[]){ 5, L(ARENA), 2 | 128, 0, 0, 2 }, 48);
	N(449, L(wv), 2, 0, L(STRUCT(struct timespec, { 1, 2 })), CLOCK_MONOTONIC, 0);
	N(449, L(BAD), 2, 1, 0, 99, 0);
	C1(set_thread_area, BAD);
	C1(get_thread_area, BAD);
	C3(modify_ldt, 0, room(16), 16);
	C4(ptrace, PTRACE_PEEKDATA, 99999999, 0x1000, 0);
	C4(ptrace, PTRACE_CONT, 99999999, 0, SIGTERM);
	C4(ptrace, PTRACE_DETACH, 99999999, 0, 0);
	C4(ptrace, PTRACE_SETOPTIONS, 99999999, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
	C4(ptrace, PTRACE_GETREGS, 99999999, 0, BAD);
	C4(ptrace, PTRACE_SEIZE, 99999999, 0, PTRACE_O_TRACESYSGOOD);
	C4(ptrace, 0x9999, 99999999, 1, 2);
	siginfo_t *si = room(128);
	si->si_signo = SIGUSR1; si->si_code = SI_QUEUE; si->si_pid = 5; si->si_uid = 6; si->si_value.sival_int = 7;
	C3(rt_sigqueueinfo, 99999999, SIGUSR1, si);
	C4(rt_tgsigqueueinfo, 99999999, 99999999, SIGUSR1, si);
	C3(rt_sigqueueinfo, 99999999, SIGUSR1, BAD);
	unsigned long *mask = STRUCT(unsigned long, { 1 << (SIGUSR2 - 1) });
	C4(rt_sigtimedwait, mask, si, STRUCT(struct timespec, { 0, 1000 }), 8);
	sigprocmask(SIG_BLOCK, (void *)mask, 0);
	kill(getpid(), SIGUSR2);
	C4(rt_sigtimedwait, mask, si, 0, 8);
	kill(getpid(), SIGUSR2);
	C4(rt_sigtimedwait, mask, 0, 0, 8);
	C2(rt_sigsuspend, BAD, 8);
	C2(rt_sigsuspend, mask, 4);
	N(424, 99, SIGTERM, 0, 0, 0, 0);
	N(424, 99, SIGTERM, L(si), 1, 0, 0);
	C2(settimeofday, STRUCT(struct timeval, { 1, 2000000 }), 0);
	C2(settimeofday, 0, BAD);
	C1(adjtimex, room(208));
	C2(clock_adjtime, CLOCK_MONOTONIC, BAD);
	C2(clock_adjtime, CLOCK_REALTIME, room(208));

	fresh();
	int shm = C3(shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	C3(shmget, 0x1234567, 4096, 0);
	C3(shmget, 0x1234567, 4096, IPC_EXCL | 0777 | 010000);
	long at = C3(shmat, shm, 0, SHM_RDONLY);
	C3(shmat, -1, 0x1000, SHM_RND | SHM_EXEC);
	C1(shmdt, at);
	C1(shmdt, BAD);
	C3(shmctl, shm, IPC_STAT, room(112));
	C3(shmctl, shm, IPC_RMID, 0);
	C3(shmctl, -1, 77, BAD);
	int sem = C3(semget, IPC_PRIVATE, 2, IPC_CREAT | 0600);
	C3(semget, 0x55, 1, 0);
	struct sembuf *ops = put((struct sembuf[]){ { 0, 1, 0 }, { 1, -1, IPC_NOWAIT | SEM_UNDO } }, 12);
	C3(semop, sem, ops, 2);
	C3(semop, sem, BAD, 2);
	C4(semtimedop, sem, ops, 1, STRUCT(struct timespec, { 1, 2 }));
	C4(semtimedop, sem, ops, 1, 0);
	C4(semctl, sem, 0, GETVAL, 0);
	C4(semctl, sem, 0, SETVAL, 5);
	C4(semctl, sem, 0, IPC_STAT, room(104));
	C4(semctl, sem, 0, IPC_RMID, 0);
	C4(semctl, -1, 0, 77, 0x1234);
	int msg = C2(msgget, IPC_PRIVATE, IPC_CREAT | 0666);
	C2(msgget, 0x77, IPC_EXCL);
	void *m = put("\5\0\0\0\0\0\0\0message", 16);
	C4(msgsnd, msg, m, 7, IPC_NOWAIT);
	C4(msgsnd, -1, BAD, 7, 0);
	C5(msgrcv, msg, room(64), 56, 5, MSG_NOERROR | IPC_NOWAIT);
	C5(msgrcv, msg, room(64), 56, -5, MSG_EXCEPT | IPC_NOWAIT);
	C3(msgctl, msg, IPC_STAT, room(120));
	C3(msgctl, msg, IPC_RMID, 0);
	C3(msgctl, -1, 77, BAD);
	fresh();
	struct mq_attr *attr = put((long[]){ O_NONBLOCK, 4, 64, 0, 0, 0, 0, 0 }, 64);
	int mq = C4(mq_open, text("ring3-test"), O_RDWR | O_CREAT, 0600, attr);
	C4(mq_open, text("ring3-none"), O_RDONLY, 0, 0);
	C4(mq_open, text("ring3-none"), O_RDONLY | O_CREAT, 0600, BAD);
	C5(mq_timedsend, mq, text("queued"), 6, 3, 0);
	C5(mq_timedreceive, mq, room(64), 64, room(4), STRUCT(struct timespec, { 1, 2 }));
	C5(mq_timedreceive, mq, room(64), 4, 0, 0);
	C3(mq_getsetattr, mq, 0, room(64));
	C3(mq_getsetattr, mq, attr, 0);
	C2(mq_notify, mq, 0);
	struct sigevent *ev = room(64);
	ev->sigev_notify = SIGEV_SIGNAL; ev->sigev_signo = SIGUSR1;
	C2(mq_notify, mq, ev);
	C1(mq_unlink, text("ring3-test"));
	C1(mq_unlink, text("ring3-none"));

	fresh();
	C3(syslog, 10, 0, 0);
	C3(syslog, 77, BAD, 5);
	C2(sethostname, BAD, 5);
	C2(sethostname, text("too long"), -1);
	C2(setdomainname, BAD, 3);
	C4(reboot, 1, 2, 3, 4);
	C4(reboot, 0xfee1dead, 5, 0xa1b2c3d4, BAD);
	N(430, L(text("nofs")), 1, 0, 0, 0, 0);
	N(431, 99, 1, L(text("key")), L(text("value")), 0, 0);
	N(431, 99, 6, 0, 0, 0, 0);
	N(431, 99, 77, 1, 2, 3, 0);
	N(432, 99, 1, 0xf, 0, 0, 0);
	N(433, AT_FDCWD, L(text("/nonexistent")), 1, 0, 0, 0);
	N(428, AT_FDCWD, L(text("/nonexistent")), 1 | O_CLOEXEC | AT_RECURSIVE, 0, 0, 0);
	N(429, AT_FDCWD, L(text("/nonexistent")), 99, L(text("")), 0x44, 0);
	N(442, AT_FDCWD, L(text("/nonexistent")), AT_RECURSIVE, L(put((long[]){ 1, 2, 0, 0 }, 32)), 32, 0);
	C3(sysfs, 1, text("proc"), 0);
	C3(sysfs, 3, 0, 0);
	C4(quotactl, 0x80000700, text("/dev/null"), 0, BAD);
	C4(quotactl, 0x80000102, 0, 0, text("quota"));
	N(443, 99, 0x80000700, 0, 0x1000, 0, 0);
	C1(iopl, 0);
	C3(ioperm, 0x10000, 1, 1);
	C3(init_module, BAD, 5, text("param=1"));
	C3(finit_module, 99, text("param=1"), 3);
	C2(delete_module, text("nomodule"), O_NONBLOCK);
	C4(kexec_load, 0, 0, BAD, 0x80000000);
	C5(kexec_file_load, 98, 99, 5, text("cmd"), 0x40);
	C5(add_key, text("user"), text("ring3"), text("payload"), 7, -3);
	C5(add_key, text("user"), text("ring3"), BAD, 7, 12345);
	C4(request_key, text("user"), text("ring3none"), 0, -3);
	C5(keyctl, 0, -3, 0, 0, 0);
	C5(keyctl, 6, 1234567, room(32), 32, 0);
	C5(keyctl, 99, 1, 2, 3, 4);
	C3(bpf, 99, BAD, 5);
	C3(bpf, 1, BAD, 500);
	C5(perf_event_open, BAD, 0, -1, -1, 8);
	C3(lookup_dcookie, 5, BAD, 7);
	N(444, 0, 0, 1, 0, 0, 0);
	N(444, L(BAD), 8, 0, 0, 0, 0);
	N(445, 99, 1, L(put((char[12]){ 1 }, 12)), 0, 0, 0);
	N(445, 99, 7, L(BAD), 1, 0, 0);
	N(446, 99, 0, 0, 0, 0, 0);
	N(156, 0x1000, 0, 0, 0, 0, 0);
	N(174, 1, 2, 3, 4, 5, 6);
	N(177, 1, 2, 3, 4, 5, 6);
	N(178, 1, 2, 3, 4, 5, 6);
	N(180, 1, 2, 3, 4, 5, 6);
	N(181, 1, 2, 3, 4, 5, 6);
	N(182, 1, 2, 3, 4, 5, 6);
	N(183, 1, 2, 3, 4, 5, 6);
	N(184, 1, 2, 3, 4, 5, 6);
	N(185, 1, 2, 3, 4, 5, 6);
	N(236, 1, 2, 3, 4, 5, 6);
	N(214, 1, 2, 3, 4, 5, 6);
	N(215, 1, 2, 3, 4, 5, 6);
	N(400, 1, 2, 3, 4, 5, 6);
	N(0x7fffffff, 1, 2, 3, 4, 5, 6);
	end();
}
