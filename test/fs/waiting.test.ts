/** Calls that wait: pipes, FIFOs, eventfds, timerfds, poll, select, epoll, locks, standard input. */
import { describe, expect, test } from 'vitest';
import { EPOLL, EPOLL_CTL, O, POLL } from '../../emulator/abi/flags.ts';
import { files } from '../../emulator/kernel/fs/index.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { shownTime } from '../../emulator/kernel/time.ts';
import { type Blocked, BUFFER, type CallResult, createGuest, type Guest } from './guest.ts';

function blocked(result: CallResult): Blocked {
  if (typeof result !== 'object') throw new Error(`did not block: ${result}`);
  return result;
}

function pipe(g: Guest, flags = 0): [number, number] {
  g.ok('pipe2', { fildes: BUFFER, flags });
  const view = new DataView(g.result(8).slice().buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

/** Whether something woke the task since it blocked. */
const woken = (g: Guest): boolean => g.task.run.is === 'blocked' && g.task.run.reason === 'woken';

describe('pipes', () => {
  test('a read waits for a writer, and sees the end', () => {
    const g = createGuest();
    const other = g.fork(1001);
    const [r, w] = pipe(g);
    const writer = g.fork(1002);
    g.ok('close', { fd: w });
    const read = blocked(g.call('read', { fd: r, buf: BUFFER, count: 10 }));
    expect(read.waiting.what).toBe('read of pipe 3');
    expect(woken(g)).toBe(false);
    writer.write(w, 'abc');
    expect(woken(g)).toBe(true);
    expect(read.resume()).toBe(3);
    expect(g.string(3)).toBe('abc');
    const end = blocked(g.call('read', { fd: r, buf: BUFFER, count: 10 }));
    writer.ok('close', { fd: w });
    expect(woken(g)).toBe(true);
    expect(end.resume()).toBe(0);
    expect(other.call('read', { fd: r, buf: BUFFER, count: 1 })).toBe('EBADF');
  });

  test('a long write goes on where it stopped', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const reader = g.fork(1001);
    const data = new Uint8Array(100_000).map((_, i) => i % 251);
    g.memory.write(0x20_0000, data);
    let write = blocked(g.call('write', { fd: w, buf: 0x20_0000, count: data.length }));
    expect(write.waiting.data).toEqual({ written: 65536 });
    const got: number[] = [];
    for (let i = 0; i < 100 && got.length < data.length; i++) {
      const n = reader.ok('read', { fd: r, buf: BUFFER, count: 10_000 });
      got.push(...reader.result(n));
      if (!woken(g)) continue;
      const result = write.resume();
      if (typeof result === 'object') write = result;
      else expect(result).toBe(data.length);
    }
    expect(got).toEqual([...data]);
  });

  test('a signal cuts a long write short, and restarts one that wrote nothing', () => {
    const g = createGuest();
    const [, w] = pipe(g);
    expect(blocked(g.call('write', { fd: w, buf: BUFFER, count: 70_000 })).resume('signal')).toBe(65536);
    expect(blocked(g.call('write', { fd: w, buf: BUFFER, count: 1 })).resume('signal')).toBe('ERESTARTSYS');
  });

  test('without readers: EPIPE and SIGPIPE', () => {
    const g = createGuest();
    g.process.signals.actions[13].handler = 0x1234;
    const [r, w] = pipe(g);
    g.ok('close', { fd: r });
    expect(g.write(w, 'x')).toBe('EPIPE');
    expect(g.signals()).toEqual([13]);
  });

  test('O_NONBLOCK, capacity, atomic small writes', () => {
    const g = createGuest();
    const [r, w] = pipe(g, O.O_NONBLOCK);
    expect(g.call('read', { fd: r, buf: BUFFER, count: 1 })).toBe('EAGAIN');
    expect(g.call('write', { fd: w, buf: BUFFER, count: 100_000 })).toBe(65536);
    expect(g.call('write', { fd: w, buf: BUFFER, count: 1 })).toBe('EAGAIN');
    g.ok('read', { fd: r, buf: BUFFER, count: 4095 });
    expect(g.call('write', { fd: w, buf: BUFFER, count: 100 })).toBe('EAGAIN');
    g.ok('read', { fd: r, buf: BUFFER, count: 1 });
    expect(g.call('write', { fd: w, buf: BUFFER, count: 4096 })).toBe(4096);
  });

  test('a FIFO opens when both sides are there', () => {
    const g = createGuest();
    g.ok('mknod', { filename: g.text('/tmp/fifo'), mode: 0o010600 });
    const writer = g.fork(1001);
    const open = blocked(g.open('/tmp/fifo', O.O_RDONLY));
    expect(writer.open('/tmp/fifo', O.O_WRONLY)).toBe(3);
    expect(woken(g)).toBe(true);
    expect(open.resume()).toBe(3);
    writer.write(3, 'hi');
    expect(g.read(3)).toBe('hi');
    expect(g.open('/tmp/fifo', O.O_WRONLY | O.O_NONBLOCK)).toBe(4);
    for (const fd of [3, 4]) g.ok('close', { fd });
    writer.ok('close', { fd: 3 });
    expect(g.open('/tmp/fifo', O.O_WRONLY | O.O_NONBLOCK)).toBe('ENXIO');
    expect(blocked(g.open('/tmp/fifo', O.O_WRONLY)).resume('signal')).toBe('ERESTARTSYS');
    expect(g.process.files.descriptors.has(3)).toBe(false);
  });
});

describe('eventfd and timerfd', () => {
  const number = (g: Guest, value: bigint): number => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return g.bytes(bytes);
  };

  test('eventfd counts and blocks at both ends', () => {
    const g = createGuest();
    const fd = g.ok('eventfd2', { count: 5, flags: 0 });
    expect(g.ok('read', { fd, buf: BUFFER, count: 8 })).toBe(8);
    expect(g.memory.readU64(BUFFER)).toBe(5n);
    const read = blocked(g.call('read', { fd, buf: BUFFER, count: 8 }));
    const other = g.fork(1001);
    other.ok('write', { fd, buf: number(other, 7n), count: 8 });
    expect(read.resume()).toBe(8);
    expect(g.memory.readU64(BUFFER)).toBe(7n);
    g.ok('write', { fd, buf: number(g, 0xffff_ffff_ffff_fffen), count: 8 });
    expect(blocked(g.call('write', { fd, buf: number(g, 1n), count: 8 })).waiting.onSignal).toBe('restart');
    expect(g.call('write', { fd, buf: number(g, 0xffff_ffff_ffff_ffffn), count: 8 })).toBe('EINVAL');
  });

  test('timerfd follows virtual time', () => {
    const g = createGuest();
    const fd = g.ok('timerfd_create', { clockid: 1, flags: 0 });
    const spec = new Uint8Array(32);
    const view = new DataView(spec.buffer);
    view.setBigUint64(8, 1_000_000n, true);
    view.setBigUint64(24, 5_000_000n, true);
    g.ok('timerfd_settime', { ufd: fd, flags: 0, utmr: g.bytes(spec) });
    const read = blocked(g.call('read', { fd, buf: BUFFER, count: 8 }));
    expect(read.waiting.deadline).toBe(shownTime(g.state.now) + 5_000_000n);
    g.state.now += 7_500_000n;
    expect(read.resume('timeout')).toBe(8);
    expect(g.memory.readU64(BUFFER)).toBe(3n);
  });
});

