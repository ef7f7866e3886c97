/* sched_getattr and sched_setattr: sizes, policies, the nice value. */
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sys/syscall.h>
struct a {unsigned size,policy; unsigned long flags; int nice; unsigned prio; unsigned long r,d,p; unsigned umin,umax;} ;
static void show(const char*w,long r){ printf("%s %ld %d\n",w,r,r<0?errno:0);}
int main(){ struct a x; memset(&x,0,sizeof x);
	show("get", syscall(SYS_sched_getattr,0,&x,sizeof x,0)); printf("%u %u %lx %d %u\n",x.size,x.policy,x.flags,x.nice,x.prio);
	show("get48", syscall(SYS_sched_getattr,0,&x,48,0)); printf("%u\n",x.size);
	show("get47", syscall(SYS_sched_getattr,0,&x,47,0));
	show("get0", syscall(SYS_sched_getattr,0,0,56,0));
	show("getf", syscall(SYS_sched_getattr,0,&x,56,1));
	show("getbad", syscall(SYS_sched_getattr,0,(void*)8,56,0));
	show("getnobody", syscall(SYS_sched_getattr,999999,&x,56,0));
 memset(&x,0,sizeof x); x.size=56; x.nice=5;
	show("set", syscall(SYS_sched_setattr,0,&x,0));
	show("get", syscall(SYS_sched_getattr,0,&x,56,0)); printf("%d\n",x.nice);
 x.nice=1; x.flags=0;
	show("lower", syscall(SYS_sched_setattr,0,&x,0)); x.size=20;
	show("short", syscall(SYS_sched_setattr,0,&x,0)); printf("%u\n",x.size);
 memset(&x,0,sizeof x); x.size=56; x.nice=5; x.policy=1;
	show("fifo0", syscall(SYS_sched_setattr,0,&x,0)); x.prio=3;
	show("fifo", syscall(SYS_sched_setattr,0,&x,0)); x.policy=99;
	show("99", syscall(SYS_sched_setattr,0,&x,0)); x.policy=-1;
	show("-1", syscall(SYS_sched_setattr,0,&x,0));
 x.policy=0;x.prio=0;
	show("nobody", syscall(SYS_sched_setattr,999999,&x,0));
	show("flags", syscall(SYS_sched_setattr,0,&x,1)); return 0; }
