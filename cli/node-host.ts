/**
 * Host on Node: files through synchronous calls, output to the process's own streams, input from its stdin.
 *
 * The kernel asks for paths below the mounted folders only, and follows symlinks itself, inside the guest. This file
 * does not rely on either: every path must lie in one of `roots`, every folder on the way from there must be a real
 * folder, and the last component is never followed. A symlink that is met leads nowhere.
 */
import type * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Host, HostAnswer, HostRequest, HostStat } from '../emulator/host.ts';

export interface NodeHostOptions {
  /** The mounted folders (or files), as absolute paths. Nothing outside is ever touched. */
  roots: readonly string[];
  /** Those of them that may be changed (mounted `rw`). */
  writable?: readonly string[];
  stdin?: NodeJS.ReadableStream;
  stdout?: NodeJS.WritableStream;
  stderr?: NodeJS.WritableStream;
}

const WINDOWS = process.platform === 'win32';

/** Codes that the guest knows by the same name; others become EIO. */
const PASSED = new Set([
  'EPERM',
  'ENOENT',
  'EACCES',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'EINVAL',
  'ENOSPC',
  'EROFS',
  'EMLINK',
  'ENAMETOOLONG',
  'ENOTEMPTY',
  'ELOOP',
  'EXDEV',
  'EBUSY',
  'EFBIG',
  'EDQUOT',
  'ETXTBSY',
  'EMFILE',
]);

function refuse(errno: string): HostAnswer {
  return { is: 'error', errno };
}

function failure(error: unknown): HostAnswer {
  const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
  return refuse(PASSED.has(code) ? code : 'EIO');
}

function inside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative === '' || (!path.isAbsolute(relative) && relative !== '..' && !relative.startsWith(`..${path.sep}`));
}

/**
 * The path to use, or an answer that says why not. What lies between the root and the last component must be folders;
 * the last one itself is never followed by the calls below.
 */
function contained(roots: readonly string[], asked: string): { file: string } | { refused: HostAnswer } {
  if (asked.includes('\0') || !path.isAbsolute(asked)) return { refused: refuse('ENOENT') };
  const file = path.normalize(asked);
  // The longest root first: a mount inside another one.
  const root = roots.filter(r => inside(r, file)).sort((a, b) => b.length - a.length)[0];
  if (root === undefined) return { refused: refuse('EACCES') };
  const names = path.relative(root, file).split(path.sep).filter(Boolean);
  let at = root;
  for (const name of names.slice(0, -1)) {
    at = path.join(at, name);
    let stat: fs.Stats;
    try {
      stat = fs.lstatSync(at);
    } catch (error) {
      return { refused: failure(error) };
    }
    if (!stat.isDirectory()) return { refused: refuse('ENOTDIR') };
  }
  return { file };
}

/** Node's numbers are unsigned bigints here: sizes and times are exact. */
function statOf(stat: fs.BigIntStats): HostStat {
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other';
  // Windows has no execute bits: whatever can be read can be run.
  const mode = WINDOWS
    ? Number(stat.mode & 0o666n) | 0o111 | (kind === 'directory' ? 0o755 : 0)
    : Number(stat.mode & 0o7777n);
  return {
    kind,
    size: Number(stat.size),
    mode,
    mtime: stat.mtimeNs,
    ino: Number(BigInt.asUintN(53, stat.ino)),
    nlink: Number(stat.nlink),
  };
}

function stat(file: string, isRoot: boolean): HostAnswer {
  // A mounted folder may itself be given as a symlink; below it none is followed.
  return { is: 'stat', stat: statOf((isRoot ? fs.statSync : fs.lstatSync)(file, { bigint: true })) };
}

function readdir(file: string, isRoot: boolean): HostAnswer {
  if (!isRoot && !fs.lstatSync(file).isDirectory()) return refuse('ENOTDIR');
  const names = fs.readdirSync(file);
  const stats = names.map(name => {
    const found = fs.lstatSync(path.join(file, name), { bigint: true, throwIfNoEntry: false });
    return found && statOf(found);
  });
  return { is: 'readdir', names, stats };
}

