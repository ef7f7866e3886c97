import { describe, expect, it } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { R15, RAX, RDI, RDX, RIP, RSI, RSP, readFlags, VECTOR, writeFlags } from '../../emulator/abi/amd64/layout.ts';
import { RLIMIT } from '../../emulator/abi/flags.ts';
import { SIG } from '../../emulator/abi/signals.ts';
import { shownTime } from '../../emulator/kernel/time.ts';
import { MemoryFault } from '../../emulator/memory/types.ts';
import { CODE, DATA, type Guest, startGuest } from './harness.ts';

const HANDLER = 0x401100;
const RESTORER = 0x401200;
const SA_SIGINFO = 4;
const SA_RESTORER = 0x04000000;
const SA_ONSTACK = 0x08000000;
const SA_RESTART = 0x10000000;
const SA_NODEFER = 0x40000000;
const SA_RESETHAND = 0x80000000;
const bit = (signo: number) => 1n << BigInt(signo - 1);

function action(guest: Guest, signo: number, flags = 0, mask = 0n, handler = HANDLER): void {
  guest.write(DATA, handler, flags | SA_SIGINFO | SA_RESTORER, RESTORER, mask);
  expect(guest.call('rt_sigaction', signo, DATA, 0, 8)).toBe(0);
}

/** What the restorer does. */
function sigreturn(guest: Guest): void {
  const r = guest.task().registers;
  r[RSP] = r[RSP]! + 8n;
  guest.call('rt_sigreturn');
}

/** A second thread of the process; it runs when the first one blocks. */
function thread(guest: Guest): number {
  const id = guest.call('clone', 0x50f00, DATA + 0x3000, 0, 0, 0);
  expect(id).toBeGreaterThan(1000);
  return id!;
}

