/** The tracer over events: cut and resumed lines, signals, exits, prefixes, filters, times, JSON and the table of -c. */
import { describe, expect, it } from 'vitest';
import type { ViewMemory } from '../../emulator/abi/arch.ts';
import { SIG } from '../../emulator/abi/signals.ts';
import { SIGINFO_FAULT, SIGINFO_KILL, TIMESPEC } from '../../emulator/abi/structs.ts';
import { type SyscallName, syscallNumber } from '../../emulator/abi/syscalls.ts';
import { writeStruct } from '../../emulator/abi/types.ts';
import type { TracedCall } from '../../emulator/trace/context.ts';
import type { TraceEvent } from '../../emulator/trace/events.ts';
import { applyTraceOption, defaultSettings, type TraceSettings } from '../../emulator/trace/settings.ts';
import { createTracer } from '../../emulator/trace/tracer.ts';

const MEMORY = new Map<number, Uint8Array>([
  [0x1000, new TextEncoder().encode('hello, kernel\n\0')],
  [0x2000, writeStruct(TIMESPEC, { tv_sec: 0n, tv_nsec: 20000n })],
  [0x3000, new TextEncoder().encode('/etc/hostname\0')],
  [0x4000 + 296, new Uint8Array(8)],
  [0x5000, new TextEncoder().encode('ring3\n')],
]);

const memory: ViewMemory = {
  read(address, length) {
    for (const [start, bytes] of MEMORY)
      if (address >= start && address < start + bytes.length)
        return bytes.slice(address - start, address - start + length);
    return new Uint8Array(0);
  },
};

const call = (task: number, name: SyscallName, ...args: (number | bigint)[]): TracedCall => ({
  task,
  number: syscallNumber('amd64', name) as number,
  args: args.map(BigInt),
  pc: 0x401000,
  entered: 1_000_000n,
});
const enter = (made: TracedCall): TraceEvent => ({ is: 'syscall-enter', call: made });
const exit = (made: TracedCall, result: number | bigint): TraceEvent => ({
  is: 'syscall-exit',
  call: { ...made, result: BigInt(result), left: made.entered + 5_000n },
});
const both = (made: TracedCall, result: number | bigint): TraceEvent[] => [enter(made), exit(made, result)];
const start = (task: number, parent: number): TraceEvent => ({ is: 'task-start', task, parent });
const gone = (task: number, status = 0): TraceEvent => ({ is: 'task-exit', task, status, coreDumped: false });

function traceOf(
  events: readonly TraceEvent[],
  flags: readonly (readonly [string, string?])[] = [],
  toFile = true,
): string {
  const settings: TraceSettings = { ...defaultSettings(), toFile };
  settings.format = { ...settings.format };
  for (const [flag, value] of flags) applyTraceOption(settings, flag, value);
  let text = '';
  const tracer = createTracer(
    settings,
    {
      memory: () => memory,
      now: () => 1_500_000n,
      bootTime: 1_700_000_000_000_000_000n,
      stackPointer: () => 0x4000,
      describeFd: (_, fd) => (fd === 3 ? '/etc/hostname' : undefined),
    },
    piece => {
      text += piece;
    },
  );
  for (const event of events) tracer.hear(event);
  tracer.end();
  return text;
}

const FOLLOW = [['-f']] as const;

