import { describe, expect, it } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { FS_BASE, RAX, RSP } from '../../emulator/abi/amd64/layout.ts';
import { shownTime } from '../../emulator/kernel/time.ts';
import { CODE, DATA, startGuest, tinyElf } from './harness.ts';

const E = { PERM: -1, SRCH: -3, CHILD: -10, AGAIN: -11, NOMEM: -12, ACCES: -13, FAULT: -14, EXIST: -17, INVAL: -22 };
const SECOND = 1_000_000_000n;

describe('mmap', () => {
  it('places from the top down, takes hints and fixed addresses', () => {
    const guest = startGuest();
    const first = guest.call('mmap', 0, 8192, 3, 0x22, -1, 0)!;
    const second = guest.call('mmap', 0, 100, 3, 0x22, -1, 0)!;
    expect(second).toBeLessThan(first);
    expect(guest.call('mmap', 0xc000000000, 4096, 0, 0x22, -1, 0)).toBe(0xc000000000);
    expect(guest.call('mmap', 0xc000000000, 4096, 0, 0x22, -1, 0)).not.toBe(0xc000000000);
    expect(guest.call('mmap', 0xc000000000, 4096, 0, 0x100022, -1, 0)).toBe(E.EXIST);
    guest.space().writeU32(first, 7);
    expect(guest.call('mmap', first, 4096, 1, 0x32, -1, 0)).toBe(first);
    expect(guest.u32(first)).toBe(0);
    expect(guest.call('mmap', 0, 2 ** 38, 0, 0x22, -1, 0)).toBeGreaterThan(0);
  });

  it('refuses what Linux refuses', () => {
    const guest = startGuest();
    expect(guest.call('mmap', 0, 0, 3, 0x22, -1, 0)).toBe(E.INVAL);
    expect(guest.call('mmap', 0, 4096, 3, 0x20, -1, 0)).toBe(E.INVAL);
    expect(guest.call('mmap', 1, 4096, 3, 0x32, -1, 0)).toBe(E.INVAL);
    expect(guest.call('mmap', 0, 4096, 3, 0x32, -1, 0)).toBe(E.PERM);
    expect(guest.call('mmap', 0, 4096, 3, 0x22, -1, 1)).toBe(E.INVAL);
    expect(guest.call('mmap', 0, 2 ** 48, 3, 0x22, -1, 0)).toBe(E.NOMEM);
    expect(guest.call('mmap', 0, 2 ** 40, 3, 0x22, -1, 0)).toBe(E.NOMEM);
    expect(guest.call('mmap', 0, -1n, 3, 0x22, -1, 0)).toBe(E.NOMEM);
    expect(guest.call('mmap', 0, 4096, 3, 2, 99, 0)).toBe(-9);
    expect(guest.call('munmap', 1, 4096)).toBe(E.INVAL);
    expect(guest.call('munmap', 0x10000, 0)).toBe(E.INVAL);
    expect(guest.call('mprotect', 0x10000, 4096, 3)).toBe(E.NOMEM);
    expect(guest.call('mprotect', DATA, 4096, 0x100)).toBe(E.INVAL);
    expect(guest.call('madvise', DATA, 4096, 99)).toBe(E.INVAL);
    expect(guest.call('madvise', 0x10000, 4096, 4)).toBe(E.NOMEM);
    expect(guest.call('mincore', 0x10000, 4096, DATA)).toBe(E.NOMEM);
  });

  it('maps files privately', () => {
    const guest = startGuest();
    const fd = guest.call('openat', -100, guest.text(DATA, '/mnt/prog'), 0, 0)!;
    const at = guest.call('mmap', 0, 0x3000, 3, 2, fd, 0)!;
    expect(guest.u32(at)).toBe(0x464c457f);
    guest.space().writeU32(at, 1);
    expect(guest.u32(0x400000)).toBe(0x464c457f);
    expect(guest.call('madvise', at, 4096, 4)).toBe(0);
    expect(guest.u32(at)).toBe(0x464c457f);
    expect(guest.call('mmap', 0, 4096, 3, 1, fd, 0)).toBeLessThan(0);
  });

  it('moves and grows mappings', () => {
    const guest = startGuest();
    const at = guest.call('mmap', 0xc000000000, 8192, 3, 0x22, -1, 0)!;
    guest.write(at + 4096, 42);
    expect(guest.call('mremap', at, 8192, 16384, 0)).toBe(at);
    expect(guest.call('mmap', at + 16384, 4096, 3, 0x32, -1, 0)).toBe(at + 16384);
    expect(guest.call('mremap', at, 16384, 32768, 0)).toBe(E.NOMEM);
    const moved = guest.call('mremap', at, 16384, 32768, 1)!;
    expect(moved).not.toBe(at);
    expect(guest.u64(moved + 4096)).toBe(42n);
    expect(guest.space().mappingAt(at)).toBeUndefined();
    expect(guest.call('mremap', moved, 32768, 4096, 0)).toBe(moved);
    expect(guest.space().mappingAt(moved + 4096)).toBeUndefined();
  });

  it('has a heap', () => {
    const guest = startGuest();
    const start = guest.call('brk', 0)!;
    expect(guest.call('brk', start + 5000)).toBe(start + 5000);
    guest.write(start + 4990, 1);
    expect(guest.space().mappingAt(start)!.name).toBe('[heap]');
    expect(guest.call('brk', start)).toBe(start);
    expect(guest.space().mappingAt(start)).toBeUndefined();
    expect(guest.call('brk', 1)).toBe(start);
  });
});