describe('poll, select, epoll', () => {
  const pollfd = (g: Guest, ...entries: [number, number][]): number => {
    const bytes = new Uint8Array(entries.length * 8);
    const view = new DataView(bytes.buffer);
    entries.forEach(([fd, events], i) => {
      view.setInt32(i * 8, fd, true);
      view.setInt16(i * 8 + 4, events, true);
    });
    g.memory.write(0x18_0000, bytes);
    return 0x18_0000;
  };
  const revents = (g: Guest, i = 0): number => g.memory.readU32(0x18_0000 + i * 8 + 4) >>> 16;

  test('poll waits, times out, is interrupted', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const other = g.fork(1001);
    const fds = pollfd(g, [r, POLL.POLLIN], [-1, 1], [99, 1]);
    expect(g.ok('poll', { fds, nfds: 3, timeout: -1 })).toBe(1);
    expect(revents(g, 2)).toBe(POLL.POLLNVAL);
    let wait = blocked(g.call('poll', { fds: pollfd(g, [r, POLL.POLLIN]), nfds: 1, timeout: 100 }));
    expect(wait.waiting.deadline).toBe(shownTime(g.state.now) + 100_000_000n);
    expect(wait.resume('signal')).toBe('ERESTART_RESTARTBLOCK');
    wait = blocked(g.call('poll', { fds: pollfd(g, [r, POLL.POLLIN]), nfds: 1, timeout: 100 }));
    g.state.now = wait.waiting.deadline as bigint;
    expect(wait.resume('timeout')).toBe(0);
    wait = blocked(g.call('poll', { fds: pollfd(g, [r, POLL.POLLIN]), nfds: 1, timeout: -1 }));
    other.write(w, 'x');
    expect(woken(g)).toBe(true);
    expect(wait.resume()).toBe(1);
    expect(revents(g)).toBe(POLL.POLLIN);
  });

  test('ppoll tells what is left of its timeout', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const other = g.fork(1001);
    const tmo_p = 0x19_0000;
    g.memory.writeU64(tmo_p, 2n);
    g.memory.writeU64(tmo_p + 8, 0n);
    const wait = blocked(g.call('ppoll', { fds: pollfd(g, [r, POLL.POLLIN]), nfds: 1, tmo_p }));
    const start = shownTime(g.state.now);
    g.state.now += 500_000_000n;
    other.write(w, 'x');
    expect(wait.resume()).toBe(1);
    expect(g.memory.readU64(tmo_p)).toBe(1n);
    expect(g.memory.readU64(tmo_p + 8)).toBe(1_000_000_000n - (shownTime(g.state.now) - start));
  });

  test('select', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    g.memory.writeU64(BUFFER, (1n << BigInt(r)) | (1n << BigInt(w)));
    g.memory.writeU64(BUFFER + 8, 1n << BigInt(w));
    expect(g.ok('select', { n: 10, inp: BUFFER, outp: BUFFER + 8, tvp: 0 })).toBe(1);
    expect(g.memory.readU64(BUFFER)).toBe(0n);
    expect(g.memory.readU64(BUFFER + 8)).toBe(1n << BigInt(w));
    g.memory.writeU64(BUFFER, 1n << 50n);
    expect(g.call('select', { n: 64, inp: BUFFER, tvp: 0 })).toBe('EBADF');
  });

  const event = (g: Guest, events: number, data: number): number => {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, events >>> 0, true);
    view.setUint32(4, data, true);
    return g.bytes(bytes);
  };
  const add = (g: Guest, epfd: number, fd: number, events: number): CallResult =>
    g.call('epoll_ctl', { epfd, op: EPOLL_CTL.EPOLL_CTL_ADD, fd, event: event(g, events, fd) });
  const wait = (g: Guest, epfd: number, timeout = 0): CallResult =>
    g.call('epoll_wait', { epfd, events: BUFFER, maxevents: 10, timeout });
  const reported = (g: Guest, count: number): [number, number][] =>
    Array.from({ length: count }, (_, i) => [g.memory.readU32(BUFFER + i * 12 + 4), g.memory.readU32(BUFFER + i * 12)]);

  test('level-triggered: as long as there is something', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const epfd = g.ok('epoll_create1', { flags: 0 });
    expect(add(g, epfd, r, EPOLL.EPOLLIN)).toBe(0);
    expect(add(g, epfd, r, EPOLL.EPOLLIN)).toBe('EEXIST');
    expect(wait(g, epfd)).toBe(0);
    g.write(w, 'xy');
    expect(wait(g, epfd)).toBe(1);
    expect(reported(g, 1)).toEqual([[r, EPOLL.EPOLLIN]]);
    expect(wait(g, epfd)).toBe(1);
    g.read(r);
    expect(wait(g, epfd)).toBe(0);
  });

  test('edge-triggered: once for every arrival', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const epfd = g.ok('epoll_create1', { flags: 0 });
    add(g, epfd, r, EPOLL.EPOLLIN | EPOLL.EPOLLET | EPOLL.EPOLLRDHUP);
    g.write(w, 'xy');
    expect(wait(g, epfd)).toBe(1);
    expect(wait(g, epfd)).toBe(0);
    g.write(w, 'z');
    expect(wait(g, epfd)).toBe(1);
    g.ok('close', { fd: w });
    expect(wait(g, epfd)).toBe(1);
    expect(reported(g, 1)[0][1] & EPOLL.EPOLLHUP).toBe(EPOLL.EPOLLHUP);
  });

  test('one-shot, modification, removal, close', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const epfd = g.ok('epoll_create1', { flags: 0 });
    add(g, epfd, r, EPOLL.EPOLLIN | EPOLL.EPOLLONESHOT);
    g.write(w, 'x');
    expect(wait(g, epfd)).toBe(1);
    g.write(w, 'x');
    expect(wait(g, epfd)).toBe(0);
    g.ok('epoll_ctl', { epfd, op: EPOLL_CTL.EPOLL_CTL_MOD, fd: r, event: event(g, EPOLL.EPOLLIN, 9) });
    expect(wait(g, epfd)).toBe(1);
    const copy = g.ok('dup', { fildes: r });
    g.ok('close', { fd: r });
    // The open file lives on through its copy, and is still watched.
    expect(wait(g, epfd)).toBe(1);
    g.ok('close', { fd: copy });
    expect(wait(g, epfd)).toBe(0);
    expect(g.call('epoll_ctl', { epfd, op: EPOLL_CTL.EPOLL_CTL_DEL, fd: w })).toBe('ENOENT');
    expect(add(g, epfd, g.open('/etc/hostname') as number, 1)).toBe('EPERM');
    expect(add(g, epfd, epfd, 1)).toBe('EINVAL');
  });

  test('waits until something it watches is ready, nested ones too', () => {
    const g = createGuest();
    const [r, w] = pipe(g);
    const inner = g.ok('epoll_create1', { flags: 0 });
    const outer = g.ok('epoll_create1', { flags: 0 });
    add(g, inner, r, EPOLL.EPOLLIN);
    expect(add(g, outer, inner, EPOLL.EPOLLIN)).toBe(0);
    expect(add(g, inner, outer, EPOLL.EPOLLIN)).toBe('ELOOP');
    const other = g.fork(1001);
    const waiting = blocked(wait(g, outer, -1));
    expect(waiting.resume('signal')).toBe('EINTR');
    const again = blocked(wait(g, outer, 1000));
    other.write(w, 'x');
    expect(woken(g)).toBe(true);
    expect(again.resume()).toBe(1);
    expect(reported(g, 1)).toEqual([[inner, EPOLL.EPOLLIN]]);
  });

  test('what Go does: an eventfd, edge-triggered, and one long wait', () => {
    const g = createGuest();
    const epfd = g.ok('epoll_create1', { flags: O.O_CLOEXEC });
    const fd = g.ok('eventfd2', { count: 0, flags: O.O_CLOEXEC | O.O_NONBLOCK });
    add(g, epfd, fd, EPOLL.EPOLLIN);
    const waiting = blocked(
      g.call('epoll_pwait', { epfd, events: BUFFER, maxevents: 128, timeout: 86_400_000, sigmask: 0 }),
    );
    const other = g.fork(1001);
    other.ok('write', { fd, buf: other.bytes(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)), count: 8 });
    expect(waiting.resume()).toBe(1);
    expect(() => cloneState(g.state.fs)).not.toThrow();
  });
});

