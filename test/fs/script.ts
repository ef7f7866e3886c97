/**
 * Scripts of syscalls in the form that native.c runs on the real kernel, run here; and random ones. What the two print
 * must be the same line by line.
 */
import { DIRENT64, STAT } from '../../emulator/abi/structs.ts';
import { decodeArgs, type SyscallName } from '../../emulator/abi/syscalls.ts';
import { readStruct } from '../../emulator/abi/types.ts';
import { createGuest, type Guest } from './guest.ts';

const decoder = new TextDecoder();

/** A machine whose working directory is empty and belongs to the caller, with no descriptor open: as native.c starts. */
export function scriptGuest(): Guest {
  const g = createGuest();
  g.ok('mkdir', { pathname: g.text('/tmp/work'), mode: 0o755 });
  g.ok('chdir', { filename: g.text('/tmp/work') });
  for (const fd of [0, 1, 2]) g.ok('close', { fd });
  // native.c ignores SIGPIPE; nobody delivers it here.
  return g;
}

function parseNumber(word: string): bigint {
  const negative = word.startsWith('-');
  const digits = negative ? word.slice(1) : word;
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return BigInt.asUintN(64, negative ? -value : value);
}

/** One line's result as native.c prints it. A call that would block says so. */
export function runLine(g: Guest, line: string): string {
  const [name, ...words] = line.split(' ');
  let used = 0x18_0000;
  const place = (size: number): number => {
    const at = used;
    used += Math.ceil(size / 16) * 16;
    return at;
  };
  const outs: { kind: string; at: number }[] = [];
  const raw = words.map(word => {
    if (word.startsWith('"')) {
      const bytes = new TextEncoder().encode(`${word.slice(1, -1)}\0`);
      const at = place(bytes.length);
      g.memory.write(at, bytes);
      return BigInt(at);
    }
    if (word.startsWith('<')) {
      const bytes = Uint8Array.from(word.slice(1, -1).match(/../g) ?? [], h => Number.parseInt(h, 16));
      const at = place(bytes.length);
      g.memory.write(at, bytes);
      return BigInt(at);
    }
    if (word.startsWith('%poll:')) {
      const entries = word.slice(6).split(';').filter(Boolean);
      const at = place(entries.length * 8);
      entries.forEach((entry, i) => {
        const [fd, events] = entry.split(',').map(Number);
        g.memory.writeU32(at + i * 8, fd >>> 0);
        g.memory.writeU32(at + i * 8 + 4, events & 0xffff);
      });
      outs.push({ kind: 'p', at });
      return BigInt(at);
    }
    if (word.startsWith('@') || word.startsWith('%')) {
      const size = word.startsWith('@') ? Number(word.slice(1)) : 32768;
      const at = place(size);
      g.memory.write(at, new Uint8Array(size));
      outs.push({ kind: word.startsWith('@') ? '@' : word[1], at });
      return BigInt(at);
    }
    return parseNumber(word);
  });
  const args = decodeArgs(name as SyscallName, raw);
  const result = g.call(name as SyscallName, args);
  if (typeof result === 'object') return `${name} BLOCKED`;
  if (typeof result === 'string') return `${name} ${result}`;
  let text = `${name} ${result}`;
  for (const { kind, at } of outs) {
    if (kind === '@') {
      const length = name === 'pipe2' ? 8 : name === 'epoll_wait' ? result * 12 : result;
      text += ` ${[...g.memory.read(at, length)].map(b => b.toString(16).padStart(2, '0')).join('')}`;
    } else if (kind === 's') {
      const s = readStruct(STAT, g.memory.read(at, STAT.size));
      const type = s.st_mode & 0o170000;
      const size = type === 0o100000 || type === 0o120000 ? s.st_size : -1n;
      text += ` mode=${s.st_mode.toString(8)} nlink=${s.st_nlink} uid=${s.st_uid} size=${size}`;
    } else if (kind === 'p') {
      for (let i = 0; i < Number(raw[1]); i++) text += ` ${(g.memory.readU32(at + i * 8 + 4) >>> 16).toString(16)}`;
    } else if (kind === 'd') {
      const names: string[] = [];
      const bytes = g.memory.read(at, result);
      for (let o = 0; o < result; ) {
        const { d_reclen, d_type } = readStruct(DIRENT64, bytes, o);
        const end = bytes.indexOf(0, o + DIRENT64.size);
        names.push(`${decoder.decode(bytes.subarray(o + DIRENT64.size, end))}:${d_type}`);
        o += d_reclen;
      }
      text += ` ${names.sort().join(' ')}`;
    }
  }
  return text;
}