describe('futex', () => {
  it('wakes in order, by bitset, and moves waiters', () => {
    const guest = startGuest();
    const ids = [0, 1, 2].map(i => guest.call('clone', 0x50f00, DATA + 0x1000 * (i + 1), 0, 0, 0)!);
    const word = DATA + 0x800;
    expect(guest.call('futex', word, 128, 1, 0, 0, 0)).toBe(E.AGAIN);
    guest.call('sched_yield');
    for (const id of ids) {
      expect(guest.kernel.state.current).toBe(id);
      guest.call('futex', word, 128 | 9, 0, 0, 0, id === ids[1] ? 2 : 1);
    }
    expect(guest.kernel.state.current).toBe(1000);
    expect(guest.call('futex', word, 128 | 10, 10, 0, 0, 2)).toBe(1);
    expect(guest.call('futex', word, 128 | 4, 1, 10, word + 4, 0)).toBe(2);
    expect(guest.call('futex', word, 129, 10)).toBe(0);
    expect(guest.call('futex', word + 4, 1, 10)).toBe(0);
    expect(guest.call('futex', word + 4, 129, 10)).toBe(1);
    expect(guest.call('futex', word + 1, 129, 1)).toBe(E.INVAL);
    expect(guest.call('futex', word, 128 | 9, 0, 0, 0, 0)).toBe(E.INVAL);
    expect(guest.call('futex', 0x10, 128, 0, 0, 0, 0)).toBe(E.FAULT);
  });

  it('times out, relative and absolute', () => {
    const guest = startGuest();
    guest.write(DATA + 0x100, 1, 0);
    const start = guest.kernel.now();
    guest.call('futex', DATA, 128, 0x61746164, DATA + 0x100, 0, 0);
    const end = shownTime(start + 1n) + SECOND;
    expect(guest.schedule()).toEqual({ is: 'sleep', until: end });
    guest.kernel.advanceTo(end);
    guest.schedule();
    expect(guest.task().registers[RAX]).toBe(BigInt.asUintN(64, -110n));
    expect(guest.kernel.state.futexes).toEqual([]);
    const until = guest.options.realTime / SECOND + 9n;
    guest.write(DATA + 0x100, until, 0);
    guest.call('futex', DATA, 128 | 9 | 256, 0x61746164, DATA + 0x100, 0, 0xffffffff);
    const due = until * SECOND - (guest.options.realTime - SECOND);
    expect(guest.schedule()).toEqual({ is: 'sleep', until: due });
  });

  it('is told when a thread ends', () => {
    const guest = startGuest();
    guest.write(DATA + 0x800, 0x1234);
    const id = guest.call('clone', 0x250f00, DATA + 0x3000, 0, DATA + 0x800, 0)!;
    guest.call('futex', DATA + 0x800, 0, 0x1234, 0, 0, 0);
    expect(guest.kernel.state.current).toBe(id);
    guest.enter('exit', 0);
    expect(guest.schedule()).toMatchObject({ is: 'run', task: 1000 });
    expect(guest.task().registers[RAX]).toBe(0n);
    expect(guest.u32(DATA + 0x800)).toBe(0);
  });
});

