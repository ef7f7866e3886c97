/** The tree the machine brings along: /etc, /proc, /sys, /dev; and who may do what in it. */
import { describe, expect, test } from 'vitest';
import { O } from '../../emulator/abi/flags.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { BUFFER, createGuest, type Guest } from './guest.ts';

function content(g: Guest, path: string): string {
  const fd = g.open(path);
  if (typeof fd !== 'number') return String(fd);
  let text = '';
  for (let part = g.read(fd, 700); part !== ''; part = g.read(fd, 700)) text += part;
  g.ok('close', { fd });
  return text;
}

function link(g: Guest, path: string): string {
  const length = g.call('readlink', { path: g.text(path), buf: BUFFER, bufsiz: 4096 });
  return typeof length === 'number' ? g.string(length) : String(length);
}

describe('/etc', () => {
  test('names the user, the host and the services', () => {
    const g = createGuest();
    expect(content(g, '/etc/passwd')).toContain('user:x:1000:1000:user:/home/user:/bin/sh\n');
    expect(content(g, '/etc/group')).toContain('user:x:1000:\n');
    expect(content(g, '/etc/hosts')).toContain('127.0.0.1\tlocalhost\n');
    expect(content(g, '/etc/services')).toMatch(/^https\s+443\/tcp$/m);
    expect(content(g, '/etc/protocols')).toMatch(/^tcp\t6\tTCP$/m);
    expect(content(g, '/etc/localtime').startsWith('TZif2')).toBe(true);
    expect(content(g, '/etc/mtab')).toContain('none / tmpfs rw');
  });
});

describe('/proc', () => {
  test('self is the caller, and only processes that exist are there', () => {
    const g = createGuest();
    expect(link(g, '/proc/self')).toBe('1000');
    expect(link(g, '/proc/thread-self')).toBe('1000/task/1000');
    expect(content(g, '/proc/self/comm')).toBe('prog\n');
    expect(content(g, '/proc/1000/stat')).toMatch(/^1000 \(prog\) R 0 1000 1000 (\S+ ){45}\S+\n$/);
    expect(content(g, '/proc/1000/stat').trim().split(' ')).toHaveLength(52);
    expect(content(g, '/proc/self/task/1000/status')).toMatch(/^Threads:\t1$/m);
    expect(content(g, '/proc/1001/stat')).toBe('ENOENT');
    expect(content(g, '/proc/01000/stat')).toBe('ENOENT');
    const child = g.fork(1001);
    expect(link(child, '/proc/self')).toBe('1001');
    expect(content(g, '/proc/1001/comm')).toBe('prog\n');
  });

  test('an open file of a process that is gone gives ESRCH', () => {
    const g = createGuest();
    g.fork(1001);
    const fd = g.open('/proc/1001/status') as number;
    g.state.processes.delete(1001);
    expect(g.call('read', { fd, buf: BUFFER, count: 10 })).toBe('ESRCH');
    expect(content(g, '/proc/1001/status')).toBe('ENOENT');
  });

  test('links of descriptors follow renames and removal', () => {
    const g = createGuest();
    const fd = g.open('/tmp/a', O.O_CREAT | O.O_RDWR) as number;
    expect(link(g, `/proc/self/fd/${fd}`)).toBe('/tmp/a');
    g.ok('mkdir', { pathname: g.text('/tmp/d'), mode: 0o755 });
    g.ok('rename', { oldname: g.text('/tmp/a'), newname: g.text('/tmp/d/b') });
    expect(link(g, `/proc/self/fd/${fd}`)).toBe('/tmp/d/b');
    g.ok('rename', { oldname: g.text('/tmp/d'), newname: g.text('/tmp/e') });
    expect(link(g, `/proc/self/fd/${fd}`)).toBe('/tmp/e/b');
    g.write(fd, 'content');
    g.ok('unlink', { pathname: g.text('/tmp/e/b') });
    expect(link(g, `/proc/self/fd/${fd}`)).toBe('/tmp/e/b (deleted)');
    // Opened anew through the link: the very file, though it has no name.
    expect(content(g, `/proc/self/fd/${fd}`)).toBe('content');
    g.ok('pipe2', { fildes: BUFFER });
    expect(link(g, `/proc/self/fd/${fd + 1}`)).toMatch(/^pipe:\[\d+\]$/);
    expect(link(g, `/proc/self/fd/${g.ok('epoll_create1', {})}`)).toBe('anon_inode:[eventpoll]');
    expect(link(g, `/proc/self/fd/${g.ok('memfd_create', { uname: g.text('m') })}`)).toBe('/memfd:m (deleted)');
    expect(link(g, '/proc/self/fd/99')).toBe('ENOENT');
    const named = g.open('/etc/hosts') as number;
    const again = g.open(`/proc/self/fd/${named}`) as number;
    expect(link(g, `/proc/self/fd/${again}`)).toBe('/etc/hosts');
    expect(link(g, `/proc/self/fd/${g.open('/proc/self/cwd')}`)).toBe('/tmp');
    expect(link(g, `/proc/self/fd/${g.open('/')}`)).toBe('/');
    expect(link(g, `/proc/self/fd/${g.open('/proc/self/fd')}`)).toBe('/proc/1000/fd');
    expect(content(g, `/proc/self/fdinfo/${fd}`)).toMatch(/^pos:\t7\nflags:\t0100002\n/);
  });

  test('the working directory may be gone', () => {
    const g = createGuest();
    g.ok('mkdir', { pathname: g.text('/tmp/d'), mode: 0o755 });
    g.ok('chdir', { filename: g.text('/tmp/d') });
    expect(link(g, '/proc/self/cwd')).toBe('/tmp/d');
    g.ok('rmdir', { pathname: g.text('/tmp/d') });
    expect(g.call('getcwd', { buf: BUFFER, size: 100 })).toBe('ENOENT');
    expect(g.open('x', O.O_CREAT | O.O_WRONLY)).toBe('ENOENT');
    expect(g.open('.')).toBe(3);
    expect(g.ok('chdir', { filename: g.text('..') })).toBe(0);
    expect(g.string(g.ok('getcwd', { buf: BUFFER, size: 100 }))).toBe('/tmp\0');
  });

  test('a random uuid is new each time, the boot id is not', () => {
    const g = createGuest();
    const uuid = () => content(g, '/proc/sys/kernel/random/uuid');
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/);
    expect(uuid()).not.toBe(uuid());
    const boot = content(g, '/proc/sys/kernel/random/boot_id');
    expect(content(createGuest(), '/proc/sys/kernel/random/boot_id')).toBe(boot);
  });

  test('nothing can be made, removed or changed there', () => {
    const g = createGuest({ uid: 0 });
    expect(g.open('/proc/x', O.O_CREAT | O.O_WRONLY)).toBe('ENOENT');
    expect(g.call('mkdir', { pathname: g.text('/proc/x'), mode: 0o755 })).toBe('ENOENT');
    expect(g.call('unlink', { pathname: g.text('/proc/version') })).toBe('EPERM');
    expect(g.call('rmdir', { pathname: g.text('/proc/self/fd') })).toBe('EPERM');
    expect(createGuest().open('/proc/version', O.O_WRONLY)).toBe('EACCES');
  });
});

