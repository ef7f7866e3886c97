/** Host folders in the guest: read-only, copy-on-write, written through; and that nothing else of the host is there. */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeHost } from '../../cli/node-host.ts';
import { O } from '../../emulator/abi/flags.ts';
import { createGuest, type Guest } from './guest.ts';

let base: string;
let host: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'ring3-mount-'));
  host = join(base, 'shared');
  mkdirSync(join(host, 'sub/deep'), { recursive: true });
  writeFileSync(join(host, 'hello.txt'), 'hello from the host\n');
  writeFileSync(join(host, 'sub/big'), Buffer.alloc(200_000, 'abcdefgh'));
  writeFileSync(join(base, 'secret'), 'outside\n');
  symlinkSync('../secret', join(host, 'up'));
  symlinkSync(join(base, 'secret'), join(host, 'absolute'));
  symlinkSync('hello.txt', join(host, 'inside'));
  symlinkSync(base, join(host, 'sub/out'));
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function mounted(mode: 'ro' | 'cow' | 'rw', guest = '/mnt/shared'): Guest {
  return createGuest({
    mounts: [{ host, guest, mode }],
    host: createNodeHost({ roots: [host], writable: mode === 'rw' ? [host] : [] }),
    cwd: guest,
  });
}

function content(g: Guest, path: string): string {
  const fd = g.open(path);
  if (typeof fd !== 'number') return String(fd);
  const text = g.read(fd, 0x4_0000);
  g.ok('close', { fd });
  return text;
}

function names(g: Guest, path: string): string[] {
  const fd = g.open(path, O.O_DIRECTORY) as number;
  const found: string[] = [];
  for (;;) {
    const length = g.ok('getdents64', { fd, dirent: 0x11_0000, count: 200 });
    if (length === 0) break;
    const bytes = g.result(length);
    for (let at = 0; at < length; at += bytes[at + 16] | (bytes[at + 17] << 8)) {
      const end = bytes.indexOf(0, at + 19);
      found.push(new TextDecoder().decode(bytes.subarray(at + 19, end)));
    }
  }
  g.ok('close', { fd });
  return found;
}

test('the working directory is inside the mount', () => {
  const g = mounted('cow');
  expect(g.string(g.ok('getcwd', { buf: 0x11_0000, size: 100 }))).toBe('/mnt/shared\0');
  expect(content(g, 'hello.txt')).toBe('hello from the host\n');
  expect(content(g, '/mnt/shared/sub/../hello.txt')).toBe('hello from the host\n');
});

test('files are read in chunks, once', () => {
  const g = mounted('ro');
  expect(content(g, 'sub/big')).toHaveLength(200_000);
  const reads = g.asked.filter(is => is === 'read').length;
  expect(reads).toBe(4);
  expect(content(g, 'sub/big').slice(-8)).toBe('abcdefgh');
  expect(g.asked.filter(is => is === 'read')).toHaveLength(reads);
});

test('directories are listed in order, every name once', () => {
  const g = mounted('cow');
  expect(names(g, '.')).toEqual(['.', '..', 'absolute', 'hello.txt', 'inside', 'sub', 'up']);
  g.ok('unlink', { pathname: g.text('hello.txt') });
  g.ok('mkdir', { pathname: g.text('new'), mode: 0o755 });
  g.open('hello.txt', O.O_CREAT | O.O_WRONLY);
  expect(names(g, '.').sort()).toEqual(['.', '..', 'absolute', 'hello.txt', 'inside', 'new', 'sub', 'up']);
  expect(content(g, 'hello.txt')).toBe('');
});

test('no symlink and no ".." leads out', () => {
  for (const mode of ['ro', 'cow', 'rw'] as const) {
    const g = mounted(mode);
    expect(content(g, 'inside')).toBe('hello from the host\n');
    for (const path of [
      'up',
      'absolute',
      'sub/out/secret',
      '../secret',
      '../../../../../../secret',
      join(base, 'secret'),
      '/proc/self/root/../secret',
      '/proc/self/cwd/../secret',
      '/etc/shadow',
    ])
      expect([path, content(g, path)]).toEqual([path, 'ENOENT']);
    expect(
      g.call('openat', { dfd: -100, filename: g.text('up'), flags: O.O_CREAT | O.O_WRONLY, mode: 0o666 }),
    ).not.toBe(0);
  }
  expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('outside\n');
  expect(readdirSync(base).sort()).toEqual(['secret', 'shared']);
});