function targetOf(file: string): string {
  const target = fs.readlinkSync(file);
  return WINDOWS ? target.replaceAll('\\', '/') : target;
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
/** Where the host knows it: a symlink put there since the look fails instead of leading away. */
const NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

function withFile<T>(file: string, flags: number, use: (fd: number) => T, mode?: number): T {
  const fd = fs.openSync(file, flags | NOFOLLOW | NONBLOCK, mode);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function read(file: string, offset: number, length: number): HostAnswer {
  return withFile(file, O_RDONLY, fd => {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) return refuse(stat.isDirectory() ? 'EISDIR' : 'EINVAL');
    const bytes = new Uint8Array(Math.min(length, Math.max(0, stat.size - offset)));
    let done = 0;
    while (done < bytes.length) {
      const count = fs.readSync(fd, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return { is: 'read', bytes: done === bytes.length ? bytes : bytes.slice(0, done) };
  });
}

function write(file: string, offset: number, bytes: Uint8Array): void {
  withFile(file, O_WRONLY, fd => {
    if (!fs.fstatSync(fd).isFile()) throw Object.assign(new Error(), { code: 'EINVAL' });
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done, offset + done);
  });
}

/** Makes the change; throws what Node throws. */
function change(
  request: Exclude<HostRequest, { is: 'stat' | 'readdir' | 'readlink' | 'read' }>,
  file: string,
  other: string,
): void {
  switch (request.is) {
    case 'write':
      write(file, request.offset, request.bytes);
      break;
    case 'create':
      withFile(file, O_WRONLY | O_CREAT | O_EXCL, fd => fs.fchmodSync(fd, request.mode & 0o777), request.mode & 0o777);
      break;
    case 'mkdir':
      fs.mkdirSync(file, { mode: request.mode & 0o777 });
      break;
    case 'symlink':
      fs.symlinkSync(request.target, file);
      break;
    case 'link':
      fs.linkSync(other, file);
      break;
    case 'unlink':
      fs.unlinkSync(file);
      break;
    case 'rmdir':
      fs.rmdirSync(file);
      break;
    case 'rename':
      fs.renameSync(file, other);
      break;
    case 'truncate':
      withFile(file, O_WRONLY, fd => fs.ftruncateSync(fd, request.size));
      break;
    case 'chmod':
      // Through a descriptor, so that no symlink is followed. Set-user-ID bits never reach the host.
      withFile(file, O_RDONLY, fd => fs.fchmodSync(fd, request.mode & 0o777));
      break;
    case 'utimes':
      fs.lutimesSync(file, Number(request.atime) / 1e9, Number(request.mtime) / 1e9);
      break;
  }
}

export function createNodeHost(options: NodeHostOptions): Host {
  const roots = options.roots.map(root => path.resolve(root));
  const writable = (options.writable ?? []).map(root => path.resolve(root));
  let input: Host['input'] | undefined;

  function file(request: HostRequest): HostAnswer {
    const asked = request.is === 'rename' ? request.from : request.path;
    const place = contained(roots, asked);
    if ('refused' in place) return place.refused;
    try {
      switch (request.is) {
        case 'stat':
          return stat(place.file, roots.includes(place.file));
        case 'readdir':
          return readdir(place.file, roots.includes(place.file));
        case 'readlink':
          return { is: 'readlink', target: targetOf(place.file) };
        case 'read':
          return read(place.file, request.offset, request.length);
      }
      const second = request.is === 'rename' ? request.to : request.is === 'link' ? request.existing : undefined;
      const other = second === undefined ? undefined : contained(roots, second);
      if (other && 'refused' in other) return other.refused;
      for (const path_ of [place.file, other?.file])
        if (path_ !== undefined && !writable.some(root => inside(root, path_))) return refuse('EROFS');
      change(request, place.file, other?.file ?? '');
      return { is: 'done' };
    } catch (error) {
      return failure(error);
    }
  }

  return {
    file,
    output(stream, bytes) {
      (options[stream] ?? process[stream]).write(bytes);
    },
    input(maximum) {
      input ??= createInput(options.stdin ?? process.stdin);
      return input(maximum);
    },
    realTime: () => BigInt(Date.now()) * 1_000_000n,
    // Few runs ask for it, and it takes some milliseconds to load.
    entropy: length =>
      (process.getBuiltinModule('node:crypto') as typeof crypto).randomFillSync(new Uint8Array(length)),
  };
}

/** Reads the stream as the guest asks, and no sooner: what the guest does not read stays for who comes after it. */
function createInput(stream: NodeJS.ReadableStream): Host['input'] {
  let ended = false;
  return maximum =>
    new Promise(resolve => {
      const readable = stream as NodeJS.ReadableStream & {
        readableEnded?: boolean;
        unref?: () => void;
        ref?: () => void;
      };
      if (ended || readable.readableEnded) {
        resolve(new Uint8Array(0));
        return;
      }
      const finish = (bytes: Uint8Array): void => {
        stream.removeListener('readable', ready);
        stream.removeListener('end', end);
        stream.removeListener('close', end);
        stream.removeListener('error', end);
        // A program that has ended must not be kept alive by a terminal nobody reads.
        readable.unref?.();
        resolve(bytes);
      };
      const end = (): void => {
        ended = true;
        finish(new Uint8Array(0));
      };
      const ready = (): void => {
        const chunk = stream.read() as Buffer | string | null;
        if (chunk === null || chunk.length === 0) return;
        const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk);
        if (bytes.length > maximum) stream.unshift(bytes.slice(maximum) as never);
        finish(bytes.subarray(0, maximum));
      };
      readable.ref?.();
      stream.on('end', end);
      stream.on('close', end);
      stream.on('error', end);
      stream.on('readable', ready);
      ready();
    });
}