describe('signal frames', () => {
  it('are laid out as Linux does, and rt_sigreturn undoes them', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1);
    const r = guest.task().registers;
    r[R15] = 0x1234n;
    r[VECTOR] = 0x1111222233334444n;
    r[VECTOR + 3] = 0x5555n;
    writeFlags(r, 0x8d5n | (1n << 10n));
    const before = r.slice();
    guest.call('kill', 1000, SIG.SIGUSR1);
    const entered = r.slice();
    const sp = Number(r[RSP]);
    expect(sp % 16).toBe(8);
    expect(r[RIP]).toBe(BigInt(HANDLER));
    expect(r[RDI]).toBe(10n);
    expect(guest.u64(sp)).toBe(BigInt(RESTORER));
    expect(r[RDX]).toBe(BigInt(sp + 8));
    expect(r[RSI]).toBe(BigInt(sp + 312));
    expect(r[VECTOR]).toBe(0n);
    // The flags of the handler are the interrupted ones, but for DF.
    expect(readFlags(r)).toBe(0x8d5n | 0x202n);
    const greg = (i: number) => guest.u64(sp + 8 + 40 + 8 * i);
    expect(greg(7)).toBe(0x1234n);
    expect(greg(13)).toBe(0n);
    expect(greg(15)).toBe(before[RSP]!);
    expect(greg(16)).toBe(before[RIP]! + 2n);
    expect(greg(17)).toBe(0xcd5n | 0x202n);
    expect(greg(18)).toBe(0x002b000000000033n);
    const fpstate = Number(greg(23));
    expect(fpstate % 64).toBe(0);
    expect(guest.u32(fpstate + 464)).toBe(0x46505853);
    expect(guest.u64(fpstate + 160)).toBe(0x1111222233334444n);
    expect(guest.u64(fpstate + 576 + 8)).toBe(0x5555n);
    expect(guest.u32(fpstate + guest.u32(fpstate + 480))).toBe(0x46505845);
    // si_signo, si_code SI_USER, si_pid, si_uid.
    expect([0, 8, 16, 20].map(at => guest.u32(sp + 312 + at))).toEqual([10, 0, 1000, 1000]);
    expect(guest.task().mask).toBe(bit(10));
    // The handler may change what it returns to.
    guest.write(sp + 8 + 40 + 8 * 16, CODE + 0x40);
    guest.write(sp + 8 + 40 + 8 * 13, 77);
    sigreturn(guest);
    expect(r[RIP]).toBe(BigInt(CODE + 0x40));
    expect(r[RAX]).toBe(77n);
    expect(r[R15]).toBe(0x1234n);
    expect(r[RSP]).toBe(before[RSP]);
    expect(r[VECTOR]).toBe(0x1111222233334444n);
    expect(r[VECTOR + 3]).toBe(0x5555n);
    expect(readFlags(r)).toBe(0xcd5n | 0x202n);
    expect(guest.task().mask).toBe(0n);
    expect(entered[RSP]).not.toBe(before[RSP]);
  });

  it('keep clear of the red zone', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1);
    const old = Number(guest.task().registers[RSP]);
    guest.call('kill', 1000, SIG.SIGUSR1);
    const r = guest.task().registers;
    const fpstate = Number(guest.u64(Number(r[RSP]) + 8 + 40 + 184));
    expect(fpstate + 836).toBeLessThanOrEqual(old - 128);
  });

  it('go to the alternate stack, once', () => {
    const guest = startGuest();
    const stack = guest.call('mmap', 0, 65536, 3, 0x22, -1, 0)!;
    guest.write(DATA + 64, stack, 0, 65536);
    expect(guest.call('sigaltstack', DATA + 64, 0)).toBe(0);
    action(guest, SIG.SIGUSR1, SA_ONSTACK | SA_NODEFER);
    guest.call('kill', 1000, SIG.SIGUSR1);
    const first = Number(guest.task().registers[RSP]);
    expect(first).toBeGreaterThan(stack);
    expect(first).toBeLessThan(stack + 65536);
    guest.call('sigaltstack', 0, DATA + 96);
    expect(guest.u32(DATA + 104)).toBe(1);
    expect(guest.call('sigaltstack', DATA + 64, 0)).toBe(-1);
    guest.call('kill', 1000, SIG.SIGUSR1);
    const second = Number(guest.task().registers[RSP]);
    expect(second).toBeLessThan(first);
    expect(second).toBeGreaterThan(stack);
    sigreturn(guest);
    sigreturn(guest);
    guest.call('sigaltstack', 0, DATA + 96);
    expect([guest.u64(DATA + 96), guest.u32(DATA + 104), guest.u64(DATA + 112)]).toEqual([BigInt(stack), 0, 65536n]);
  });

  it('that cannot be written kill', () => {
    const guest = startGuest();
    action(guest, SIG.SIGSEGV);
    guest.task().registers[RSP] = 0x100n;
    guest.kernel.exception(1000, {
      is: 'page-fault',
      fault: { address: 8, access: 'read', cause: 'unmapped' },
    });
    expect(guest.schedule()).toEqual({ is: 'exited', status: 11 });
  });
});