test('the host itself refuses what lies outside, or behind a symlink', () => {
  const h = createNodeHost({ roots: [host], writable: [host] });
  expect(h.file({ is: 'stat', path: join(base, 'secret') })).toEqual({ is: 'error', errno: 'EACCES' });
  expect(h.file({ is: 'read', path: `${host}/../secret`, offset: 0, length: 9 })).toEqual({
    is: 'error',
    errno: 'EACCES',
  });
  expect(h.file({ is: 'read', path: join(host, 'sub/out/secret'), offset: 0, length: 9 })).toEqual({
    is: 'error',
    errno: 'ENOTDIR',
  });
  expect(h.file({ is: 'read', path: join(host, 'absolute'), offset: 0, length: 9 })).toEqual({
    is: 'error',
    errno: 'ELOOP',
  });
  expect(h.file({ is: 'readdir', path: join(host, 'sub/out') })).toEqual({ is: 'error', errno: 'ENOTDIR' });
  expect(h.file({ is: 'write', path: join(host, 'absolute'), offset: 0, bytes: new Uint8Array(1) })).toEqual({
    is: 'error',
    errno: 'ELOOP',
  });
  expect(h.file({ is: 'rename', from: join(host, 'hello.txt'), to: join(base, 'x') })).toEqual({
    is: 'error',
    errno: 'EACCES',
  });
  const readOnly = createNodeHost({ roots: [host] });
  expect(readOnly.file({ is: 'unlink', path: join(host, 'hello.txt') })).toEqual({ is: 'error', errno: 'EROFS' });
});

test.each([
  ['cow', true],
  ['ro', false],
] as const)('a mount at / (%s) has the host for all but what is the machine’s own', (mode, hostTmp) => {
  mkdirSync(join(host, 'tmp'));
  chmodSync(join(host, 'tmp'), 0o1777);
  mkdirSync(join(host, 'etc'));
  writeFileSync(join(host, 'tmp/program'), 'in tmp\n');
  writeFileSync(join(host, 'etc/passwd'), 'of the host\n');
  const g = mounted(mode, '/');
  expect(content(g, '/hello.txt')).toBe('hello from the host\n');
  expect(content(g, '/tmp/program')).toBe(hostTmp ? 'in tmp\n' : 'ENOENT');
  expect(content(g, '/etc/passwd')).not.toContain('of the host');
  // There is always a place for temporary files.
  expect(g.open('/tmp/own', O.O_CREAT | O.O_RDWR)).toBeTypeOf('number');
  expect(existsSync(join(host, 'tmp/own'))).toBe(false);
});

test('read-only: every change is EROFS', () => {
  const g = mounted('ro');
  expect(g.open('hello.txt', O.O_RDWR)).toBe('EROFS');
  expect(g.open('new', O.O_CREAT | O.O_WRONLY)).toBe('EROFS');
  expect(g.call('unlink', { pathname: g.text('hello.txt') })).toBe('EROFS');
  expect(g.call('mkdir', { pathname: g.text('d'), mode: 0o777 })).toBe('EROFS');
  expect(g.call('rename', { oldname: g.text('hello.txt'), newname: g.text('b') })).toBe('EROFS');
  expect(g.call('chmod', { filename: g.text('hello.txt'), mode: 0o777 })).toBe('EROFS');
  expect(g.call('truncate', { path: g.text('hello.txt'), length: 0 })).toBe('EROFS');
  expect(g.call('access', { filename: g.text('hello.txt'), mode: 2 })).toBe('EROFS');
});

test('copy-on-write: the guest sees its changes, the host never does', () => {
  const before = readFileSync(join(host, 'sub/big'));
  const g = mounted('cow');
  const fd = g.open('sub/big', O.O_RDWR) as number;
  g.ok('lseek', { fd, offset: 100_000, whence: 0 });
  g.write(fd, 'CHANGED');
  g.ok('lseek', { fd, offset: 99_998, whence: 0 });
  expect(g.read(fd, 11)).toBe('ghCHANGEDha');
  g.ok('ftruncate', { fd, length: 150_000 });
  g.ok('ftruncate', { fd, length: 160_000 });
  g.ok('lseek', { fd, offset: 149_998, whence: 0 });
  expect(g.read(fd, 6)).toBe('gh\0\0\0\0');
  g.ok('rename', { oldname: g.text('sub'), newname: g.text('moved') });
  expect(content(g, 'moved/big')).toHaveLength(160_000);
  expect(content(g, 'sub/big')).toBe('ENOENT');
  g.ok('unlink', { pathname: g.text('hello.txt') });
  expect(content(g, 'hello.txt')).toBe('ENOENT');
  expect(readFileSync(join(host, 'sub/big')).equals(before)).toBe(true);
  expect(existsSync(join(host, 'hello.txt'))).toBe(true);
});

