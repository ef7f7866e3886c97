/**
 * Signals: names, numbers, what happens by default, and the si_code names of each (asm-generic/siginfo.h, signal(7)).
 * The numbers are the same on amd64 and arm64.
 */

/** What an unhandled signal does to a process. */
export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

const ROWS = {
  SIGHUP: [1, 'terminate', 'Hangup'],
  SIGINT: [2, 'terminate', 'Interrupt'],
  SIGQUIT: [3, 'core', 'Quit'],
  SIGILL: [4, 'core', 'Illegal instruction'],
  SIGTRAP: [5, 'core', 'Trace/breakpoint trap'],
  SIGABRT: [6, 'core', 'Aborted'],
  SIGBUS: [7, 'core', 'Bus error'],
  SIGFPE: [8, 'core', 'Floating point exception'],
  SIGKILL: [9, 'terminate', 'Killed'],
  SIGUSR1: [10, 'terminate', 'User defined signal 1'],
  SIGSEGV: [11, 'core', 'Segmentation fault'],
  SIGUSR2: [12, 'terminate', 'User defined signal 2'],
  SIGPIPE: [13, 'terminate', 'Broken pipe'],
  SIGALRM: [14, 'terminate', 'Alarm clock'],
  SIGTERM: [15, 'terminate', 'Terminated'],
  SIGSTKFLT: [16, 'terminate', 'Stack fault'],
  SIGCHLD: [17, 'ignore', 'Child exited'],
  SIGCONT: [18, 'continue', 'Continued'],
  SIGSTOP: [19, 'stop', 'Stopped (signal)'],
  SIGTSTP: [20, 'stop', 'Stopped'],
  SIGTTIN: [21, 'stop', 'Stopped (tty input)'],
  SIGTTOU: [22, 'stop', 'Stopped (tty output)'],
  SIGURG: [23, 'ignore', 'Urgent I/O condition'],
  SIGXCPU: [24, 'core', 'CPU time limit exceeded'],
  SIGXFSZ: [25, 'core', 'File size limit exceeded'],
  SIGVTALRM: [26, 'terminate', 'Virtual timer expired'],
  SIGPROF: [27, 'terminate', 'Profiling timer expired'],
  SIGWINCH: [28, 'ignore', 'Window changed'],
  SIGIO: [29, 'terminate', 'I/O possible'],
  SIGPWR: [30, 'terminate', 'Power failure'],
  SIGSYS: [31, 'core', 'Bad system call'],
} as const satisfies Record<string, readonly [number, DefaultAction, string]>;

export type SignalName = keyof typeof ROWS;

export interface SignalRow {
  readonly name: string;
  readonly number: number;
  readonly action: DefaultAction;
  readonly sentence: string;
}

/** `SIG.SIGSEGV` is 11. */
export const SIG = Object.fromEntries(Object.entries(ROWS).map(([name, row]) => [name, row[0]])) as {
  readonly [N in SignalName]: (typeof ROWS)[N][0];
};

/** The first real-time signal as the kernel counts; the C library keeps 32 and 33 for itself. */
export const SIGRTMIN = 32;
/** The last signal, and how many there are. */
export const SIGRTMAX = 64;

const BY_NUMBER: readonly (SignalRow | undefined)[] = (() => {
  const rows: (SignalRow | undefined)[] = [undefined];
  for (const [name, [number, action, sentence]] of Object.entries(ROWS)) {
    rows[number] = { name, number, action, sentence };
  }
  for (let number = SIGRTMIN; number <= SIGRTMAX; number++) {
    const offset = number - SIGRTMIN;
    const name = offset === 0 ? 'SIGRTMIN' : `SIGRT_${offset}`;
    rows[number] = { name, number, action: 'terminate', sentence: `Real-time signal ${offset}` };
  }
  return rows;
})();

/** The row of a signal, 1 … 64; real-time signals are named as traces name them: SIGRTMIN, SIGRT_1 … SIGRT_32. */
export const signalByNumber = (number: number): SignalRow | undefined => BY_NUMBER[number];

/** "SIGSEGV", or the bare number for what is no signal. */
export const signalName = (number: number): string => BY_NUMBER[number]?.name ?? String(number);

