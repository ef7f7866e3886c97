/* System V shared memory, semaphores and message queues. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r == -1 ? strerror(errno) : ""); }
static void handler(int s) { (void)s; }
static int key(int n) { return 0x52330000 + n; }
static void perm(const char *what, struct ipc_perm *p)
{
	printf("%s: key %x mode %o mine %d %d\n", what, p->__key, p->mode, p->uid == geteuid() && p->gid == getegid(),
	       p->cuid == geteuid() && p->cgid == getegid());
}
static int exit_of(pid_t p) { int st; waitpid(p, &st, 0); return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st); }

static void memory(void)
{
	struct shmid_ds ds;
	say("shmget nothing there", shmget(key(1), 100, 0));
	say("shmget too small", shmget(key(1), 0, IPC_CREAT | 0600));
	int id = shmget(key(1), 10000, IPC_CREAT | IPC_EXCL | 0640);
	say("made", id >= 0);
	say("again", shmget(key(1), 10000, 0) == id);
	say("exclusive", shmget(key(1), 10000, IPC_CREAT | IPC_EXCL | 0600));
	say("larger", shmget(key(1), 20000, 0));
	say("smaller", shmget(key(1), 1, 0) == id);
	say("shmctl IPC_STAT", shmctl(id, IPC_STAT, &ds));
	perm("perm", &ds.shm_perm);
	printf("size %zu attached %ld cpid %d lpid %d atime %d ctime %d\n", ds.shm_segsz, (long)ds.shm_nattch, ds.shm_cpid == getpid(),
	       ds.shm_lpid, ds.shm_atime != 0, ds.shm_ctime != 0);
	char *a = shmat(id, 0, 0), *b = shmat(id, 0, SHM_RDONLY);
	say("attached", a != (char *)-1 && b != (char *)-1 && a != b);
	strcpy(a + 5000, "written through one");
	printf("read through the other: %s\n", b + 5000);
	shmctl(id, IPC_STAT, &ds);
	printf("attached %ld lpid %d\n", (long)ds.shm_nattch, ds.shm_lpid == getpid());
	say("at a bad address", (long)shmat(id, a + 1, 0));
	say("at a taken address", (long)shmat(id, a, 0));
	say("remap", shmat(id, a, SHM_REMAP) == a);
	say("remap nowhere", (long)shmat(id, 0, SHM_REMAP));
	char *hole = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(hole, 65536);
	char *c = shmat(id, hole + 100, SHM_RND);
	say("rounded", c == hole);
	say("same", strcmp(c + 5000, "written through one"));
	say("shmdt", shmdt(c));
	say("shmdt twice", shmdt(c));
	say("shmdt inside", shmdt(a + 4096));
	say("write to read-only", mprotect(b, 4096, PROT_READ | PROT_WRITE));
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) {
		shmctl(id, IPC_STAT, &ds);
		printf("in the child: attached %ld %s\n", (long)ds.shm_nattch, a + 5000);
		strcpy(a + 5000, "by the child");
		shmdt(b);
		shmctl(id, IPC_STAT, &ds);
		printf("in the child: attached %ld\n", (long)ds.shm_nattch);
		fflush(stdout);
		_exit(0);
	}
	say("child", exit_of(p));
	printf("after: %s\n", b + 5000);
	ds.shm_perm.mode = 0400;
	say("IPC_SET", shmctl(id, IPC_SET, &ds));
	say("no permission", (long)shmat(id, 0, 0));
	say("to read", shmdt(shmat(id, 0, SHM_RDONLY)));
	say("IPC_RMID", shmctl(id, IPC_RMID, 0));
	say("by key", shmget(key(1), 1, 0));
	say("still there", shmctl(id, IPC_STAT, &ds));
	printf("key %x mode %o attached %ld\n", ds.shm_perm.__key, ds.shm_perm.mode, (long)ds.shm_nattch);
	printf("still: %s\n", a + 5000);
	say("shmdt", shmdt(a));
	say("shmdt the last", shmdt(b));
	say("gone", shmctl(id, IPC_STAT, &ds));
	say("IPC_RMID of nothing", shmctl(id, IPC_RMID, 0));
	say("what", shmctl(0, 4711, 0));
	int two = shmget(IPC_PRIVATE, 4096, 0600);
	say("private", two >= 0 && two != id);
	say("pages are zero", ((char *)shmat(two, 0, 0))[100]);
	say("removed while attached", shmctl(two, IPC_RMID, 0));
	struct shminfo info;
	say("IPC_INFO", shmctl(0, IPC_INFO, (struct shmid_ds *)&info) >= 0);
	printf("min %lu mni %lu\n", info.shmmin, info.shmmni);
	say("null", shmctl(two, IPC_STAT, (struct shmid_ds *)8));
}

static void semaphores(void)
{
	struct semid_ds ds;
	unsigned short all[3] = { 4, 5, 6 };
	say("semget nothing there", semget(key(2), 1, 0));
	say("semget none", semget(key(2), 0, IPC_CREAT | 0600));
	say("semget too many", semget(key(2), 40000, IPC_CREAT | 0600));
	say("semget negative", semget(key(2), -1, IPC_CREAT | 0600));
	int id = semget(key(2), 3, IPC_CREAT | 0600);
	say("made", id >= 0);
	say("more", semget(key(2), 4, 0));
	say("fewer", semget(key(2), 0, 0) == id);
	say("GETVAL", semctl(id, 1, GETVAL));
	say("SETVAL", semctl(id, 1, SETVAL, 3));
	say("SETVAL too much", semctl(id, 1, SETVAL, 40000));
	say("SETVAL of none", semctl(id, 3, SETVAL, 1));
	say("GETVAL", semctl(id, 1, GETVAL));
	say("GETPID", semctl(id, 1, GETPID) == getpid());
	say("SETALL", semctl(id, 0, SETALL, all));
	memset(all, 0, sizeof all);
	say("GETALL", semctl(id, 0, GETALL, all));
	printf("%d %d %d\n", all[0], all[1], all[2]);
	say("IPC_STAT", semctl(id, 0, IPC_STAT, &ds));
	perm("perm", &ds.sem_perm);
	printf("%ld semaphores, otime %d\n", (long)ds.sem_nsems, ds.sem_otime != 0);
	struct sembuf ops[3] = { { 0, -4, IPC_NOWAIT }, { 1, -5, IPC_NOWAIT }, { 2, -7, IPC_NOWAIT } };
	say("all or nothing", semop(id, ops, 3));
	semctl(id, 0, GETALL, all);
	printf("%d %d %d\n", all[0], all[1], all[2]);
	ops[2].sem_op = -6;
	say("all", semop(id, ops, 3));
	semctl(id, 0, GETALL, all);
	printf("%d %d %d\n", all[0], all[1], all[2]);
	struct sembuf zero = { 0, 0, IPC_NOWAIT }, up = { 0, 1, 0 }, down = { 0, -1, IPC_NOWAIT }, wait = { 0, -1, 0 };
	say("zero is", semop(id, &zero, 1));
	say("up", semop(id, &up, 1));
	say("zero is not", semop(id, &zero, 1));
	say("down", semop(id, &down, 1));
	say("down again", semop(id, &down, 1));
	struct sembuf pair[2] = { { 0, 1, 0 }, { 0, -1, 0 } };
	say("up and down at once", semop(id, pair, 2));
	up.sem_num = 3;
	say("no such semaphore", semop(id, &up, 1));
	up.sem_num = 0;
	up.sem_op = 32767;
	say("the most", semop(id, &up, 1));
	up.sem_op = 1;
	say("too much", semop(id, &up, 1));
	semctl(id, 0, SETVAL, 0);
	say("no operations", semop(id, &up, 0));
	say("too many operations", semop(id, &up, 501));
	say("bad pointer", semop(id, (void *)8, 1));
	struct timespec brief = { 0, 20000000 }, bad = { 0, 2000000000 };
	say("semtimedop", semtimedop(id, &wait, 1, &brief));
	say("bad time", semtimedop(id, &wait, 1, &bad));
	fflush(stdout);
	/* Waiting, and who is told. */
	pid_t p = fork();
	if (p == 0) { int r = semop(id, &wait, 1); _exit(r == 0 ? 11 : errno); }
	usleep(100000);
	say("GETNCNT", semctl(id, 0, GETNCNT));
	say("GETZCNT", semctl(id, 0, GETZCNT));
	semop(id, &up, 1);
	say("woken", exit_of(p));
	say("left", semctl(id, 0, GETVAL));
	semctl(id, 0, SETVAL, 2);
	fflush(stdout);
	p = fork();
	if (p == 0) { zero.sem_flg = 0; _exit(semop(id, &zero, 1) == 0 ? 12 : errno); }
	usleep(100000);
	say("GETZCNT", semctl(id, 0, GETZCNT));
	semop(id, &down, 1);
	say("not yet", waitpid(p, 0, WNOHANG));
	semop(id, &down, 1);
	say("zero", exit_of(p));
	/* Two that want more than there is: the small one may pass. */
	fflush(stdout);
	pid_t big = fork();
	if (big == 0) { wait.sem_op = -3; _exit(semop(id, &wait, 1) == 0 ? 13 : errno); }
	usleep(50000);
	pid_t small = fork();
	if (small == 0) { _exit(semop(id, &wait, 1) == 0 ? 14 : errno); }
	usleep(50000);
	semop(id, &up, 1);
	say("small", exit_of(small));
	up.sem_op = 3;
	semop(id, &up, 1);
	say("big", exit_of(big));
	up.sem_op = 1;
	/* A signal ends it, whatever SA_RESTART says. */
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &sa, 0);
	ualarm(20000, 0);
	say("interrupted", semop(id, &wait, 1));
	/* SEM_UNDO. */
	fflush(stdout);
	semctl(id, 0, SETVAL, 5);
	p = fork();
	if (p == 0) {
		struct sembuf undo[2] = { { 0, -2, SEM_UNDO }, { 1, 3, SEM_UNDO } };
		semop(id, undo, 2);
		_exit(semctl(id, 0, GETVAL) * 10 + semctl(id, 1, GETVAL));
	}
	say("during", exit_of(p));
	say("after", semctl(id, 0, GETVAL) * 10 + semctl(id, 1, GETVAL));
	fflush(stdout);
	p = fork();
	if (p == 0) {
		struct sembuf undo = { 0, -2, SEM_UNDO };
		semop(id, &undo, 1);
		semctl(id, 0, SETVAL, 7);
		_exit(0);
	}
	exit_of(p);
	say("set by hand", semctl(id, 0, GETVAL));
	semctl(id, 0, SETVAL, 0);
	fflush(stdout);
	p = fork();
	if (p == 0) { _exit(semop(id, &wait, 1) == 0 ? 15 : errno == EIDRM ? 16 : errno); }
	usleep(100000);
	say("IPC_RMID", semctl(id, 0, IPC_RMID));
	say("removed under it", exit_of(p));
	say("gone", semctl(id, 0, GETVAL));
	say("gone", semop(id, &up, 1));
	struct seminfo info;
	say("IPC_INFO", semctl(0, 0, IPC_INFO, &info) >= 0);
	printf("msl %d opm %d vmx %d aem %d\n", info.semmsl, info.semopm, info.semvmx, info.semaem);
	say("what", semctl(0, 0, 4711));
}

