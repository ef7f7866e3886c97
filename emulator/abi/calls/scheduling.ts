/** Calls on scheduling, limits and accounting. One row a call, see row.ts. */
import * as flags from '../flags.ts';
import * as system from '../flags-system.ts';
import { sys } from '../row.ts';
import * as structs from '../structs.ts';
import { ADDRESS, given, INT, oneOf, PATH, PID, UINT, updated, value, written } from '../types.ts';

export const SCHEDULING = {
  sched_yield: sys({ amd64: 24, arm64: 124 }, {}, 'Lets other threads run.', []),
  sched_setaffinity: sys(
    { amd64: 203, arm64: 122 },
    {
      pid: PID,
      len: UINT,
      user_mask_ptr: value('address', { is: 'cpuset', direction: 'in', length: { argument: 'len' } }),
    },
    'Sets on which CPUs a thread may run.',
    [],
  ),
  sched_getaffinity: sys(
    { amd64: 204, arm64: 123 },
    { pid: PID, len: UINT, user_mask_ptr: value('address', { is: 'cpuset', direction: 'out', length: 'result' }) },
    'Reads on which CPUs a thread may run.',
    [],
  ),
  sched_setparam: sys(
    { amd64: 142, arm64: 118 },
    { pid: PID, param: given(structs.SCHED_PARAM) },
    "Sets a thread's scheduling priority.",
    [],
  ),
  sched_getparam: sys(
    { amd64: 143, arm64: 121 },
    { pid: PID, param: written(structs.SCHED_PARAM) },
    "Reads a thread's scheduling priority.",
    [],
  ),
  sched_setscheduler: sys(
    { amd64: 144, arm64: 119 },
    { pid: PID, policy: oneOf(flags.SCHED, 'SCHED_???'), param: given(structs.SCHED_PARAM) },
    "Sets a thread's scheduling policy.",
    [],
  ),
  sched_getscheduler: sys({ amd64: 145, arm64: 120 }, { pid: PID }, "Reads a thread's scheduling policy.", []),
  sched_get_priority_max: sys(
    { amd64: 146, arm64: 125 },
    { policy: oneOf(flags.SCHED, 'SCHED_???') },
    "Gives a policy's highest priority.",
    [],
  ),
  sched_get_priority_min: sys(
    { amd64: 147, arm64: 126 },
    { policy: oneOf(flags.SCHED, 'SCHED_???') },
    "Gives a policy's lowest priority.",
    [],
  ),
  sched_rr_get_interval: sys(
    { amd64: 148, arm64: 127 },
    { pid: PID, interval: written(structs.TIMESPEC) },
    'Reads the round-robin time slice.',
    [],
  ),
  sched_setattr: sys(
    { amd64: 314, arm64: 274 },
    { pid: PID, attr: updated(structs.SCHED_ATTR), flags: UINT },
    "Sets a thread's scheduling policy and attributes.",
    [],
  ),
  sched_getattr: sys(
    { amd64: 315, arm64: 275 },
    { pid: PID, attr: written(structs.SCHED_ATTR), size: UINT, flags: UINT },
    "Reads a thread's scheduling policy and attributes.",
    [],
  ),
  getpriority: sys(
    { amd64: 140, arm64: 141 },
    { which: oneOf(flags.PRIO, 'PRIO_???'), who: INT },
    'Reads the nice value; the result is 20 minus it.',
    [],
  ),
  setpriority: sys(
    { amd64: 141, arm64: 140 },
    { which: oneOf(flags.PRIO, 'PRIO_???'), who: INT, niceval: INT },
    'Sets the nice value.',
    [],
  ),
  ioprio_get: sys(
    { amd64: 252, arm64: 31 },
    { which: oneOf(system.IOPRIO_WHO, 'IOPRIO_WHO_???'), who: INT },
    'Reads the I/O priority.',
    [],
  ),
  ioprio_set: sys(
    { amd64: 251, arm64: 30 },
    { which: oneOf(system.IOPRIO_WHO, 'IOPRIO_WHO_???'), who: INT, ioprio: INT },
    'Sets the I/O priority.',
    [],
  ),
  getrlimit: sys(
    { amd64: 97, arm64: 163 },
    { resource: oneOf(flags.RLIMIT, 'RLIMIT_???'), rlim: written(structs.RLIMIT) },
    'Reads a resource limit.',
    [],
  ),
  setrlimit: sys(
    { amd64: 160, arm64: 164 },
    { resource: oneOf(flags.RLIMIT, 'RLIMIT_???'), rlim: given(structs.RLIMIT) },
    'Sets a resource limit.',
    [],
  ),
  prlimit64: sys(
    { amd64: 302, arm64: 261 },
    {
      pid: PID,
      resource: oneOf(flags.RLIMIT, 'RLIMIT_???'),
      new_rlim: given(structs.RLIMIT),
      old_rlim: written(structs.RLIMIT),
    },
    'Reads and sets a resource limit of a process.',
    [],
  ),
  getrusage: sys(
    { amd64: 98, arm64: 165 },
    { who: oneOf(flags.RUSAGE, 'RUSAGE_???'), ru: written(structs.RUSAGE) },
    'Reads the time and resources used.',
    [],
  ),
  times: sys({ amd64: 100, arm64: 153 }, { tbuf: written(structs.TMS) }, 'Reads process times in clock ticks.', []),
  getcpu: sys(
    { amd64: 309, arm64: 168 },
    { cpu: written(UINT), node: written(UINT), tcache: ADDRESS },
    'Tells on which CPU and node the thread runs.',
    [],
  ),
  acct: sys({ amd64: 163, arm64: 89 }, { name: PATH }, 'Switches process accounting.', ['file']),
} as const;