describe('faults', () => {
  const fault = (guest: Guest, address: number, access: 'read' | 'write', cause: 'unmapped' | 'protected') =>
    guest.kernel.exception(1000, { is: 'page-fault', fault: { address, access, cause } });

  it('tell the address and the reason', () => {
    const guest = startGuest();
    action(guest, SIG.SIGSEGV);
    fault(guest, 0x8, 'write', 'unmapped');
    guest.schedule();
    const sp = Number(guest.task().registers[RSP]);
    expect([0, 8, 16].map(at => guest.u32(sp + 312 + at))).toEqual([11, 1, 8]);
    // err (write, user), trapno, cr2.
    expect([19, 20, 22].map(i => guest.u64(sp + 48 + 8 * i))).toEqual([6n, 14n, 8n]);
    sigreturn(guest);
    fault(guest, CODE, 'write', 'protected');
    guest.schedule();
    const again = Number(guest.task().registers[RSP]);
    expect([8, 16].map(at => guest.u32(again + 312 + at))).toEqual([2, CODE]);
    expect(guest.u64(again + 48 + 8 * 19)).toBe(7n);
  });

  it('kill when nobody handles them, with the code that a wait sees', () => {
    const guest = startGuest();
    fault(guest, 0, 'read', 'unmapped');
    expect(guest.schedule()).toEqual({ is: 'exited', status: 11 });
    expect(guest.events.at(-1)).toMatchObject({ is: 'task-exit', killedBy: 11, coreDumped: false });
  });

  it('kill when the signal is blocked or ignored', () => {
    const guest = startGuest();
    action(guest, SIG.SIGSEGV);
    guest.write(DATA, bit(SIG.SIGSEGV));
    guest.call('rt_sigprocmask', 0, DATA, 0, 8);
    fault(guest, 0, 'read', 'unmapped');
    expect(guest.schedule()).toEqual({ is: 'exited', status: 11 });
  });

  it('grow the stack instead where they may', () => {
    const guest = startGuest();
    const { start, end } = guest.space().mappings.at(-1)!;
    const write = (address: number) => (): void => guest.space().writeU32(address, 1);
    write(start - 100)();
    expect(guest.space().mappingAt(start - 100)).toMatchObject({ name: '[stack]', growsDown: true });
    expect(write(end - 9 * 2 ** 20)).toThrow(MemoryFault);
    // The limit is the process's, from the next call on.
    const limit = (bytes: number) => {
      guest.write(DATA, bytes, 2 ** 30);
      expect(guest.call('prlimit64', 0, RLIMIT.RLIMIT_STACK, DATA, 0)).toBe(0);
    };
    limit(16 * 2 ** 20);
    write(end - 9 * 2 ** 20)();
    limit(10 * 2 ** 20);
    expect(write(end - 11 * 2 ** 20)).toThrow(MemoryFault);
    // Not into the gap before what lies below.
    const below = end - 10 * 2 ** 20;
    expect(guest.call('mmap', below, 4096, 3, 0x32, -1, 0)).toBe(below);
    write(below + 4096 + 2 ** 20)();
    expect(write(below + 8192)).toThrow(MemoryFault);
  });

  it.each([
    [{ is: 'divide-error' } as const, SIG.SIGFPE, 1, CODE],
    [{ is: 'invalid-opcode' } as const, SIG.SIGILL, 2, CODE],
    [{ is: 'breakpoint' } as const, SIG.SIGTRAP, 0x80, 0],
    [{ is: 'general-protection' } as const, SIG.SIGSEGV, 0x80, 0],
    [{ is: 'debug' } as const, SIG.SIGTRAP, 2, CODE],
  ])('%j', (exception, signo, code, address) => {
    const guest = startGuest();
    action(guest, signo);
    guest.task().registers[RIP] = BigInt(CODE);
    guest.kernel.exception(1000, exception);
    guest.schedule();
    const info = Number(guest.task().registers[RSI]);
    expect([0, 8, 16].map(at => guest.u32(info + at))).toEqual([signo, code, address]);
  });
});

