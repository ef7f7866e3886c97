/*
 * The [vdso] image of the emulated kernel: clocks that a program reads without a system call. RDTSC counts virtual
 * nanoseconds since boot, so monotonic time is RDTSC and real time is RDTSC plus the time of boot, which the kernel
 * keeps in the page in front of the image. Clocks of CPU time need the kernel.
 */
typedef long time_t;
struct timespec { time_t tv_sec; long tv_nsec; };
struct timeval { time_t tv_sec; long tv_usec; };
struct timezone { int tz_minuteswest, tz_dsttime; };

/* Layout: see emulator/kernel/vdso.ts. */
extern const volatile struct { unsigned long boot_time; } vvar __attribute__((visibility("hidden")));

#define EXPORT __attribute__((visibility("default")))
#define NSEC 1000000000ul
/* CONFIG_HZ = 250 */
#define COARSE 4000000ul

static inline unsigned long monotonic(void)
{
	unsigned int low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (unsigned long)high << 32 | low;
}

static inline long call2(long number, long a, long b)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return result;
}

EXPORT int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	unsigned long now;
	switch (clock) {
	case 0: case 11: /* CLOCK_REALTIME, CLOCK_TAI */
		now = monotonic() + vvar.boot_time;
		break;
	case 1: case 4: case 7: /* CLOCK_MONOTONIC, _RAW, CLOCK_BOOTTIME */
		now = monotonic();
		break;
	case 5: /* CLOCK_REALTIME_COARSE */
		now = monotonic() + vvar.boot_time;
		now -= now % COARSE;
		break;
	case 6: /* CLOCK_MONOTONIC_COARSE */
		now = monotonic();
		now -= now % COARSE;
		break;
	default:
		return call2(228, clock, (long)ts);
	}
	ts->tv_sec = now / NSEC;
	ts->tv_nsec = now % NSEC;
	return 0;
}

EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	if (tv) {
		unsigned long now = monotonic() + vvar.boot_time;
		tv->tv_sec = now / NSEC;
		tv->tv_usec = now % NSEC / 1000;
	}
	if (tz)
		tz->tz_minuteswest = tz->tz_dsttime = 0;
	return 0;
}

EXPORT time_t __vdso_time(time_t *t)
{
	time_t now = (monotonic() + vvar.boot_time) / NSEC;
	if (t)
		*t = now;
	return now;
}

EXPORT int __vdso_clock_getres(int clock, struct timespec *ts)
{
	switch (clock) {
	case 0: case 1: case 4: case 7: case 11:
		if (ts) {
			ts->tv_sec = 0;
			ts->tv_nsec = 1;
		}
		return 0;
	case 5: case 6:
		if (ts) {
			ts->tv_sec = 0;
			ts->tv_nsec = COARSE;
		}
		return 0;
	default:
		return call2(229, clock, (long)ts);
	}
}

EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	(void)unused;
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

int clock_gettime(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_gettime"), visibility("default")));
int gettimeofday(struct timeval *, struct timezone *) __attribute__((weak, alias("__vdso_gettimeofday"), visibility("default")));
time_t time(time_t *) __attribute__((weak, alias("__vdso_time"), visibility("default")));
int clock_getres(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_getres"), visibility("default")));
long getcpu(unsigned *, unsigned *, void *) __attribute__((weak, alias("__vdso_getcpu"), visibility("default")));