describe('/dev', () => {
  test('null, zero, full, urandom', () => {
    const g = createGuest();
    const open = (path: string): number => g.open(path, O.O_RDWR) as number;
    const nothing = open('/dev/null');
    expect(g.write(nothing, 'gone')).toBe(4);
    expect(g.read(nothing)).toBe('');
    expect(g.ok('read', { fd: open('/dev/zero'), buf: BUFFER, count: 100 })).toBe(100);
    expect(g.result(100).every(byte => byte === 0)).toBe(true);
    expect(g.write(open('/dev/full'), 'x')).toBe('ENOSPC');
    expect(g.ok('read', { fd: open('/dev/urandom'), buf: BUFFER, count: 64 })).toBe(64);
    const first = g.string(64);
    g.ok('read', { fd: open('/dev/random'), buf: BUFFER, count: 64 });
    expect(g.string(64)).not.toBe(first);
  });

  test('stdin, stdout and fd lead to the descriptors', () => {
    const g = createGuest({ streams: { stdin: new TextEncoder().encode('typed') } });
    expect(content(g, '/dev/stdin')).toBe('typed');
    const out = g.open('/dev/stdout', O.O_WRONLY) as number;
    g.write(out, 'shown');
    expect(g.output.stdout).toBe('shown');
    expect(link(g, '/dev/fd')).toBe('/proc/self/fd');
  });
});

describe('/sys', () => {
  test('processors and huge pages', () => {
    const g = createGuest();
    expect(content(g, '/sys/devices/system/cpu/online')).toBe('0-1\n');
    expect(content(g, '/sys/fs/cgroup/cpu.max')).toBe('max 100000\n');
    expect(g.open('/sys/devices/system/cpu/online', O.O_WRONLY)).toBe('EACCES');
  });
});