struct message { long type; char text[9000]; };

static void messages(void)
{
	struct msqid_ds ds;
	static struct message m, r;
	say("msgget nothing there", msgget(key(3), 0));
	int id = msgget(key(3), IPC_CREAT | 0600);
	say("made", id >= 0);
	say("exclusive", msgget(key(3), IPC_CREAT | IPC_EXCL | 0600));
	for (int i = 1; i <= 5; i++) {
		m.type = i % 3 + 1;
		sprintf(m.text, "message %d", i);
		say("msgsnd", msgsnd(id, &m, strlen(m.text) + 1, 0));
	}
	say("IPC_STAT", msgctl(id, IPC_STAT, &ds));
	perm("perm", &ds.msg_perm);
	printf("%lu messages, %lu bytes of %lu, sender %d receiver %d\n", (long)ds.msg_qnum, (long)ds.__msg_cbytes, (long)ds.msg_qbytes,
	       ds.msg_lspid == getpid(), ds.msg_lrpid);
	long types[] = { 3, -2, 0, -3, 1, 2 };
	for (int i = 0; i < 6; i++) {
		memset(&r, 0, sizeof r);
		long n = msgrcv(id, &r, sizeof r.text, types[i], IPC_NOWAIT);
		printf("type %ld: %ld %s, type %ld \"%s\"\n", types[i], n, n < 0 ? strerror(errno) : "", r.type, r.text);
	}
	m.type = 7;
	strcpy(m.text, "a longer text");
	msgsnd(id, &m, 14, 0);
	m.type = 8;
	msgsnd(id, &m, 0, 0);
	say("too long for it", msgrcv(id, &r, 5, 7, 0));
	memset(&r, 0, sizeof r);
	say("cut", msgrcv(id, &r, 5, 7, MSG_NOERROR));
	printf("\"%s\"\n", r.text);
	say("all but", msgrcv(id, &r, 5, 9, MSG_EXCEPT));
	say("type 0", (m.type = 0, msgsnd(id, &m, 1, 0)));
	m.type = 1;
	say("too long", msgsnd(id, &m, 8193, 0));
	say("bad pointer", msgsnd(id, (void *)8, 1, 0));
	while (msgrcv(id, &r, sizeof r.text, 0, IPC_NOWAIT) >= 0) printf("drained type %ld\n", r.type);
	say("longest", msgsnd(id, &m, 8192, 0));
	say("and again", msgsnd(id, &m, 8192, 0));
	say("full", msgsnd(id, &m, 1, IPC_NOWAIT));
	say("empty ones fit", msgsnd(id, &m, 0, IPC_NOWAIT));
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) { m.type = 5; _exit(msgsnd(id, &m, 8192, 0) == 0 ? 21 : errno); }
	usleep(50000);
	say("still waits", waitpid(p, 0, WNOHANG));
	msgrcv(id, &r, sizeof r.text, 0, 0);
	msgrcv(id, &r, sizeof r.text, 0, 0);
	say("room", exit_of(p));
	say("its message", msgrcv(id, &r, sizeof r.text, 5, 0));
	fflush(stdout);
	p = fork();
	if (p == 0) { long n = msgrcv(id, &r, sizeof r.text, 4, 0); _exit(n == 3 && !strcmp(r.text, "ab") ? 22 : errno); }
	usleep(50000);
	m.type = 3, strcpy(m.text, "ab");
	msgsnd(id, &m, 3, 0);
	usleep(50000);
	say("another type", waitpid(p, 0, WNOHANG));
	m.type = 4;
	msgsnd(id, &m, 3, 0);
	say("its type", exit_of(p));
	say("lost", msgrcv(id, (void *)8, 10, 3, 0));
	say("nothing", msgrcv(id, &r, 10, 3, IPC_NOWAIT));
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &sa, 0);
	ualarm(20000, 0);
	say("interrupted", msgrcv(id, &r, 10, 3, 0));
	ds.msg_qbytes = 100;
	ds.msg_perm.mode = 0600;
	say("IPC_SET", msgctl(id, IPC_SET, &ds));
	say("too much for it", msgsnd(id, &m, 101, IPC_NOWAIT));
	ds.msg_qbytes = 100000;
	say("more", msgctl(id, IPC_SET, &ds));
	fflush(stdout);
	p = fork();
	if (p == 0) { _exit(msgrcv(id, &r, 10, 3, 0) == -1 && errno == EIDRM ? 23 : errno); }
	usleep(50000);
	say("IPC_RMID", msgctl(id, IPC_RMID, 0));
	say("removed under it", exit_of(p));
	say("gone", msgsnd(id, &m, 1, 0));
	say("gone", msgrcv(id, &r, 10, 0, 0));
	say("negative", msgrcv(-1, &r, 10, 0, 0));
	say("what", msgctl(0, 4711, 0));
	struct msginfo info;
	say("IPC_INFO", msgctl(0, IPC_INFO, (struct msqid_ds *)&info) >= 0);
	printf("max %d mnb %d\n", info.msgmax, info.msgmnb);
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	memory();
	semaphores();
	messages();
	return 0;
}
