/**
 * How far each call is supported. Whether there is a handler is known from the table; what an implemented call lacks is
 * said here, and nowhere else. That an implemented call is whole is not claimed here: SUPPORT.md says which recordings of
 * Linux it has been compared with.
 */
import type { SyscallName } from '../abi/syscalls.ts';
import { handlerOf } from './syscalls/table.ts';

/** What is missing, in words. */
const LACKS: Readonly<Partial<Record<SyscallName, string>>> = {
  accept: 'TCP: no TIME_WAIT; connections are in the backlog at once',
  adjtimex: 'reads only: nothing tunes the clock',
  bind: 'loopback addresses only',
  clock_adjtime: 'reads only',
  clock_nanosleep: 'CLOCK_PROCESS_CPUTIME_ID is refused (EOPNOTSUPP)',
  clone: 'no namespaces (EPERM)',
  clone3: 'no namespaces (EPERM), no cgroups, no set_tid',
  connect: 'loopback only (ENETUNREACH elsewhere)',
  epoll_ctl: 'EPOLLEXCLUSIVE wakes everybody; EPOLLWAKEUP has no meaning',
  fcntl: 'no leases, no SIGIO, no dnotify',
  getsockopt: 'options of levels that the loopback has; TCP_INFO knows the state only',
  ioctl: 'terminals, FIONREAD and its like, and the loopback interface',
  ioprio_set: 'accepted, without effect',
  kcmp: 'no KCMP_EPOLL_TFD',
  madvise: 'hints are accepted, without effect',
  mincore: 'everything mapped is resident',
  mlock: 'checked, without effect: nothing is paged out',
  mlock2: 'checked, without effect',
  mlockall: 'checked, without effect',
  mmap: 'no huge pages (ENOMEM); files of a mount that is `rw` cannot be mapped shared and writable (ENODEV)',
  mount: 'refused (EPERM)',
  mremap: 'no MREMAP of length 0',
  personality: 'kept and told, without effect',
  pivot_root: 'refused (EPERM)',
  prctl: 'no seccomp, no speculation control, no VMA names',
  recvmsg: 'no error queue, no urgent data',
  recvfrom: 'no error queue, no urgent data',
  sched_setaffinity: 'checked, without effect: there is one CPU',
  sched_setattr: 'the nice value alone is kept; real-time policies are refused (EPERM)',
  sched_setparam: 'real-time policies are refused (EPERM)',
  sched_setscheduler: 'real-time policies are refused (EPERM)',
  sendmsg: 'no urgent data, no segmentation offload',
  sendto: 'no urgent data',
  setns: 'refused (EINVAL): no descriptor of a namespace can be had',
  setpriority: 'kept and told, without effect',
  setsockopt: 'options are kept and told; few change anything inside one machine',
  socket: 'AF_UNIX, AF_INET, AF_INET6 (TCP, UDP) and NETLINK_ROUTE',
  unshare: 'no namespaces (EPERM); threads of one process share their descriptors',
  vmsplice: 'copies instead of lending pages',
};

export type Support = { is: 'implemented' } | { is: 'part'; lacks: string } | { is: 'none' };

export function supportOf(name: SyscallName): Support {
  if (!handlerOf(name)) return { is: 'none' };
  const lacks = LACKS[name];
  return lacks === undefined ? { is: 'implemented' } : { is: 'part', lacks };
}