describe('lines', () => {
  it('one task, no prefix', () => {
    const text = traceOf([...both(call(7, 'write', 1, 0x1000, 14), 14), enter(call(7, 'exit_group', 0)), gone(7)]);
    expect(text).toBe(
      [
        'write(1, "hello, kernel\\n", 14)         = 14',
        'exit_group(0)                           = ?',
        '+++ exited with 0 +++',
        '',
      ].join('\n'),
    );
  });

  it('threads cut each other', () => {
    const gettid = call(26209, 'gettid');
    const mask = call(26208, 'rt_sigprocmask', 2, 0, 0, 8);
    const sleep = call(26209, 'nanosleep', 0x2000, 0);
    const wait = call(26208, 'futex', 0x4cb2a8, 128, 0, 0);
    const text = traceOf(
      [
        start(26208, 0),
        enter(mask),
        start(26209, 26208),
        enter(gettid),
        exit(mask, 0),
        exit(gettid, 26209),
        enter(sleep),
        { is: 'syscall-blocked', call: sleep },
        enter(wait),
        exit(sleep, 0),
        ...both(call(26209, 'futex', 0x4cb2a8, 129, 1, 0), 1),
        exit(wait, -11),
      ],
      FOLLOW,
    );
    expect(text).toBe(
      [
        '26208 rt_sigprocmask(SIG_SETMASK, NULL,  <unfinished ...>',
        '26209 gettid( <unfinished ...>',
        '26208 <... rt_sigprocmask resumed>NULL, 8) = 0',
        '26209 <... gettid resumed>)             = 26209',
        '26209 nanosleep({tv_sec=0, tv_nsec=20000},  <unfinished ...>',
        '26208 futex(0x4cb2a8, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>',
        '26209 <... nanosleep resumed>NULL)      = 0',
        '26209 futex(0x4cb2a8, FUTEX_WAKE_PRIVATE, 1) = 1',
        '26208 <... futex resumed>)              = -1 EAGAIN (Resource temporarily unavailable)',
        '',
      ].join('\n'),
    );
  });

  it('[pid N] on a terminal while there are several', () => {
    const text = traceOf(
      [
        ...both(call(7, 'getpid'), 7),
        start(8, 7),
        ...both(call(8, 'gettid'), 8),
        enter(call(8, 'exit', 0)),
        gone(8),
        ...both(call(7, 'getuid'), 0),
      ],
      FOLLOW,
      false,
    );
    expect(text).toBe(
      [
        'getpid()                                = 7',
        '[pid     8] gettid()                    = 8',
        '[pid     8] exit(0)                     = ?',
        '[pid     8] +++ exited with 0 +++',
        'getuid()                                = 0',
        '',
      ].join('\n'),
    );
  });

  it('calls that the end of the process interrupts', () => {
    const text = traceOf(
      [
        enter(call(7, 'read', 0, 0x9000, 8)),
        enter(call(8, 'futex', 0x10, 128, 0, 0)),
        enter(call(9, 'exit_group', 2)),
        gone(8),
        gone(7),
        gone(9, 0x200),
      ],
      FOLLOW,
    );
    expect(text.split('\n').slice(3)).toEqual([
      '8     <... futex resumed>)              = ?',
      '8     +++ exited with 0 +++',
      '7     <... read resumed> <unfinished ...>) = ?',
      '7     +++ exited with 0 +++',
      '9     <... exit_group resumed>)         = ?',
      '9     +++ exited with 2 +++',
      '',
    ]);
  });

  it('without -f only the first task', () => {
    const text = traceOf([...both(call(7, 'getpid'), 7), start(8, 7), ...both(call(8, 'gettid'), 8), gone(8), gone(7)]);
    expect(text).toBe('getpid()                                = 7\n+++ exited with 0 +++\n');
  });

  it('signals, restarts, rt_sigreturn, a core dump', () => {
    const kill = writeStruct(SIGINFO_KILL, { si_signo: SIG.SIGURG, si_code: -6, si_pid: 7, si_uid: 1000 });
    const fault = writeStruct(SIGINFO_FAULT, { si_signo: SIG.SIGSEGV, si_code: 1, si_addr: 0 });
    const read = call(7, 'read', 0, 0x9000, 8);
    const text = traceOf([
      ...both(read, -512),
      { is: 'signal', task: 7, signo: SIG.SIGURG, info: kill },
      ...both(call(7, 'rt_sigreturn'), -4),
      { is: 'signal', task: 7, signo: SIG.SIGTSTP, info: new Uint8Array(128), action: 'default' },
      { is: 'signal', task: 7, signo: SIG.SIGSEGV, info: fault },
      { is: 'task-exit', task: 7, status: 0x8b, killedBy: 11, coreDumped: true },
    ]);
    expect(text).toBe(
      [
        'read(0, 0x9000, 8)                      = ? ERESTARTSYS (To be restarted if SA_RESTART is set)',
        '--- SIGURG {si_signo=SIGURG, si_code=SI_TKILL, si_pid=7, si_uid=1000} ---',
        'rt_sigreturn({mask=[]})                 = -1 EINTR (Interrupted system call)',
        '--- SIGTSTP {} ---',
        '--- stopped by SIGTSTP ---',
        '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---',
        '+++ killed by SIGSEGV (core dumped) +++',
        '',
      ].join('\n'),
    );
  });
});