/** The number of "SIGUSR1", "USR1", "SIGRT_3", "10"; undefined if there is none. */
export function signalByName(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name) <= SIGRTMAX ? Number(name) : undefined;
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  const known = full === 'SIGIOT' ? 'SIGABRT' : full === 'SIGPOLL' ? 'SIGIO' : full === 'SIGRTMAX' ? 'SIGRT_32' : full;
  const number = BY_NUMBER.findIndex(row => row?.name === known);
  return number > 0 ? number : undefined;
}

/** si_code of any signal: 0 and below from users, SI_KERNEL from the kernel. */
// biome-ignore format: a table
export const SI_CODE = {
  SI_USER: 0, SI_KERNEL: 128, SI_QUEUE: -1, SI_TIMER: -2, SI_MESGQ: -3, SI_ASYNCIO: -4, SI_SIGIO: -5, SI_TKILL: -6,
  SI_DETHREAD: -7, SI_ASYNCNL: -60,
} as const;

/** si_code of SIGILL. */
// biome-ignore format: a table
export const ILL_CODE = {
  ILL_ILLOPC: 1, ILL_ILLOPN: 2, ILL_ILLADR: 3, ILL_ILLTRP: 4, ILL_PRVOPC: 5, ILL_PRVREG: 6, ILL_COPROC: 7,
  ILL_BADSTK: 8, ILL_BADIADDR: 9, __ILL_BREAK: 10, __ILL_BNDMOD: 11,
} as const;

/** si_code of SIGFPE. */
// biome-ignore format: a table
export const FPE_CODE = {
  FPE_INTDIV: 1, FPE_INTOVF: 2, FPE_FLTDIV: 3, FPE_FLTOVF: 4, FPE_FLTUND: 5, FPE_FLTRES: 6, FPE_FLTINV: 7,
  FPE_FLTSUB: 8, __FPE_DECOVF: 9, __FPE_DECDIV: 10, __FPE_DECERR: 11, __FPE_INVASC: 12, __FPE_INVDEC: 13,
  FPE_FLTUNK: 14, FPE_CONDTRAP: 15,
} as const;

/** si_code of SIGSEGV. */
// biome-ignore format: a table
export const SEGV_CODE = {
  SEGV_MAPERR: 1, SEGV_ACCERR: 2, SEGV_BNDERR: 3, SEGV_PKUERR: 4, SEGV_ACCADI: 5, SEGV_ADIDERR: 6, SEGV_ADIPERR: 7,
  SEGV_MTEAERR: 8, SEGV_MTESERR: 9, SEGV_CPERR: 10,
} as const;

/** si_code of SIGBUS. */
// biome-ignore format: a table
export const BUS_CODE = {
  BUS_ADRALN: 1, BUS_ADRERR: 2, BUS_OBJERR: 3, BUS_MCEERR_AR: 4, BUS_MCEERR_AO: 5,
} as const;

/** si_code of SIGTRAP. */
// biome-ignore format: a table
export const TRAP_CODE = {
  TRAP_BRKPT: 1, TRAP_TRACE: 2, TRAP_BRANCH: 3, TRAP_HWBKPT: 4, TRAP_UNK: 5, TRAP_PERF: 6,
} as const;

/** si_code of SIGCHLD. */
// biome-ignore format: a table
export const CLD_CODE = {
  CLD_EXITED: 1, CLD_KILLED: 2, CLD_DUMPED: 3, CLD_TRAPPED: 4, CLD_STOPPED: 5, CLD_CONTINUED: 6,
} as const;

/** si_code of SIGIO. */
// biome-ignore format: a table
export const POLL_CODE = {
  POLL_IN: 1, POLL_OUT: 2, POLL_MSG: 3, POLL_ERR: 4, POLL_PRI: 5, POLL_HUP: 6,
} as const;

/** si_code of SIGSYS. */
// biome-ignore format: a table
export const SYS_CODE = {
  SYS_SECCOMP: 1, SYS_USER_DISPATCH: 2,
} as const;

/** The si_code names that only one signal has; the others are in SI_CODE. */
export const CODES_OF_SIGNAL: { readonly [signo: number]: Readonly<Record<string, number>> } = {
  [SIG.SIGILL]: ILL_CODE,
  [SIG.SIGFPE]: FPE_CODE,
  [SIG.SIGSEGV]: SEGV_CODE,
  [SIG.SIGBUS]: BUS_CODE,
  [SIG.SIGTRAP]: TRAP_CODE,
  [SIG.SIGCHLD]: CLD_CODE,
  [SIG.SIGIO]: POLL_CODE,
  [SIG.SIGSYS]: SYS_CODE,
};
