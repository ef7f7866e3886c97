/** Calls on signals. One row a call, see row.ts. */
import * as flags from '../flags.ts';
import { sys } from '../row.ts';
import * as structs from '../structs.ts';
import { FD, given, HEX32, oneOf, PID, SIGNAL, SIGSET, SIGSET_OUT, SIZE, written } from '../types.ts';

export const SIGNALS = {
  rt_sigaction: sys(
    { amd64: 13, arm64: 134 },
    { sig: SIGNAL, act: given(structs.SIGACTION), oact: written(structs.SIGACTION), sigsetsize: SIZE },
    'Sets and reads how a signal is handled.',
    ['signal'],
  ),
  rt_sigprocmask: sys(
    { amd64: 14, arm64: 135 },
    { how: oneOf(flags.SIG_HOW, 'SIG_???'), nset: SIGSET, oset: SIGSET_OUT, sigsetsize: SIZE },
    "Sets and reads the thread's signal mask.",
    ['signal'],
  ),
  rt_sigreturn: sys({ amd64: 15, arm64: 139 }, {}, 'Returns from a signal handler.', ['signal'], 'none'),
  rt_sigpending: sys(
    { amd64: 127, arm64: 136 },
    { uset: SIGSET_OUT, sigsetsize: SIZE },
    'Reads which signals are pending.',
    ['signal'],
  ),
  rt_sigtimedwait: sys(
    { amd64: 128, arm64: 137 },
    { uthese: SIGSET, uinfo: written(structs.SIGINFO), uts: given(structs.TIMESPEC), sigsetsize: SIZE },
    'Waits for a signal and takes it.',
    ['signal'],
  ),
  rt_sigqueueinfo: sys(
    { amd64: 129, arm64: 138 },
    { pid: PID, sig: SIGNAL, uinfo: given(structs.SIGINFO) },
    'Sends a signal with data to a process.',
    ['signal', 'process'],
  ),
  rt_tgsigqueueinfo: sys(
    { amd64: 297, arm64: 240 },
    { tgid: PID, pid: PID, sig: SIGNAL, uinfo: given(structs.SIGINFO) },
    'Sends a signal with data to a thread.',
    ['process', 'signal'],
  ),
  rt_sigsuspend: sys(
    { amd64: 130, arm64: 133 },
    { unewset: SIGSET, sigsetsize: SIZE },
    'Waits for a signal under another mask.',
    ['signal'],
  ),
  sigaltstack: sys(
    { amd64: 131, arm64: 132 },
    { uss: given(structs.STACK_T), uoss: written(structs.STACK_T) },
    'Sets and reads the alternate signal stack.',
    ['signal'],
  ),
  pause: sys({ amd64: 34 }, {}, 'Waits for a signal.', ['signal']),
  kill: sys({ amd64: 62, arm64: 129 }, { pid: PID, sig: SIGNAL }, 'Sends a signal to a process or group.', [
    'signal',
    'process',
  ]),
  tkill: sys({ amd64: 200, arm64: 130 }, { pid: PID, sig: SIGNAL }, 'Sends a signal to a thread (obsolete).', [
    'signal',
    'process',
  ]),
  tgkill: sys(
    { amd64: 234, arm64: 131 },
    { tgid: PID, pid: PID, sig: SIGNAL },
    'Sends a signal to a thread of a process.',
    ['signal', 'process'],
  ),
  pidfd_send_signal: sys(
    { amd64: 424, arm64: 424 },
    { pidfd: FD, sig: SIGNAL, info: given(structs.SIGINFO), flags: HEX32 },
    'Sends a signal to the process behind a descriptor.',
    ['desc', 'signal', 'process'],
  ),
} as const;