describe('locks', () => {
  const lock = (g: Guest, type: number, start = 0, length = 0): number => {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    view.setInt16(0, type, true);
    view.setBigInt64(8, BigInt(start), true);
    view.setBigInt64(16, BigInt(length), true);
    return g.bytes(bytes);
  };
  const F = { GETLK: 5, SETLK: 6, SETLKW: 7 };

  test('record locks: conflicts, splitting, waiting, deadlock', () => {
    const g = createGuest();
    const fd = g.open('/tmp/l', O.O_CREAT | O.O_RDWR) as number;
    const fd2 = g.open('/tmp/m', O.O_CREAT | O.O_RDWR) as number;
    const other = g.fork(1001);
    const set = (who: Guest, cmd: number, at: number, file = fd): CallResult =>
      who.call('fcntl', { fd: file, cmd, arg: BigInt(at) });
    expect(set(g, F.SETLK, lock(g, 1, 0, 100))).toBe(0);
    expect(set(other, F.SETLK, lock(other, 0, 50, 10))).toBe('EAGAIN');
    expect(set(other, F.SETLK, lock(other, 0, 100, 10))).toBe(0);
    expect(set(g, F.SETLK, lock(g, 2, 40, 20))).toBe(0);
    expect(set(other, F.SETLK, lock(other, 1, 40, 20))).toBe(0);
    const at = lock(g, 0, 0, 0);
    expect(set(g, F.GETLK, at)).toBe(0);
    expect(new DataView(g.memory.read(at, 32).buffer).getInt32(24, true)).toBe(1001);
    expect(set(other, F.SETLK, lock(other, 1), fd2)).toBe(0);
    const wait = blocked(set(other, F.SETLKW, lock(other, 1, 0, 10)));
    expect(set(g, F.SETLKW, lock(g, 1), fd2)).toBe('EDEADLK');
    // Closing any descriptor of the file gives the process's locks up.
    g.ok('close', { fd: g.ok('dup', { fildes: fd }) });
    expect(woken(other)).toBe(true);
    expect(wait.resume()).toBe(0);
  });

  test('flock belongs to the open file', () => {
    const g = createGuest();
    const a = g.open('/tmp/l', O.O_CREAT | O.O_RDWR) as number;
    const b = g.open('/tmp/l', O.O_RDWR) as number;
    expect(g.call('flock', { fd: a, cmd: 2 })).toBe(0);
    expect(g.call('flock', { fd: b, cmd: 2 | 4 })).toBe('EAGAIN');
    const copy = g.ok('dup', { fildes: a });
    g.ok('close', { fd: a });
    expect(g.call('flock', { fd: b, cmd: 1 | 4 })).toBe('EAGAIN');
    const wait = blocked(g.call('flock', { fd: b, cmd: 1 }));
    g.fork(1001);
    files.closeAll(g.state, { descriptors: new Map() }, () => 0, 1000);
    g.ok('close', { fd: copy });
    expect(wait.waiting.keys).toEqual([`lock:${[...g.state.fs.descriptions.values()].at(-1)?.inode}`]);
  });
});