test('rw: changes reach the host at once', () => {
  const g = mounted('rw');
  const fd = g.open('new', O.O_CREAT | O.O_RDWR, 0o640) as number;
  g.write(fd, 'written by the guest');
  expect(readFileSync(join(host, 'new'), 'utf8')).toBe('written by the guest');
  expect(lstatSync(join(host, 'new')).mode & 0o777).toBe(0o640);
  g.ok('ftruncate', { fd, length: 7 });
  expect(readFileSync(join(host, 'new'), 'utf8')).toBe('written');
  g.ok('mkdir', { pathname: g.text('d'), mode: 0o755 });
  g.ok('rename', { oldname: g.text('new'), newname: g.text('d/renamed') });
  g.ok('pwrite64', { fd, buf: g.bytes('W'), count: 1, pos: 0 });
  expect(readFileSync(join(host, 'd/renamed'), 'utf8')).toBe('Written');
  g.ok('symlink', { oldname: g.text('d/renamed'), newname: g.text('link') });
  expect(readlinkSync(join(host, 'link'))).toBe('d/renamed');
  g.ok('link', { oldname: g.text('d/renamed'), newname: g.text('hard') });
  expect(lstatSync(join(host, 'hard')).nlink).toBe(2);
  g.ok('chmod', { filename: g.text('hard'), mode: 0o600 });
  expect(lstatSync(join(host, 'd/renamed')).mode & 0o777).toBe(0o600);
  g.ok('unlink', { pathname: g.text('hard') });
  g.ok('unlink', { pathname: g.text('d/renamed') });
  // Still open: its contents are the guest's now.
  expect(g.ok('pread64', { fd, buf: 0x11_0000, count: 20, pos: 0 })).toBe(7);
  expect(g.string(7)).toBe('Written');
  g.ok('rmdir', { pathname: g.text('d') });
  expect(readdirSync(host).sort()).toEqual(['absolute', 'hello.txt', 'inside', 'link', 'sub', 'up']);
  const truncated = g.open('hello.txt', O.O_WRONLY | O.O_TRUNC) as number;
  g.write(truncated, 'x');
  expect(readFileSync(join(host, 'hello.txt'), 'utf8')).toBe('x');
});

test('rw: each change is asked for once', () => {
  const g = mounted('rw');
  const fd = g.open('hello.txt', O.O_WRONLY | O.O_APPEND) as number;
  for (let i = 0; i < 3; i++) g.write(fd, 'same');
  expect(readFileSync(join(host, 'hello.txt'), 'utf8')).toBe('hello from the host\nsamesamesame');
  expect(g.asked.filter(is => is === 'write')).toHaveLength(3);
});

test('hard links of the host are one file', () => {
  linkSync(join(host, 'hello.txt'), join(host, 'same.txt'));
  const g = mounted('cow');
  const fd = g.open('hello.txt', O.O_WRONLY) as number;
  g.write(fd, 'HELLO');
  expect(content(g, 'same.txt')).toBe('HELLO from the host\n');
});

test('mounts inside mounts, and what the mount table says', () => {
  mkdirSync(join(base, 'other'));
  writeFileSync(join(base, 'other/o'), 'other');
  const g = createGuest({
    mounts: [
      { host, guest: '/w', mode: 'ro' },
      { host: join(base, 'other'), guest: '/w/sub/deep', mode: 'cow' },
      { host: join(base, 'other'), guest: '/w/nowhere/x', mode: 'cow' },
    ],
    host: createNodeHost({ roots: [host, join(base, 'other')] }),
  });
  expect(content(g, '/w/sub/deep/o')).toBe('other');
  expect(content(g, '/w/nowhere/x/o')).toBe('other');
  expect(content(g, '/w/sub/big')).toHaveLength(200_000);
  expect(content(g, '/w/sub/deep/../big')).toHaveLength(200_000);
  expect(g.call('rename', { oldname: g.text('/w/sub/deep/o'), newname: g.text('/tmp/o') })).toBe('EXDEV');
  expect(g.call('rmdir', { pathname: g.text('/w/sub/deep') })).toBe('EROFS');
  expect(content(g, '/proc/self/mounts')).toContain('overlay /w/sub/deep overlay rw');
});

test('a host that tells of files only when asked gives the same run', () => {
  const node = createNodeHost({ roots: [host] });
  const run = (file: typeof node.file): string => {
    const g = createGuest({ mounts: [{ host, guest: '/w', mode: 'cow' }], host: { file }, cwd: '/w' });
    const fd = g.open('.', O.O_DIRECTORY) as number;
    const length = g.ok('getdents64', { fd, dirent: 0x11_0000, count: 4096 });
    return Buffer.from(g.result(length)).toString('hex');
  };
  const plain = run(request => {
    const answer = node.file(request);
    return 'is' in answer && answer.is === 'readdir' ? { is: 'readdir', names: answer.names.toReversed() } : answer;
  });
  expect(run(node.file)).toBe(plain);
});

test('what the host may not read is EACCES', () => {
  if (process.getuid?.() === 0) return;
  chmodSync(join(host, 'hello.txt'), 0);
  expect(mounted('cow').open('hello.txt')).toBe('EACCES');
});