describe('options', () => {
  const open = call(7, 'openat', -100, 0x3000, 0, 0);
  const events = [
    ...both(open, 3),
    ...both(call(7, 'read', 3, 0x5000, 64), 6),
    ...both(call(7, 'close', 3), 0),
    ...both(call(7, 'close', 9), -9),
  ];
  const lines = (...flags: [string, string?][]): string[] => traceOf(events, flags).trimEnd().split('\n');

  it('-e trace=', () => {
    expect(lines(['-e', 'trace=%file'])).toHaveLength(1);
    expect(lines(['-e', 'close'])).toHaveLength(2);
    expect(lines(['-e', 'trace=!/^(open|cl)'])).toEqual(['read(3, "ring3\\n", 64)                  = 6']);
    expect(() => lines(['-e', 'trace=nonsense'])).toThrow("invalid system call 'nonsense'");
    expect(lines(['-e', 'trace=?nonsense,close'])).toHaveLength(2);
    expect(() => lines(['-e', 'trace=/('])).toThrow('invalid regular expression');
    expect(() => lines(['-e', 'inject=read:delay_enter=5'])).toThrow('not supported');
  });

  it('-z, -Z, -P, -y', () => {
    expect(lines(['-z'])).toHaveLength(3);
    expect(lines(['-Z'])).toEqual(['close(9)                                = -1 EBADF (Bad file descriptor)']);
    expect(lines(['-P', '/etc/hostname'])).toHaveLength(3);
    expect(lines(['-y'])[2]).toBe('close(3</etc/hostname>)                 = 0');
    expect(lines(['-y'])[0]).toBe('openat(AT_FDCWD, "/etc/hostname", O_RDONLY) = 3</etc/hostname>');
  });

  it('-t, -tt, -ttt, -r, -T, -n, -i, -a', () => {
    expect(lines(['-t'])[2]).toBe('22:13:20 close(3)                       = 0');
    expect(lines(['-tt'])[2]).toBe('22:13:20.001500 close(3)                = 0');
    expect(lines(['-ttt'])[2]).toBe('1700000000.001500 close(3)              = 0');
    expect(lines(['-r'])[2]).toBe('     0.000000 close(3)                  = 0');
    expect(lines(['-T'])[2]).toBe('close(3)                                = 0 <0.000005>');
    expect(lines(['-n'])[2]).toBe('[   3] close(3)                         = 0');
    expect(lines(['-i'])[2]).toBe('[0000000000401002] close(3)             = 0');
    expect(lines(['-a', '12'])[2]).toBe('close(3)    = 0');
  });

  it('-s, -x', () => {
    expect(lines(['-s', '2'])[1]).toBe('read(3, "ri"..., 64)                    = 6');
    expect(lines(['-x'])[1]).toBe('read(3, "ring3\\n", 64)                  = 6');
    expect(lines(['-xx'])[1]).toContain('"\\x72\\x69\\x6e\\x67\\x33\\x0a"');
    expect(() => lines(['-s', 'x'])).toThrow("invalid -s argument: 'x'");
  });

  it('-c and -C', () => {
    expect(traceOf(events, [['-c'], ['-S', 'calls']])).toBe(
      `${[
        '% time     seconds  usecs/call     calls    errors syscall',
        '------ ----------- ----------- --------- --------- ----------------',
        ' 50.00    0.000010           5         2         1 close',
        ' 25.00    0.000005           5         1           openat',
        ' 25.00    0.000005           5         1           read',
        '------ ----------- ----------- --------- --------- ----------------',
        '100.00    0.000020           5         4         1 total',
      ].join('\n')}\n`,
    );
    expect(traceOf(events, [['-C']]).split('\n')).toHaveLength(12);
  });

  it('--json', () => {
    const [first, , , last] = lines(['--json']).map(line => JSON.parse(line));
    expect(first).toEqual({
      pid: 7,
      time: 1700000000.001,
      call: 'openat',
      number: 257,
      args: {
        dfd: { value: -100, text: 'AT_FDCWD' },
        filename: { value: 0x3000, text: '"/etc/hostname"' },
        flags: { value: 0, text: 'O_RDONLY' },
      },
      result: 3,
      duration: 0.000005,
    });
    expect(last).toMatchObject({ result: -9, error: { name: 'EBADF', sentence: 'Bad file descriptor' } });
  });
});