describe('message queues', () => {
  it('tell the file system they are in', () => {
    const guest = startGuest();
    guest.space().write(DATA, new TextEncoder().encode('queue\0'));
    const queue = guest.call('mq_open', DATA, 0o102, 0o600, 0)!;
    expect(queue).toBeGreaterThan(2);
    expect(guest.call('fstatfs', queue, DATA + 0x100)).toBe(0);
    expect(guest.u64(DATA + 0x100)).toBe(0x19800202n);
  });
});

describe('time', () => {
  it('is the count of instructions', () => {
    const guest = startGuest();
    guest.call('clock_gettime', 1, DATA);
    const before = guest.u64(DATA) * SECOND + guest.u64(DATA + 8);
    guest.kernel.advance(500);
    guest.call('clock_gettime', 1, DATA);
    const passed = guest.u64(DATA) * SECOND + guest.u64(DATA + 8) - before;
    expect(Math.abs(Number(passed - 501n))).toBeLessThan(64);
    guest.call('clock_gettime', 0, DATA);
    expect(guest.u64(DATA)).toBe(1_700_000_000n);
    expect(guest.call('clock_gettime', 77, DATA)).toBe(E.INVAL);
    expect(guest.call('clock_gettime', 0, 8)).toBe(E.FAULT);
    guest.call('clock_gettime', 3, DATA);
    expect(guest.u64(DATA + 8)).toBe(506n);
  });

  it('bounds a quantum by the next timer, to the instruction', () => {
    const guest = startGuest();
    guest.write(DATA, 0x401100, 0x04000004, 0x401200, 0);
    guest.call('rt_sigaction', 14, DATA, 0, 8);
    guest.write(DATA, 0, 0, 0, 1);
    expect(guest.call('setitimer', 0, DATA, 0)).toBe(0);
    const now = guest.kernel.now();
    const quantum = Number(shownTime(now) - now) + 1000;
    expect(guest.schedule()).toEqual({ is: 'run', task: 1000, quantum });
    guest.kernel.advance(quantum - 1);
    expect(guest.schedule()).toMatchObject({ quantum: 1 });
    guest.kernel.advance(1);
    guest.schedule();
    expect(amd64.pc(guest.task().registers)).toBe(0x401100);
  });

  it('counts the overruns of a timer that is not heard', () => {
    const guest = startGuest();
    guest.write(DATA, 1n << 40n, 34n | (4n << 32n), 1000);
    expect(guest.call('timer_create', 1, DATA, DATA + 0x100)).toBe(0);
    // Signal 34 is blocked.
    guest.write(DATA, 1n << 33n);
    guest.call('rt_sigprocmask', 0, DATA, 0, 8);
    guest.write(DATA, 0, 1000, 0, 1000);
    expect(guest.call('timer_settime', 0, 0, DATA, 0)).toBe(0);
    guest.kernel.advance(3500);
    guest.schedule();
    expect(guest.task().pending.length).toBe(1);
    expect(guest.call('timer_gettime', 0, DATA)).toBe(0);
    expect(guest.u64(DATA + 8)).toBe(1000n);
    expect(guest.u64(DATA + 24)).toBeLessThan(1000n);
    guest.write(DATA, 0x401100, 0x04000004, 0x401200, 0);
    guest.call('rt_sigaction', 34, DATA, 0, 8);
    guest.write(DATA, 0);
    guest.call('rt_sigprocmask', 2, DATA, 0, 8);
    const info = amd64.sp(guest.task().registers) + 312;
    expect([0, 8, 16, 20].map(at => guest.u32(info + at) | 0)).toEqual([34, -2, 0, 2]);
    expect(guest.call('timer_getoverrun', 0)).toBe(2);
    expect(guest.call('timer_delete', 0)).toBe(0);
    expect(guest.call('timer_delete', 0)).toBe(E.INVAL);
  });

  it('does not let timers that nobody hears hold up the clock', () => {
    const guest = startGuest();
    guest.write(DATA, 0, 1n << 32n, 0);
    expect(guest.call('timer_create', 1, DATA, DATA + 0x100)).toBe(0);
    guest.write(DATA, 0, (23n << 0n) | (0n << 32n), 0);
    expect(guest.call('timer_create', 1, DATA, DATA + 0x100)).toBe(0);
    guest.write(DATA, 0, 1, 0, 1);
    for (const timer of [0, 1]) expect(guest.call('timer_settime', timer, 0, DATA, 0)).toBe(0);
    guest.write(DATA, 1, 0);
    guest.call('nanosleep', DATA, 0);
    let sleeps = 0;
    for (let d = guest.schedule(); d.is === 'sleep'; d = guest.schedule(), sleeps++) guest.kernel.advanceTo(d.until);
    expect(guest.task().registers[RAX]).toBe(0n);
    expect(sleeps).toBeLessThan(300);
  });

  it('lets CPU timers run only with their task', () => {
    const guest = startGuest();
    guest.write(DATA, 0, 0, 0, 5);
    guest.call('setitimer', 2, DATA, 0);
    guest.kernel.advanceTo(guest.kernel.now() + SECOND);
    expect(guest.schedule()).toMatchObject({ is: 'run', quantum: 5000 });
    guest.kernel.advance(5000);
    expect(guest.schedule()).toEqual({ is: 'exited', status: 27 });
  });

  it('is a deadlock when nobody waits for anything that can come', () => {
    const guest = startGuest();
    guest.call('pause');
    expect(guest.schedule()).toEqual({ is: 'deadlock' });
  });
});