describe('dispositions', () => {
  it('ignore what is ignored by default, and kill otherwise', () => {
    const guest = startGuest();
    for (const signo of [SIG.SIGURG, SIG.SIGCHLD, SIG.SIGWINCH]) expect(guest.call('kill', 1000, signo)).toBe(0);
    expect(guest.events.filter(e => e.is === 'signal').map(e => e.is === 'signal' && e.action)).toEqual([
      'ignored',
      'ignored',
      'ignored',
    ]);
    guest.call('tgkill', 1000, 1000, SIG.SIGTERM);
    expect(guest.schedule()).toEqual({ is: 'exited', status: 15 });
  });

  it('hold blocked signals back; standard ones once, real-time ones counted', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1);
    action(guest, 34);
    guest.write(DATA, bit(SIG.SIGUSR1) | bit(34));
    guest.call('rt_sigprocmask', 0, DATA, 0, 8);
    for (const signo of [SIG.SIGUSR1, SIG.SIGUSR1, 34, 34]) guest.call('tkill', 1000, signo);
    guest.call('rt_sigpending', DATA, 8);
    expect(guest.u64(DATA)).toBe(bit(SIG.SIGUSR1) | bit(34));
    expect(guest.task().pending.map(p => p.signo)).toEqual([10, 34, 34]);
    guest.write(DATA, 0n);
    guest.call('rt_sigprocmask', 2, DATA, 0, 8);
    expect(guest.task().pending.length).toBe(1);
  });

  it('reset the handler with SA_RESETHAND and block what the action says', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1, SA_RESETHAND, bit(SIG.SIGUSR2) | bit(SIG.SIGKILL));
    guest.call('kill', 1000, SIG.SIGUSR1);
    expect(guest.task().mask).toBe(bit(SIG.SIGUSR1) | bit(SIG.SIGUSR2));
    expect(guest.kernel.state.processes.get(1000)!.signals.actions[SIG.SIGUSR1]!.handler).toBe(0);
  });

  it('refuse what cannot be', () => {
    const guest = startGuest();
    expect(guest.call('rt_sigaction', SIG.SIGKILL, DATA, 0, 8)).toBe(-22);
    expect(guest.call('rt_sigaction', 65, 0, DATA, 8)).toBe(-22);
    expect(guest.call('rt_sigaction', 1, 0, DATA, 16)).toBe(-22);
    expect(guest.call('rt_sigaction', 1, 1, 0, 8)).toBe(-14);
    expect(guest.call('kill', 5555, 0)).toBe(-3);
    expect(guest.call('kill', 1000, 65)).toBe(-22);
    expect(guest.call('tgkill', 999, 1000, 0)).toBe(-3);
  });
});

