import { expect, test } from 'vitest';
import { O } from '../../emulator/abi/flags.ts';
import { BUFFER, createGuest } from './guest.ts';

test('reads /etc/hostname', () => {
  const g = createGuest();
  const fd = g.ok('openat', { dfd: -100, filename: g.text('/etc/hostname'), flags: O.O_RDONLY | O.O_CLOEXEC });
  expect(fd).toBe(3);
  expect(g.read(fd)).toBe('ring3\n');
  expect(g.read(fd)).toBe('');
  expect(g.call('close', { fd })).toBe(0);
  expect(g.call('close', { fd })).toBe('EBADF');
});

test('what the Go runtime reads when it starts', () => {
  const g = createGuest();
  const read = (path: string): string => {
    const fd = g.open(path) as number;
    const text = g.read(fd);
    g.ok('close', { fd });
    return text;
  };
  expect(read('/sys/kernel/mm/transparent_hugepage/hpage_pmd_size')).toBe('2097152\n');
  expect(read('/proc/self/cgroup')).toBe('0::/\n');
  expect(read('/proc/self/mountinfo')).toContain(' / /sys/fs/cgroup ');
  expect(read('/proc/sys/net/core/somaxconn')).toBe('4096\n');
  expect(read('/proc/stat')).toMatch(/^cpu {2}\d/);
});

test('writes, seeks, appends, truncates', () => {
  const g = createGuest();
  const fd = g.open('/tmp/a', O.O_RDWR | O.O_CREAT, 0o644) as number;
  expect(g.write(fd, 'hello world')).toBe(11);
  expect(g.ok('lseek', { fd, offset: 6, whence: 0 })).toBe(6);
  expect(g.read(fd)).toBe('world');
  expect(g.ok('ftruncate', { fd, length: 5 })).toBe(0);
  expect(g.ok('lseek', { fd, offset: 10000, whence: 0 })).toBe(10000);
  expect(g.write(fd, 'x')).toBe(1);
  expect(g.ok('lseek', { fd, offset: 0, whence: 2 })).toBe(10001);
  expect(g.ok('pread64', { fd, buf: BUFFER, count: 20, pos: 0 })).toBe(20);
  expect(g.string(20)).toBe(`hello${'\0'.repeat(15)}`);
  expect(g.ok('lseek', { fd, offset: 0, whence: 4 })).toBe(4096);
  expect(g.ok('lseek', { fd, offset: 4096, whence: 3 })).toBe(8192);
  const append = g.open('/tmp/a', O.O_WRONLY | O.O_APPEND) as number;
  expect(g.write(append, 'yz')).toBe(2);
  expect(g.ok('pread64', { fd, buf: BUFFER, count: 20, pos: 10000 })).toBe(3);
  expect(g.string(3)).toBe('xyz');
});

test('standard output goes to the host', () => {
  const g = createGuest();
  g.write(1, 'out\n');
  g.write(2, 'err\n');
  expect(g.output).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  expect(g.call('ioctl', { fd: 1, cmd: 0x5401, arg: BigInt(BUFFER) })).toBe('ENOTTY');
  expect(g.call('read', { fd: 1, buf: BUFFER, count: 1 })).toBe('EBADF');
});