describe('threads and processes', () => {
  it('are made with the registers of the parent', () => {
    const guest = startGuest();
    const id = guest.call('clone', 0x3d0f00, DATA + 0x3000, DATA + 0x100, DATA + 0x108, 0x7000)!;
    expect(guest.u32(DATA + 0x100)).toBe(id);
    const child = guest.task(id).registers;
    expect([child[RAX], child[RSP], child[FS_BASE]]).toEqual([0n, BigInt(DATA + 0x3000), 0x7000n]);
    expect(guest.call('clone', 0x10000, 0, 0, 0, 0)).toBe(E.INVAL);
    expect(guest.call('clone', 0x800, 0, 0, 0, 0)).toBe(E.INVAL);
    expect(guest.call('clone', 0x10000011, 0, 0, 0, 0)).toBe(E.PERM);
  });

  it('fork copies memory, and wait4 gets the status', () => {
    const guest = startGuest();
    expect(guest.call('wait4', -1, 0, 0, 0)).toBe(E.CHILD);
    const pid = guest.call('fork')!;
    guest.space().writeU32(DATA, 1);
    expect(guest.call('wait4', -1, DATA + 0x100, 1, 0)).toBe(0);
    guest.call('wait4', -1, DATA + 0x100, 0, 0);
    expect(guest.kernel.state.current).toBe(pid);
    expect(guest.u32(DATA)).toBe(0x61746164);
    expect(guest.call('getppid')).toBe(1000);
    guest.enter('exit_group', 7);
    guest.schedule();
    expect(guest.task(1000).registers[RAX]).toBe(BigInt(pid));
    expect(guest.u32(DATA + 0x100)).toBe(7 << 8);
    expect(guest.kernel.state.processes.has(pid)).toBe(false);
    expect(guest.spaces.spaces.size).toBe(1);
  });

  it('vfork lends the memory until execve, which makes a new one', () => {
    const guest = startGuest({ files: { '/host/prog': tinyElf(), '/host/other': tinyElf() } });
    const path = guest.text(DATA + 0x200, '/mnt/other');
    guest.write(DATA + 0x300, path, 0);
    guest.call('vfork');
    const pid = guest.kernel.state.current!;
    expect(pid).not.toBe(1000);
    guest.space().writeU32(DATA, 9);
    expect(guest.call('execve', guest.text(DATA + 0x400, '/mnt/none'), 0, 0)).toBe(-2);
    expect(guest.call('execve', path, DATA + 0x300, 0)).toBe(0);
    expect(guest.u32(DATA)).toBe(0x61746164);
    expect(amd64.pc(guest.task().registers)).toBe(CODE);
    expect(guest.task().name).toBe('other');
    guest.call('sched_yield');
    expect(guest.kernel.state.current).toBe(1000);
    expect(guest.task().registers[RAX]).toBe(BigInt(pid));
    expect(guest.u32(DATA)).toBe(9);
  });

  it('exit_group ends all threads, the caller last', () => {
    const guest = startGuest();
    guest.call('clone', 0x50f00, DATA + 0x3000, 0, 0, 0);
    guest.enter('exit_group', 3);
    expect(guest.schedule()).toEqual({ is: 'exited', status: 3 << 8 });
    expect(guest.events.filter(e => e.is === 'task-exit').map(e => e.is === 'task-exit' && e.task)).toEqual([
      1001, 1000,
    ]);
  });

  it('a leader that exits leaves its threads running', () => {
    const guest = startGuest();
    const id = guest.call('clone', 0x50f00, DATA + 0x3000, 0, 0, 0)!;
    guest.enter('exit', 1);
    expect(guest.schedule()).toMatchObject({ is: 'run', task: id });
    expect(guest.call('getpid')).toBe(1000);
    guest.enter('exit', 5);
    expect(guest.schedule()).toEqual({ is: 'exited', status: 5 << 8 });
  });

  it('are known by numbers and limits', () => {
    const guest = startGuest({ cpus: 3 });
    expect(guest.call('gettid')).toBe(1000);
    expect(guest.call('getuid')).toBe(1000);
    expect(guest.call('setuid', 0)).toBe(E.PERM);
    expect(guest.call('sched_getaffinity', 0, 8192, DATA)).toBe(8);
    expect(guest.u64(DATA)).toBe(7n);
    expect(guest.call('sched_getaffinity', 0, 7, DATA)).toBe(E.INVAL);
    expect(guest.call('prlimit64', 0, 7, 0, DATA)).toBe(0);
    expect(guest.u64(DATA)).toBe(1024n);
    guest.write(DATA, 2000, 2 ** 40);
    expect(guest.call('prlimit64', 0, 7, DATA, 0)).toBe(E.PERM);
    expect(guest.call('prlimit64', 0, 99, 0, 0)).toBe(E.INVAL);
    expect(guest.call('arch_prctl', 0x1002, 0x1234)).toBe(0);
    expect(guest.call('arch_prctl', 0x1003, DATA)).toBe(0);
    expect(guest.u64(DATA)).toBe(0x1234n);
    expect(guest.call('arch_prctl', 0x1002, -1n)).toBe(E.PERM);
    expect(guest.call('uname', DATA)).toBe(0);
    expect(guest.space().readString(DATA, 65)).toEqual(new TextEncoder().encode('Linux'));
  });

  it('answers what it does not know with ENOSYS, and says so', () => {
    const guest = startGuest();
    expect(guest.call('io_uring_setup', 1, DATA)).toBe(-38);
    guest.task().registers[RAX] = 9999n;
    const r = guest.task().registers;
    amd64.syscall.enter(r);
    guest.kernel.syscall(1000, CODE);
    expect(r[RAX]).toBe(BigInt.asUintN(64, -38n));
    const names = guest.events.filter(e => e.is === 'syscall-unimplemented').map(e => 'name' in e && e.name);
    expect(names).toEqual(['io_uring_setup', 'syscall_0x270f']);
  });
});