describe('interrupted calls', () => {
  it('nanosleep is EINTR with the time that is left, SA_RESTART or not', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1, SA_RESTART);
    const other = thread(guest);
    guest.write(DATA + 0x100, 5, 0);
    const pc = amd64.pc(guest.task().registers);
    expect(guest.call('nanosleep', DATA + 0x100, DATA + 0x120)).toBeUndefined();
    expect(guest.kernel.state.current).toBe(other);
    guest.kernel.advanceTo(guest.kernel.now() + 1_000_001_000n);
    guest.call('tgkill', 1000, 1000, SIG.SIGUSR1);
    guest.call('sched_yield');
    expect(guest.kernel.state.current).toBe(1000);
    expect(guest.task().registers[RIP]).toBe(BigInt(HANDLER));
    expect(Number(guest.u64(DATA + 0x120))).toBe(3);
    expect(guest.u64(DATA + 0x128)).toBeGreaterThan(900_000_000n);
    sigreturn(guest);
    expect(guest.task().registers[RAX]).toBe(BigInt.asUintN(64, -4n));
    expect(amd64.pc(guest.task().registers)).toBe(pc + 2);
  });

  it('a stop and SIGCONT go on through restart_syscall', () => {
    const guest = startGuest();
    const other = thread(guest);
    guest.write(DATA + 0x100, 5, 0);
    const start = guest.kernel.now();
    const pc = amd64.pc(guest.task().registers);
    guest.call('nanosleep', DATA + 0x100, 0);
    expect(guest.kernel.state.current).toBe(other);
    guest.kernel.state.tasks.get(1000)!.pending.push({ signo: SIG.SIGSTOP, info: new Uint8Array(128) });
    guest.kernel.state.tasks.get(1000)!.run = {
      ...(guest.kernel.state.tasks.get(1000)!.run as { is: 'blocked'; waiting: never; since: bigint }),
      reason: 'signal',
    };
    guest.kernel.state.queue.push(1000);
    guest.call('sched_yield');
    guest.kernel.sendSignal(1000, SIG.SIGCONT);
    guest.schedule();
    const r = guest.task(1000).registers;
    expect(amd64.pc(r)).toBe(pc);
    expect(r[RAX]).toBe(219n);
    guest.kernel.state.current = 1000;
    guest.call('restart_syscall');
    guest.kernel.sendSignal(1000, SIG.SIGCONT);
    expect(guest.task(1000).run).toMatchObject({
      is: 'blocked',
      waiting: { deadline: shownTime(start + 1n) + 5_000_000_000n },
    });
    guest.kernel.advanceTo(start + 6_000_000_000n);
    guest.kernel.state.current = undefined;
    guest.kernel.state.queue = guest.kernel.state.queue.filter(id => id === 1000);
    guest.schedule();
    expect(r[RAX]).toBe(0n);
  });

  it('a futex wait is made again with SA_RESTART, else EINTR', () => {
    for (const flags of [SA_RESTART, 0]) {
      const guest = startGuest();
      action(guest, SIG.SIGUSR1, flags);
      const other = thread(guest);
      guest.write(DATA + 0x200, 0);
      const pc = amd64.pc(guest.task().registers);
      guest.call('futex', DATA + 0x200, 128, 0, 0, 0, 0);
      expect(guest.kernel.state.current).toBe(other);
      expect(guest.kernel.state.futexes.length).toBe(1);
      guest.call('tgkill', 1000, 1000, SIG.SIGUSR1);
      guest.call('sched_yield');
      expect(guest.kernel.state.futexes).toEqual([]);
      expect(guest.events.at(-2)).toMatchObject({ is: 'syscall-exit', call: { result: -512n } });
      sigreturn(guest);
      const r = guest.task().registers;
      if (flags === SA_RESTART) {
        expect(amd64.pc(r)).toBe(pc);
        expect(r[RAX]).toBe(202n);
      } else {
        expect(amd64.pc(r)).toBe(pc + 2);
        expect(r[RAX]).toBe(BigInt.asUintN(64, -4n));
      }
    }
  });

  it('sigsuspend waits with another mask, which the handler returns from', () => {
    const guest = startGuest();
    action(guest, SIG.SIGUSR1);
    const other = thread(guest);
    guest.write(DATA, bit(SIG.SIGUSR1));
    guest.call('rt_sigprocmask', 0, DATA, 0, 8);
    guest.write(DATA, bit(SIG.SIGUSR2));
    guest.call('rt_sigsuspend', DATA, 8);
    expect(guest.kernel.state.current).toBe(other);
    guest.call('tgkill', 1000, 1000, SIG.SIGUSR1);
    guest.call('sched_yield');
    expect(guest.task().mask).toBe(bit(SIG.SIGUSR1) | bit(SIG.SIGUSR2));
    sigreturn(guest);
    expect(guest.task().mask).toBe(bit(SIG.SIGUSR1));
    expect(guest.task().registers[RAX]).toBe(BigInt.asUintN(64, -4n));
  });

  it('sigtimedwait takes a blocked signal, or times out', () => {
    const guest = startGuest();
    const other = thread(guest);
    guest.write(DATA, bit(SIG.SIGUSR1));
    guest.call('rt_sigprocmask', 0, DATA, 0, 8);
    guest.call('rt_sigtimedwait', DATA, DATA + 0x300, 0, 8);
    expect(guest.kernel.state.current).toBe(other);
    guest.call('tgkill', 1000, 1000, SIG.SIGUSR1);
    guest.call('sched_yield');
    expect(guest.task().registers[RAX]).toBe(10n);
    expect(guest.u32(DATA + 0x300)).toBe(10);
    guest.write(DATA + 0x100, 0, 1000);
    guest.call('rt_sigtimedwait', DATA, 0, DATA + 0x100, 8);
    guest.kernel.advanceTo(guest.kernel.now() + 2000n);
    // The timer expires after the yield: the other thread gets one more turn.
    guest.call('sched_yield');
    guest.call('sched_yield');
    expect(guest.task(1000).registers[RAX]).toBe(BigInt.asUintN(64, -11n));
  });
});