export function runScript(lines: readonly string[]): string[] {
  const g = scriptGuest();
  return lines.map(line => runLine(g, line));
}

/** xorshift32 */
function random(seed: number): (below: number) => number {
  let x = (seed * 2654435761) >>> 0 || 1;
  return below => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % below;
  };
}

/** A random script over a few names and descriptors, so that calls meet what others left. */
export function randomScript(seed: number, length: number): string[] {
  const r = random(seed);
  const pick = <T>(...items: T[]): T => items[r(items.length)];
  const name = (): string => pick('a', 'b', 'c', 'd', 'e', 'f');
  const path = (): string => {
    const parts = Array.from({ length: 1 + r(3) }, () => (r(12) === 0 ? pick('.', '..') : name()));
    // Never above the directory the script runs in.
    let depth = 0;
    const safe = parts.filter(part => {
      if (part === '..' && depth === 0) return false;
      depth += part === '..' ? -1 : part === '.' ? 0 : 1;
      return true;
    });
    const text = safe.join('/') || '.';
    return `"${text}${r(15) === 0 ? '/' : ''}"`;
  };
  const fd = (): number => r(9) - (r(20) === 0 ? 1 : 0);
  const dirfd = (): number => (r(6) === 0 ? fd() : -100);
  const mode = (): string => pick('0644', '0600', '0755', '0444', '0700', '0000', '01777', '02755');
  const offset = (): number => pick(0, 1, 5, 100, 4095, 4096, 4097, 8192, 12000, 70000);
  const bytes = (): [string, number] => {
    const n = pick(0, 1, 3, 17, 64, 300);
    return [`<${Array.from({ length: n }, () => r(256).toString(16).padStart(2, '0')).join('')}>`, n];
  };
  const O = {
    CREAT: 0o100,
    EXCL: 0o200,
    TRUNC: 0o1000,
    APPEND: 0o2000,
    NONBLOCK: 0o4000,
    DIR: 0o200000,
    NOFOLLOW: 0o400000,
    PATH: 0o10000000,
    CLOEXEC: 0o2000000,
  };
  const flags = (): number =>
    pick(0, 0, 1, 2, 2, 2) |
    O.NONBLOCK |
    pick(
      0,
      O.CREAT,
      O.CREAT,
      O.CREAT | O.EXCL,
      O.CREAT | O.TRUNC,
      O.TRUNC,
      O.DIR,
      O.NOFOLLOW,
      O.PATH,
      O.PATH | O.NOFOLLOW,
      O.APPEND | O.CREAT,
      O.DIR | O.CREAT,
    );
  const calls: (() => string)[] = [
    () => `openat ${dirfd()} ${path()} ${flags()} ${mode()}`,
    () => `openat ${dirfd()} ${path()} ${flags()} ${mode()}`,
    () => `openat -100 ${path()} ${pick(0o102, 0o2, 0o1102) | O.NONBLOCK} 0644`,
    () => `read ${fd()} @${pick(0, 1, 10, 100, 5000)} ${pick(0, 1, 10, 100)}`,
    () => {
      const [hex, n] = bytes();
      return `write ${fd()} ${hex} ${n}`;
    },
    () => `pread64 ${fd()} @5000 ${pick(0, 1, 10, 5000)} ${offset()}`,
    () => {
      const [hex, n] = bytes();
      return `pwrite64 ${fd()} ${hex} ${n} ${offset()}`;
    },
    () => `close ${fd()}`,
    () => `close ${fd()}`,
    () => `lseek ${fd()} ${pick(-1, 0, 1, 5, 4096, 9999)} ${r(6)}`,
    () => `newfstatat ${dirfd()} ${path()} %stat ${pick(0, 0x100, 0x1000, 0x4)}`,
    () => `fstat ${fd()} %stat`,
    () => `mkdirat ${dirfd()} ${path()} ${mode()}`,
    () => `mkdirat ${dirfd()} ${path()} 0755`,
    () => `unlinkat ${dirfd()} ${path()} ${pick(0, 0, 0x200)}`,
    () => `renameat2 ${dirfd()} ${path()} ${dirfd()} ${path()} ${pick(0, 0, 0, 1, 2, 3)}`,
    () => `linkat ${dirfd()} ${path()} ${dirfd()} ${path()} ${pick(0, 0x400)}`,
    () => `symlinkat "${pick('a', 'b', 'c/d', 'a/b', 'e', 'f', 'd/')}" ${dirfd()} ${path()}`,
    () => `readlinkat ${dirfd()} ${path()} @${pick(1, 100)} ${pick(0, 1, 100)}`,
    () => `fchmodat ${dirfd()} ${path()} ${mode()}`,
    () => `fchmod ${fd()} ${mode()}`,
    () => `ftruncate ${fd()} ${pick(-1, 0, 3, 4096, 5000)}`,
    () => `truncate ${path()} ${pick(-1, 0, 3, 4096, 5000)}`,
    () => `fallocate ${fd()} ${pick(0, 1, 3, 2)} ${offset()} ${pick(0, 1, 4096, 9000)}`,
    () => `dup ${fd()}`,
    () => `dup3 ${fd()} ${r(12)} ${pick(0, O.CLOEXEC)}`,
    () => `dup2 ${fd()} ${r(12)}`,
    () => `fcntl ${fd()} ${pick(0, 1, 2, 3, 1030, 1032)} ${pick(0, 1, 5)}`,
    () => `fcntl ${fd()} 4 ${O.NONBLOCK | pick(0, O.APPEND)}`,
    () => `pipe2 @8 ${O.NONBLOCK | pick(0, O.CLOEXEC)}`,
    () => `getdents64 ${fd()} %dir 32768`,
    () => `faccessat ${dirfd()} ${path()} ${r(9)}`,
    () => `eventfd2 ${r(3)} ${pick(0o4000, 0o4001)}`,
    () => `poll %poll:${fd()},5;${fd()},1;${fd()},4; 3 0`,
    () => `copy_file_range ${fd()} 0 ${fd()} 0 ${pick(0, 10, 5000)} 0`,
    () => `sendfile ${fd()} ${fd()} 0 ${pick(0, 10, 5000)}`,
    () => `splice ${fd()} 0 ${fd()} 0 ${pick(0, 10, 5000)} 2`,
    () => `tee ${fd()} ${fd()} ${pick(0, 10, 5000)} 2`,
    () => `umask ${pick('022', '000', '077')}`,
    () => `chdir ${pick('"."', path())}`,
    () => `fchownat -100 ${path()} ${pick(-1, 1000, 0)} ${pick(-1, 1000, 0)} ${pick(0, 0x100)}`,
    () => `mknodat ${dirfd()} ${path()} ${pick('010644', '0100644', '0644', '020644', '040755')} 0`,
    () => `fsync ${fd()}`,
    () => `memfd_create "m" ${r(4)}`,
    () => `epoll_create1 0`,
    () =>
      `epoll_ctl ${fd()} ${1 + r(3)} ${fd()} <${pick('01000000', '05000000', '05000080', '05000040')}${r(256).toString(16).padStart(2, '0')}00000000000000>`,
    () => `epoll_wait ${fd()} @120 ${pick(1, 10, 0)} 0`,
    () => `fadvise64 ${fd()} 0 0 ${r(8)}`,
    () => `setxattr ${path()} "user.x" <6162> ${r(3)} ${r(3)}`,
    () => `getxattr ${path()} "user.x" @10 ${pick(0, 1, 10)}`,
    () => `listxattr ${path()} @50 ${pick(0, 1, 50)}`,
    () => `removexattr ${path()} "user.x"`,
  ];
  return Array.from({ length }, () => calls[r(calls.length)]());
}