describe('rseq', () => {
  it('aborts the critical section of a thread that loses the CPU', () => {
    const guest = startGuest();
    const area = DATA + 0x1000;
    expect(guest.call('rseq', area + 1, 32, 0, 0x53053053)).toBe(E.INVAL);
    expect(guest.call('rseq', area, 32, 0, 0x53053053)).toBe(0);
    expect(guest.call('rseq', area, 32, 0, 0x53053053)).toBe(E.INVAL);
    // start, length, abort address with the signature in front of it.
    guest.write(area + 64, 0, CODE, 0x40, area + 0x204);
    guest.space().writeU32(area + 0x200, 0x53053053);
    guest.write(area + 8, area + 64);
    const r = guest.task().registers;
    amd64.setPc(r, CODE + 0x10);
    guest.call('clone', 0x50f00, DATA + 0x3000, 0, 0, 0);
    amd64.setPc(r, CODE + 0x10);
    guest.kernel.advance(100_000);
    guest.schedule();
    guest.kernel.advance(100_000);
    expect(guest.schedule()).toMatchObject({ task: 1000 });
    expect(amd64.pc(r)).toBe(area + 0x204);
    expect(guest.u64(area + 8)).toBe(0n);
    expect(guest.call('rseq', area, 32, 1, 0x53053053)).toBe(0);
  });
});