describe('standard input', () => {
  test('comes from the host, and ends', () => {
    const g = createGuest();
    const read = blocked(g.call('read', { fd: 0, buf: BUFFER, count: 3 }));
    expect(read.waiting.input).toBe(true);
    const wake: string[] = [];
    files.input(g.state, new TextEncoder().encode('hello'), key => wake.push(key));
    expect(read.waiting.keys.some(key => wake.includes(key))).toBe(true);
    expect(read.resume()).toBe(3);
    expect(g.read(0)).toBe('lo');
    files.input(g.state, new Uint8Array(0), () => 0);
    expect(g.read(0)).toBe('');
    expect(g.read(0)).toBe('');
  });

  test('may be given as a whole', () => {
    const g = createGuest({ streams: { stdin: new TextEncoder().encode('all of it') } });
    expect(g.read(0)).toBe('all of it');
    expect(g.read(0)).toBe('');
  });

  test('a terminal answers as one', () => {
    const g = createGuest({
      streams: { shows: { stdin: 'terminal', stdout: 'terminal', stderr: 'terminal' }, rows: 50, columns: 132 },
    });
    expect(g.ok('ioctl', { fd: 1, cmd: 0x5413, arg: BigInt(BUFFER) })).toBe(0);
    expect([...g.result(4)]).toEqual([50, 0, 132, 0]);
    expect(g.ok('ioctl', { fd: 0, cmd: 0x5401, arg: BigInt(BUFFER) })).toBe(0);
    const fd = g.open('/dev/tty', O.O_RDWR) as number;
    g.write(fd, 'to the terminal');
    expect(g.output.stdout).toBe('to the terminal');
    g.ok('fstat', { fd: 1, statbuf: BUFFER });
    expect(g.memory.readU32(BUFFER + 24) & 0o170000).toBe(0o020000);
    g.ok('stat', { filename: g.text('/dev/pts/0'), statbuf: BUFFER + 1000 });
    g.ok('fstat', { fd: 1, statbuf: BUFFER });
    expect(g.memory.read(BUFFER + 1000, 48)).toEqual(g.memory.read(BUFFER, 48));
    expect(createGuest().open('/dev/tty')).toBe('ENXIO');
    // Ctrl-D ends one read.
    files.input(g.state, new Uint8Array(0), () => 0);
    files.input(g.state, new TextEncoder().encode('more'), () => 0);
    expect([g.read(0), g.read(0)]).toEqual(['', 'more']);
  });
});