describe('permissions', () => {
  test('what belongs to root stays as it is for others', () => {
    const g = createGuest();
    expect(g.open('/etc/passwd', O.O_RDWR)).toBe('EACCES');
    expect(g.open('/etc/x', O.O_CREAT | O.O_WRONLY)).toBe('EACCES');
    expect(g.open('/root')).toBe('EACCES');
    expect(g.call('unlink', { pathname: g.text('/etc/passwd') })).toBe('EACCES');
    expect(g.call('chmod', { filename: g.text('/etc/passwd'), mode: 0o777 })).toBe('EPERM');
    expect(g.call('chroot', { filename: g.text('/tmp') })).toBe('EPERM');
    expect(g.call('rmdir', { pathname: g.text('/proc') })).toBe('EACCES');
  });

  test('root may, but not execute what nobody may', () => {
    const g = createGuest({ uid: 0 });
    const fd = g.open('/etc/passwd', O.O_RDWR | O.O_APPEND) as number;
    expect(g.write(fd, 'x')).toBe(1);
    expect(g.call('access', { filename: g.text('/etc/passwd'), mode: 1 })).toBe('EACCES');
    expect(g.call('access', { filename: g.text('/etc/passwd'), mode: 6 })).toBe(0);
  });

  test('the sticky bit protects files of others in /tmp', () => {
    const root = createGuest({ uid: 0 });
    root.open('/tmp/theirs', O.O_CREAT | O.O_WRONLY, 0o666);
    const user = root.fork(1001);
    Object.assign(user.process, {
      credentials: { uid: 5, euid: 5, suid: 5, fsuid: 5, gid: 5, egid: 5, sgid: 5, fsgid: 5, groups: [] },
    });
    expect(user.call('unlink', { pathname: user.text('/tmp/theirs') })).toBe('EPERM');
    expect(user.call('rename', { oldname: user.text('/tmp/theirs'), newname: user.text('/tmp/x') })).toBe('EPERM');
    expect(user.open('/tmp/theirs', O.O_WRONLY)).toBe('EACCES');
    expect(typeof user.open('/tmp/theirs')).toBe('number');
  });

  test('chroot: ".." and absolute symlinks stay inside', () => {
    const g = createGuest({ uid: 0 });
    g.ok('mkdir', { pathname: g.text('/tmp/jail'), mode: 0o755 });
    g.ok('symlink', { oldname: g.text('/etc/hostname'), newname: g.text('/tmp/jail/link') });
    g.ok('chroot', { filename: g.text('/tmp/jail') });
    g.ok('chdir', { filename: g.text('/') });
    expect(content(g, '/../../etc/hostname')).toBe('ENOENT');
    expect(content(g, '/link')).toBe('ENOENT');
    expect(g.string(g.ok('getcwd', { buf: BUFFER, size: 10 }))).toBe('/\0');
  });
});

describe('O_TMPFILE', () => {
  test('a file without a name may get one, unless O_EXCL forbids it', () => {
    const g = createGuest();
    const make = (extra = 0): number => g.open('/tmp', O.O_TMPFILE | O.O_RDWR | extra) as number;
    const name = (fd: number, to: string) => {
      const oldname = g.text(`/proc/self/fd/${fd}`);
      return g.call('linkat', { olddfd: -100, oldname, newdfd: -100, newname: g.bytes(`${to}\0`), flags: 0x400 });
    };
    const fd = make();
    g.write(fd, 'kept');
    expect(name(fd, '/tmp/named')).toBe(0);
    expect(content(g, '/tmp/named')).toBe('kept');
    expect(name(make(O.O_EXCL), '/tmp/other')).toBe('ENOENT');
    g.ok('unlink', { pathname: g.text('/tmp/named') });
    g.ok('close', { fd });
    expect(g.open('/tmp/named')).toBe('ENOENT');
  });
});

