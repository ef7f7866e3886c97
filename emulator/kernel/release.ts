/** What uname(2), /proc/version and /proc/sys/kernel say. The calls behave as this release's. */
export const RELEASE = '6.1.0-ring3';
export const VERSION = '#1 SMP PREEMPT_DYNAMIC Ring 3';
