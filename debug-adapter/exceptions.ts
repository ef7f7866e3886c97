/**
 * The filters of VS Code's Breakpoints view, all of them there from the start because they cannot be added later. A row
 * says what a filter is and where it stops.
 */
import { SIG } from '../emulator/abi/signals.ts';
import type { SyscallClass } from './syscalls.ts';

export interface ExceptionFilterRow {
  id: string;
  label: string;
  sentence: string;
  /** Checked when VS Code first shows it. */
  on: boolean;
  spot:
    | { is: 'syscalls'; class: SyscallClass }
    | { is: 'signals'; signals: readonly number[] }
    /** Functions of Go's runtime that a program reaches when it dies. */
    | { is: 'functions'; names: readonly string[] };
}

const FAULTS = [SIG.SIGSEGV, SIG.SIGBUS, SIG.SIGFPE, SIG.SIGILL, SIG.SIGTRAP, SIG.SIGABRT, SIG.SIGSYS] as const;
/** Go's runtime sends SIGURG to itself all the time, to preempt goroutines: it tells nobody anything. */
const OTHERS = Array.from({ length: 64 }, (_, i) => i + 1).filter(
  signo => signo !== SIG.SIGURG && !(FAULTS as readonly number[]).includes(signo),
);

const syscalls = (name: SyscallClass, label: string, sentence: string): ExceptionFilterRow => ({
  id: `syscall:${name}`,
  label,
  sentence,
  on: false,
  spot: { is: 'syscalls', class: name },
});

export const EXCEPTION_FILTERS: readonly ExceptionFilterRow[] = [
  {
    id: 'faults',
    label: 'Faults',
    sentence:
      'Stop at the instruction that raises SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT or SIGSYS, before it is delivered.',
    on: true,
    spot: { is: 'signals', signals: FAULTS },
  },
  {
    id: 'panics',
    label: 'Go: Fatal Panics and Errors',
    sentence: 'Stop where a panic that nobody recovered, or a fatal error of the runtime, ends the program.',
    on: true,
    spot: { is: 'functions', names: ['runtime.fatalpanic', 'runtime.throw', 'runtime.fatal'] },
  },
  {
    id: 'panics:all',
    label: 'Go: Every Panic',
    sentence: 'Stop where a panic begins, whether or not somebody recovers it.',
    on: false,
    spot: { is: 'functions', names: ['runtime.gopanic'] },
  },
  {
    id: 'signals',
    label: 'Other Signals',
    sentence: 'Stop before any other signal is delivered (but for SIGURG, which Go uses to preempt goroutines).',
    on: false,
    spot: { is: 'signals', signals: OTHERS },
  },
  syscalls(
    'file',
    'Syscalls: Files by Name',
    'Stop at every syscall that takes a file name: openat, execve, mkdirat …',
  ),
  syscalls('desc', 'Syscalls: Descriptors', 'Stop at every syscall that takes a file descriptor: read, write, close …'),
  syscalls('network', 'Syscalls: Network', 'Stop at every syscall of sockets: socket, connect, sendto …'),
  syscalls(
    'process',
    'Syscalls: Processes',
    'Stop at every syscall that starts, ends or waits for processes: clone, exit_group …',
  ),
  syscalls('memory', 'Syscalls: Memory', 'Stop at every syscall that changes the address space: mmap, mprotect, brk …'),
  syscalls('signal', 'Syscalls: Signals', 'Stop at every syscall about signals: rt_sigaction, tgkill …'),
  syscalls('all', 'Syscalls: All', 'Stop at every syscall.'),
];