describe('paths', () => {
  test('forty links and no more; long names; empty paths', () => {
    const g = createGuest();
    for (let i = 0; i < 42; i++)
      g.ok('symlink', { oldname: g.text(i === 0 ? '/etc/hostname' : `l${i - 1}`), newname: g.text(`/tmp/l${i}`) });
    expect(content(g, '/tmp/l39')).toBe('ring3\n');
    expect(content(g, '/tmp/l40')).toBe('ELOOP');
    expect(g.open('/tmp/l0', O.O_NOFOLLOW)).toBe('ELOOP');
    expect(g.open(`/tmp/${'x'.repeat(256)}`)).toBe('ENAMETOOLONG');
    expect(g.open(`/tmp/${'é'.repeat(127)}`)).toBe('ENOENT');
    expect(g.open(`/tmp/${'é'.repeat(128)}`)).toBe('ENAMETOOLONG');
    expect(g.open('/'.repeat(4096))).toBe('ENAMETOOLONG');
    expect(g.open('')).toBe('ENOENT');
    expect(g.call('openat', { dfd: -100, filename: 0x10, flags: 0 })).toBe('EFAULT');
  });

  test('names are bytes: what is no UTF-8 comes back as it was', () => {
    const g = createGuest();
    const name = Uint8Array.of(0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xff, 0xc3, 0x28, 0xf0, 0x9f, 0x98, 0x80, 0);
    expect(g.call('openat', { dfd: -100, filename: g.bytes(name), flags: O.O_CREAT | O.O_WRONLY, mode: 0o644 })).toBe(
      3,
    );
    const directory = g.open('/tmp', O.O_DIRECTORY) as number;
    const length = g.ok('getdents64', { fd: directory, dirent: BUFFER, count: 4096 });
    expect(Buffer.from(g.result(length)).includes(Buffer.from(name.subarray(5)))).toBe(true);
  });

  test('openat2 keeps to its restrictions', () => {
    const g = createGuest();
    g.ok('mkdir', { pathname: g.text('/tmp/d'), mode: 0o755 });
    g.ok('symlink', { oldname: g.text('/etc'), newname: g.text('/tmp/d/absolute') });
    g.ok('symlink', { oldname: g.text('../x'), newname: g.text('/tmp/d/up') });
    const dfd = g.open('/tmp/d', O.O_DIRECTORY) as number;
    const open = (path: string, resolve: number, flags = 0) => {
      const filename = g.text(path);
      const how = new DataView(new ArrayBuffer(24));
      how.setBigUint64(0, BigInt(flags), true);
      how.setBigUint64(16, BigInt(resolve), true);
      g.memory.write(0x13_0000, new Uint8Array(how.buffer));
      return g.call('openat2', { dfd, filename, how: 0x13_0000, usize: 24 });
    };
    expect(open('../d', 0x08)).toBe('EXDEV');
    expect(open('/etc', 0x08)).toBe('EXDEV');
    expect(open('absolute/hostname', 0x08)).toBe('EXDEV');
    expect(open('up', 0x08)).toBe('EXDEV');
    expect(open('absolute/hostname', 0x10)).toBe('ENOENT');
    expect(open('../../..', 0x10, O.O_PATH)).toBe(4);
    expect(link(g, '/proc/self/fd/4')).toBe('/tmp/d');
    expect(open('absolute/hostname', 0x04)).toBe('ELOOP');
    expect(open('absolute/hostname', 0x01)).toBe(5);
    expect(open('/proc/self/root', 0x01)).toBe('EXDEV');
    expect(open('/proc/self/root', 0x02)).toBe('ELOOP');
    expect(open('.', 0, 1 << 29)).toBe('EINVAL');
    expect(open('.', 0x40)).toBe('EINVAL');
  });

  test('the state stays plain data', () => {
    const g = createGuest();
    g.open('/tmp/a', O.O_CREAT | O.O_RDWR);
    content(g, '/proc/self/status');
    const copy = cloneState(g.state.fs);
    expect(copy).toEqual(g.state.fs);
    expect(copy).not.toBe(g.state.fs);
  });
});

describe('limits', () => {
  test('files share half of the memory', () => {
    const g = createGuest({ memoryLimit: 16 << 20 });
    const fd = g.open('/tmp/big', O.O_CREAT | O.O_RDWR) as number;
    let written = 0;
    for (;;) {
      const n = g.call('write', { fd, buf: BUFFER, count: 1 << 20 });
      if (n === 'ENOSPC') break;
      written += n as number;
    }
    expect(written).toBe(7 << 20);
    g.ok('ftruncate', { fd, length: 0 });
    expect(g.call('pwrite64', { fd, buf: BUFFER, count: 1 << 20, pos: 0 })).toBe(1 << 20);
    g.ok('unlink', { pathname: g.text('/tmp/big') });
    g.ok('close', { fd });
    expect(g.state.fs.pages).toBeLessThan(50);
  });

  test('RLIMIT_NOFILE and RLIMIT_FSIZE', () => {
    const g = createGuest();
    g.process.limits[7] = { soft: 5n, hard: 5n };
    expect([g.open('/dev/null'), g.open('/dev/null'), g.open('/dev/null')]).toEqual([3, 4, 'EMFILE']);
    expect(g.call('dup2', { oldfd: 0, newfd: 5 })).toBe('EBADF');
    expect(g.call('pipe2', { fildes: BUFFER })).toBe('EMFILE');
    g.ok('close', { fd: 4 });
    g.process.limits[1] = { soft: 10n, hard: 10n };
    g.process.signals.actions[25].handler = 0x1234;
    const fd = g.open('/tmp/f', O.O_CREAT | O.O_WRONLY) as number;
    expect(g.write(fd, '0123456789abc')).toBe(10);
    expect(g.write(fd, 'x')).toBe('EFBIG');
    expect(g.signals()).toEqual([25]);
  });
});
