/* What a Go or C program asks for at its start: memory, signals, scheduling, limits, time, threads. */
#include "record.h"
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

struct ksigaction { void *handler; unsigned long flags; void *restorer; unsigned long mask; };

static int child(void)
{
	int pid = fork();
	if (!pid) _exit(3);
	return pid;
}

int main(int argc, char **argv)
{
	if (argc < 2) return 1;
	begin(argv[1]);

	fresh();
	C2(arch_prctl, ARCH_GET_FS, room(8));
	C2(arch_prctl, 0x3001, 0);
	C2(arch_prctl, 0x9999, 0x1234);
	C2(arch_prctl, ARCH_GET_CPUID, 0);
	C3(sched_getaffinity, 0, 8192, room(1024));
	C3(sched_getaffinity, 0, 1, room(8));
	fresh();
	*(unsigned long *)room(8) = 3;
	C3(sched_setaffinity, 0, 8, ARENA);
	C3(sched_setaffinity, 0, 0, ARENA);
	C3(sched_setaffinity, 0, 8, BAD);
	C0(sched_yield);

	C6(mmap, 0, 262144, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	C6(mmap, 0x20000000, 4096, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	C6(mmap, 0x20000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
	C6(mmap, 0, 0, 7, 0, 99, 4096);
	C6(mmap, 0, 4096, 0x80, 0x22 | (21 << 26) | MAP_HUGETLB, -1, 0);
	C6(mmap, 0x123000, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_GROWSDOWN | MAP_STACK | MAP_LOCKED, 2, 0x7000);
	C3(mprotect, 0x20000000, 4096, PROT_READ | PROT_WRITE);
	C3(mprotect, 0x1001, 4096, PROT_EXEC);
	C5(mremap, 0x20000000, 4096, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, 0x30000000);
	C5(mremap, 0x30000000, 4096, 8192, MREMAP_MAYMOVE, 0x30000000);
	C5(mremap, 0x1000, 4096, 8192, 0, 0);
	C3(madvise, 0x30000000, 4096, MADV_DONTNEED);
	C3(madvise, 0x30000000, 4096, MADV_NOHUGEPAGE);
	C3(madvise, 0x30000000, 4096, 25);
	C3(madvise, 0x1000, 4096, 99);
	C3(msync, 0x30000000, 4096, MS_SYNC | MS_INVALIDATE);
	C3(mincore, ARENA, 8192, room(8));
	C3(mincore, BAD, 8192, room(8));
	C2(mlock, ARENA, 4096);
	C3(mlock2, ARENA, 4096, 1);
	C2(munlock, ARENA, 4096);
	C1(mlockall, 64);
	C0(munlockall);
	C2(munmap, 0x30000000, 8192);
	C2(munmap, 0x30000001, 8192);
	C1(brk, 0);

	fresh();
	struct ksigaction *sa = STRUCT(struct ksigaction, { (void *)0x45c1c0, SA_ONSTACK | SA_RESTART | SA_SIGINFO | 0x04000000, (void *)0x45c300, ~0ul });
	void *old = room(32);
	C4(rt_sigaction, SIGUSR1, 0, old, 8);
	C4(rt_sigaction, SIGUSR1, sa, old, 8);
	C4(rt_sigaction, SIGUSR1, 0, old, 8);
	C4(rt_sigaction, 35, sa, 0, 8);
	C4(rt_sigaction, SIGKILL, sa, old, 8);
	C4(rt_sigaction, 99, sa, 0, 8);
	C4(rt_sigaction, SIGUSR2, sa, 0, 4);
	C4(rt_sigaction, SIGUSR2, BAD, 0, 8);
	sa->handler = SIG_IGN; sa->flags = SA_RESETHAND | SA_NODEFER | SA_NOCLDSTOP | 0x100; sa->mask = 1 << (SIGINT - 1) | 1 << (SIGTERM - 1) | 1ul << 33;
	C4(rt_sigaction, SIGUSR1, sa, 0, 8);
	sa->handler = SIG_DFL; sa->flags = 0; sa->mask = 0;
	C4(rt_sigaction, SIGUSR1, sa, 0, 8);
	fresh();
	unsigned long *mask = room(8), *oldmask = room(8);
	C4(rt_sigprocmask, SIG_SETMASK, 0, oldmask, 8);
	*mask = ~0ul;
	C4(rt_sigprocmask, SIG_SETMASK, mask, oldmask, 8);
	C4(rt_sigprocmask, SIG_BLOCK, 0, oldmask, 8);
	*mask = 1 << (SIGHUP - 1) | 1 << (SIGCHLD - 1) | 1ul << 31 | 1ul << 63;
	C4(rt_sigprocmask, SIG_UNBLOCK, mask, 0, 8);
	C4(rt_sigprocmask, 7, mask, 0, 8);
	C4(rt_sigprocmask, SIG_BLOCK, mask, 0, 16);
	*mask = 0;
	C4(rt_sigprocmask, SIG_SETMASK, mask, 0, 8);
	C4(rt_sigprocmask, SIG_SETMASK, BAD, oldmask, 8);
	C2(rt_sigpending, oldmask, 8);
	fresh();
	stack_t *st = STRUCT(stack_t, { (void *)0xc000002000, 0, 32768 });
	stack_t *ost = room(sizeof(stack_t));
	C2(sigaltstack, 0, ost);
	C2(sigaltstack, st, 0);
	C2(sigaltstack, st, ost);
	st->ss_flags = SS_DISABLE | 1 << 31; st->ss_sp = 0; st->ss_size = 1;
	C2(sigaltstack, st, ost);
	C2(sigaltstack, BAD, 0);

	C0(gettid);
	C0(getpid);
	C0(getppid);
	C0(getuid);
	C0(geteuid);
	C0(getgid);
	C0(getegid);
	C1(getpgid, 0);
	C0(getpgrp);
	C1(getsid, 0);
	fresh();
	C3(getresuid, room(4), room(4), room(4));
	C3(getresgid, ARENA, BAD, ARENA);
	C3(setresuid, -1, -1, -1);
	C2(setreuid, -1, -1);
	C1(setfsuid, -1);
	C2(getgroups, 0, 0);
	C2(getgroups, 64, room(256));
	C2(getgroups, -1, room(256));
	C1(umask, 022);
	C1(umask, 0);
	C1(umask, 022);
	C1(personality, 0xffffffff);
	C1(personality, 0x0040000);
	C1(personality, 0);

	fresh();
	unsigned *word = room(4);
	*word = 5;
	struct timespec *ts = STRUCT(struct timespec, { 0, 20000 });
	C6(futex, word, FUTEX_WAIT_PRIVATE, 4, 0, 0, 0);
	C6(futex, word, FUTEX_WAIT_PRIVATE, 5, ts, 0, 0);
	C6(futex, word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
	C6(futex, word, FUTEX_WAKE, 0x7fffffff, 0, 0, 0);
	C6(futex, word, FUTEX_WAKE, -1, 0, 0, 0);
	C6(futex, word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 4, ts, 0, 0);
	C6(futex, word, FUTEX_WAIT_BITSET_PRIVATE, 4, ts, 0, -1);
	C6(futex, word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 4, ts, 0, 0xff);
	C6(futex, word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 4, 0, 0, -1);
	C6(futex, word, FUTEX_WAKE_BITSET_PRIVATE, 4, 0, 0, 3);
	C6(futex, word, FUTEX_REQUEUE_PRIVATE, 1, 7, word + 1, 0);
	C6(futex, word, FUTEX_CMP_REQUEUE, 1, 2, word + 1, 5);
	C6(futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, word + 1, 6);
	C6(futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, word + 1, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 1));
	C6(futex, word, FUTEX_WAKE_OP, 1, 1, word + 1, FUTEX_OP(FUTEX_OP_SET | 8, 3, FUTEX_OP_CMP_EQ, 0));
	C6(futex, word, FUTEX_LOCK_PI, 0, ts, 0, 0);
	C6(futex, word, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0);
	C6(futex, word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0);
	C6(futex, word, FUTEX_LOCK_PI2_PRIVATE, 0, ts, 0, 0);
	C6(futex, word, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 1, ts, word + 1, 0);
	C6(futex, word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 1, word + 1, 0);
	C6(futex, word, 0x55, 1, 2, 3, 4);
	C6(futex, BAD, FUTEX_WAIT, 1, BAD, 3, 4);
	C2(set_robust_list, BAD, 24);
	C3(get_robust_list, 0, room(8), room(8));
	C1(set_tid_address, ARENA);
	C4(rseq, ARENA + 4096, 32, 0, 0x53053053);
	C4(rseq, ARENA + 4096, 32, 1, 0x53053053);

	fresh();
	struct rlimit *rl = room(16), *orl = room(16);
	C4(prlimit64, 0, RLIMIT_NOFILE, 0, orl);
	rl->rlim_cur = 1024; rl->rlim_max = orl->rlim_max;
	C4(prlimit64, 0, RLIMIT_NOFILE, rl, orl);
	rl->rlim_cur = 65536; rl->rlim_max = RLIM_INFINITY;
	C4(prlimit64, 0, RLIMIT_CORE, rl, 0);
	rl->rlim_cur = 1000001; rl->rlim_max = 8 << 20;
	C4(prlimit64, -1, RLIMIT_STACK, rl, 0);
	C4(prlimit64, 0, 77, 0, orl);
	C2(getrlimit, RLIMIT_STACK, orl);
	C2(setrlimit, RLIMIT_CORE, BAD);
	C2(getrusage, RUSAGE_SELF, room(144));
	C2(getrusage, RUSAGE_CHILDREN, BAD);
	C2(getrusage, 5, BAD);
	C1(uname, room(390));
	C1(uname, BAD);
	C1(sysinfo, room(112));
	C1(times, room(32));
	C1(times, 0);
	C3(getcpu, room(4), room(4), 0);
	C3(getrandom, room(16), 16, 0);
	C3(getrandom, room(100), 100, 1);
	C3(getrandom, BAD, 100, 7);
	C3(getrandom, BAD, 100, 8);

	fresh();
	struct timespec *tp = room(16);
	C2(clock_gettime, CLOCK_MONOTONIC, tp);
	C2(clock_gettime, CLOCK_REALTIME, tp);
	C2(clock_gettime, 77, tp);
	C2(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, 0);
	C2(clock_gettime, -6, tp);
	C2(clock_getres, CLOCK_BOOTTIME, tp);
	C2(clock_getres, CLOCK_REALTIME_COARSE, 0);
	C2(clock_settime, CLOCK_MONOTONIC, tp);
	C2(gettimeofday, tp, 0);
	C2(gettimeofday, tp, room(8));
	C2(gettimeofday, 0, 0);
	C1(time, 0);
	C1(time, tp);
	ts = STRUCT(struct timespec, { 0, 1000 });
	struct timespec *rem = room(16);
	C2(nanosleep, ts, 0);
	C2(nanosleep, ts, rem);
	C2(nanosleep, BAD, rem);
	ts->tv_nsec = 1000000001;
	C2(nanosleep, ts, rem);
	ts->tv_nsec = 1000;
	C4(clock_nanosleep, CLOCK_MONOTONIC, 0, ts, 0);
	C4(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, ts, rem);
	C4(clock_nanosleep, CLOCK_REALTIME, 0, ts, rem);
	C4(clock_nanosleep, 99, 2, ts, rem);

	fresh();
	signal(SIGALRM, SIG_IGN); signal(SIGPROF, SIG_IGN); signal(SIGVTALRM, SIG_IGN);
	struct itimerval *it = STRUCT(struct itimerval, { { 1, 2 }, { 100, 4 } });
	struct itimerval *oit = room(32);
	C2(getitimer, ITIMER_REAL, oit);
	C3(setitimer, ITIMER_REAL, it, oit);
	C3(setitimer, ITIMER_PROF, it, 0);
	it->it_value.tv_sec = it->it_value.tv_usec = 0;
	C3(setitimer, ITIMER_REAL, it, 0);
	C3(setitimer, ITIMER_PROF, it, oit);
	C3(setitimer, 9, BAD, oit);
	C1(alarm, 0);
	fresh();
	struct sigevent *ev = room(64);
	ev->sigev_notify = SIGEV_SIGNAL; ev->sigev_signo = SIGPROF; ev->sigev_value.sival_int = 5;
	int *timer = room(4);
	C3(timer_create, CLOCK_MONOTONIC, 0, timer);
	C3(timer_create, CLOCK_MONOTONIC, ev, timer);
	ev->sigev_notify = SIGEV_THREAD_ID; ev->_sigev_un._tid = getpid(); ev->sigev_value.sival_int = 0;
	C3(timer_create, CLOCK_THREAD_CPUTIME_ID, ev, timer);
	ev->sigev_notify = SIGEV_NONE;
	C3(timer_create, CLOCK_REALTIME, ev, timer);
	ev->sigev_notify = 77;
	C3(timer_create, CLOCK_REALTIME, ev, timer);
	C3(timer_create, 55, BAD, timer);
	struct itimerspec *its = STRUCT(struct itimerspec, { { 1, 2 }, { 100, 4 } });
	struct itimerspec *oits = room(32);
	C4(timer_settime, 0, 0, its, 0);
	C4(timer_settime, 0, TIMER_ABSTIME, its, oits);
	C4(timer_settime, 99, 8, BAD, oits);
	C2(timer_gettime, 0, oits);
	C2(timer_gettime, 99, oits);
	C1(timer_getoverrun, 0);
	C1(timer_delete, 0);
	C1(timer_delete, 99);

	fresh();
	char *name = text("ring3-test");
	C5(prctl, PR_SET_NAME, name, 0, 0, 0);
	C5(prctl, PR_GET_NAME, room(16), 0, 0, 0);
	C5(prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	C5(prctl, PR_GET_PDEATHSIG, room(4), 0, 0, 0);
	C5(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	C5(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	C5(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	C5(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	C5(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	C5(prctl, PR_CAPBSET_READ, 21, 0, 0, 0);
	C5(prctl, PR_CAPBSET_READ, 99, 0, 0, 0);
	C5(prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	C5(prctl, PR_SET_SECCOMP, 7, 1, 2, 3);
	C5(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
	C5(prctl, PR_SET_TIMERSLACK, 50000, 0, 0, 0);
	C5(prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	C5(prctl, PR_GET_CHILD_SUBREAPER, room(4), 0, 0, 0);
	C5(prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x20000000, 4096, text("Go: heap"));
	C5(prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
	C5(prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0);
	C5(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 5, 0, 0);
	C5(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	C5(prctl, PR_GET_TSC, room(4), 0, 0, 0);
	C5(prctl, PR_GET_SECUREBITS, 0, 0, 0, 0);
	C5(prctl, PR_SET_PTRACER, -1, 0, 0, 0);
	C5(prctl, PR_SET_MM, PR_SET_MM_BRK, 0x1000, 0, 0);
	C5(prctl, PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0);
	C5(prctl, 9999, 1, 2, 3, 4);
	C2(membarrier, MEMBARRIER_CMD_QUERY, 0);
	C3(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	C3(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 1, 0);

	C3(tgkill, getpid(), 99999999, 0);
	C3(tgkill, getpid(), -1, SIGURG);
	C2(kill, 0x3fffffff, SIGTERM);
	C2(kill, -0x3fffffff, 0);
	C2(kill, 0x3fffffff, 64);
	C2(kill, 0x3fffffff, 65);
	C2(tkill, 0x3fffffff, SIGRTMIN);
	C3(ioprio_set, 1, 0, 4 | 2 << 13);
	C2(ioprio_get, 1, 0);
	C2(getpriority, PRIO_PROCESS, 0);
	C3(setpriority, PRIO_PROCESS, 0, 1);
	C1(sched_getscheduler, 0);
	fresh();
	C2(sched_getparam, 0, room(4));
	C3(sched_setscheduler, 0, SCHED_OTHER | 0x40000000, ARENA);
	C3(sched_setscheduler, 0, SCHED_BATCH, ARENA);
	C1(sched_getscheduler, 0);
	C2(sched_setparam, 0, ARENA);
	C1(sched_get_priority_max, SCHED_RR);
	C1(sched_get_priority_min, 55);
	C2(sched_rr_get_interval, 0, room(16));
	fresh();
	C4(sched_getattr, 0, room(64), 56, 0);
	C3(sched_setattr, 0, ARENA, 0);
	C3(sched_setattr, 0, BAD, 0);

	fresh();
	int *status = room(4);
	int pid = child();
	C4(wait4, pid, status, 0, 0);
	pid = child();
	struct rusage *ru = room(sizeof *ru);
	C4(wait4, -1, status, WUNTRACED | WCONTINUED, ru);
	C4(wait4, -1, status, WNOHANG, ru);
	pid = child();
	siginfo_t *si = room(128);
	C5(waitid, P_PID, pid, si, WEXITED | WNOWAIT, 0);
	C5(waitid, P_ALL, 0, si, WEXITED, ru);
	C5(waitid, P_ALL, 0, si, WEXITED | WNOHANG, 0);
	pid = fork();
	if (!pid) { pause(); _exit(0); }
	*status = 0;
	C4(wait4, pid, status, WNOHANG, 0);
	kill(pid, SIGSTOP);
	C4(wait4, pid, status, WUNTRACED, 0);
	kill(pid, SIGCONT);
	C4(wait4, pid, status, WCONTINUED, 0);
	kill(pid, SIGKILL);
	C4(wait4, pid, status, __WALL, 0);
	pid = fork();
	if (!pid) { struct rlimit none = { 0, 0 }; setrlimit(RLIMIT_CORE, &none); abort(); }
	fresh();
	C5(waitid, P_PID, pid, si, WEXITED | WSTOPPED, 0);
	C4(wait4, 0x3fffffff, status, 0, 0);

	C3(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, STRUCT(unsigned, { SECCOMP_RET_KILL_PROCESS }));
	C3(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, BAD);
	C3(seccomp, 9, 9, BAD);
	C5(kcmp, getpid(), getpid(), 2, 0, 0);
	C5(kcmp, getpid(), getpid(), 0, 1, 2);
	C2(unshare, CLONE_FILES | CLONE_NEWTIME, 0);
	C1(unshare, 0);
	C2(setns, -1, CLONE_NEWNET);
	C0(restart_syscall);
	end();
}
