/**
 * The tree a machine starts with: a synthetic root, /proc, /sys, /dev and /tmp, and the host folders that were mounted.
 * Nothing else of the host exists for the guest.
 */
import type { KernelOptions } from '../context.ts';
import { newNet } from '../net/state.ts';
import { S_IFCHR, S_IFIFO, S_IFLNK, S_IFREG } from './constants.ts';
import { etcFiles } from './etc.ts';
import { addInode, isDirectory, type NewInode, newDirectory } from './inodes.ts';
import { encodeName } from './names.ts';
import { setPage } from './pages.ts';
import { cgroupFiles, SYSTEM_FILES, sysctls, sysFiles } from './proc-system.ts';
import type {
  Device,
  Directory,
  Driver,
  FsState,
  Generated,
  Inode,
  MagicLink,
  ProcDirectory,
  RegularFile,
  Stream,
  Superblock,
  Symlink,
} from './state.ts';
import { CONSOLE, newTerminal } from './terminal.ts';

/** What descriptors 0, 1 and 2 are, beyond where their bytes come from and go to. */
export interface StreamOptions {
  /** The whole standard input; left out: it comes from the host as the guest asks for it. */
  stdin?: Uint8Array;
  /** What fstat and ioctl show of each: a pipe unless said otherwise. */
  shows?: { stdin?: StreamShows; stdout?: StreamShows; stderr?: StreamShows };
  /** The terminal's size, if one of them is a terminal. */
  rows?: number;
  columns?: number;
}

export type StreamShows = 'pipe' | 'terminal';

const PAGE = 4096;

function addSuperblock(
  fs: FsState,
  type: Superblock['type'],
  source: string,
  mountpoint: string,
  options: { readOnly?: boolean; writeThrough?: boolean } = {},
): Superblock {
  const superblock: Superblock = {
    id: fs.superblocks.length,
    type,
    source,
    mountpoint,
    readOnly: options.readOnly ?? false,
    writeThrough: options.writeThrough ?? false,
    root: 0,
    hostLinks: new Map(),
  };
  fs.superblocks.push(superblock);
  return superblock;
}

/** The superblock of inodes that are in no directory. */
export function anonymousSuperblock(fs: FsState, type: 'pipefs' | 'sockfs' | 'anon_inodefs' | 'tmpfs'): number {
  return fs.superblocks.findIndex(s => s.type === type && s.mountpoint === '');
}

/** Standard input as it is before anyone read from it. */
function streamInode(fs: FsState, base: NewInode, stream: Stream['stream'], shows: StreamShows): Stream {
  const terminal = shows === 'terminal';
  const mode = terminal ? S_IFCHR | 0o620 : S_IFIFO | 0o600;
  return addInode<Stream>(fs, { ...base, mode }, { is: 'stream', stream, terminal });
}

export function createState(options: KernelOptions): FsState {
  const { streams } = options;
  const fs: FsState = {
    inodes: new Map(),
    nextInode: 1,
    superblocks: [],
    root: 0,
    descriptions: new Map(),
    nextDescription: 1,
    generated: new Map(),
    locks: new Map(),
    orphans: new Set(),
    net: newNet(),
    epolls: new Set(),
    timers: new Set(),
    inotifies: new Set(),
    renames: 0,
    answers: new Map(),
    pages: 0,
    pageLimit: Math.max(1024, Math.floor(options.memoryLimit / 2 / PAGE)),
    streams: { stdin: 0, stdout: 0, stderr: 0 },
    input: streams?.stdin
      ? { chunks: streams.stdin.length > 0 ? [streams.stdin] : [], ended: true }
      : { chunks: [], ended: false },
    terminals: new Map(),
    hangUps: [],
  };
  const time = options.realTime;
  const rootBase = { mode: 0o755, uid: 0, gid: 0, time };

  const root = addSuperblock(fs, 'tmpfs', 'none', '/');
  const top = newDirectory(fs, { ...rootBase, superblock: root.id }, 1, '');
  root.root = top.id;
  fs.root = top.id;
  top.parent = top.id;

  const pipefs = addSuperblock(fs, 'pipefs', 'pipefs', '');
  addSuperblock(fs, 'anon_inodefs', 'anon_inodefs', '');
  addSuperblock(fs, 'tmpfs', 'tmpfs', '');
  addSuperblock(fs, 'sockfs', 'sockfs', '');

  for (const path of [
    'bin',
    'etc',
    'home',
    'lib',
    'mnt',
    'opt',
    'root',
    'run',
    'sbin',
    'srv',
    'usr/bin',
    'usr/lib',
    'usr/local/bin',
    'usr/sbin',
    'usr/share',
    'var/log',
    'var/cache',
  ])
    makePath(fs, top, path, time);
  lookupMade(fs, top, 'root').mode = (top.mode & ~0o777) | 0o700;
  if (options.uid !== 0) {
    const home = makePath(fs, top, 'home/user', time);
    home.uid = options.uid;
    home.gid = options.gid;
  }
  for (const path of ['tmp', 'var/tmp']) {
    const tmp = makePath(fs, top, path, time);
    tmp.mode |= 0o1777;
  }
  const etc = lookupMade(fs, top, 'etc');
  for (const [name, content] of Object.entries(etcFiles(options)))
    textFile(fs, etc, name, typeof content === 'string' ? encodeName(content) : content, time);
  symlink(fs, etc, 'mtab', '/proc/mounts', time);

  const base = { ...rootBase, superblock: pipefs.id };
  const streamOf = (name: Stream['stream']) =>
    streamInode(fs, { ...base, uid: options.uid, gid: options.gid }, name, streams?.shows?.[name] ?? 'pipe').id;
  fs.streams = { stdin: streamOf('stdin'), stdout: streamOf('stdout'), stderr: streamOf('stderr') };

  mountProc(fs, top, options);
  mountSys(fs, top, options);
  mountDev(fs, top, options);
  for (const mount of [...options.mounts].sort((a, b) => a.guest.length - b.guest.length))
    mountHost(fs, mount, options);
  return fs;
}

function lookupMade(fs: FsState, directory: Directory, name: string): Directory {
  return fs.inodes.get(directory.entries.get(name)!.inode) as Directory;
}

function addEntry(directory: Directory, name: string, inode: Inode): void {
  directory.entries.set(name, { inode: inode.id, cookie: directory.nextCookie++ });
}

/** mkdir -p, owned by root. */
function makePath(fs: FsState, start: Directory, path: string, time: bigint): Directory {
  let at = start;
  for (const name of path.split('/').filter(Boolean)) {
    const known = at.entries.get(name);
    if (known) {
      at = fs.inodes.get(known.inode) as Directory;
      continue;
    }
    const made = newDirectory(fs, { superblock: at.superblock, mode: 0o755, uid: 0, gid: 0, time }, at.id, name);
    addEntry(at, name, made);
    at.nlink++;
    at = made;
  }
  return at;
}

function textFile(fs: FsState, directory: Directory, name: string, bytes: Uint8Array, time: bigint): void {
  const file = addInode<RegularFile>(
    fs,
    { superblock: directory.superblock, mode: S_IFREG | 0o644, uid: 0, gid: 0, time },
    { is: 'file', size: bytes.length, pages: new Map(), changes: 0 },
  );
  for (let at = 0; at < bytes.length; at += PAGE) setPage(fs, file, at / PAGE, bytes.slice(at, at + PAGE));
  addEntry(directory, name, file);
}

function symlink(fs: FsState, directory: Directory, name: string, target: string, time: bigint): void {
  const base = { superblock: directory.superblock, mode: S_IFLNK | 0o777, uid: 0, gid: 0, time };
  addEntry(directory, name, addInode<Symlink>(fs, base, { is: 'symlink', target }));
}

/** Files whose content is a fixed text, at paths below a directory. */
function generatedTree(fs: FsState, directory: Directory, files: Record<string, string>, time: bigint): void {
  for (const [path, text] of Object.entries(files)) {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? directory : makePath(fs, directory, path.slice(0, slash), time);
    addEntry(parent, path.slice(slash + 1), generatedFile(fs, directory.superblock, 'text', text, 0o444, time));
  }
  const close = (at: Directory): void => {
    at.mode &= ~0o222;
    for (const { inode } of at.entries.values()) {
      const child = fs.inodes.get(inode);
      if (child?.is === 'directory' && child.superblock === at.superblock) close(child);
    }
  };
  close(directory);
}

function generatedFile(fs: FsState, superblock: number, source: string, argument: string, mode: number, time: bigint) {
  const base = { superblock, mode: S_IFREG | mode, uid: 0, gid: 0, time };
  return addInode<Generated>(fs, base, { is: 'generated', source, pid: 0, tid: 0, argument });
}

/** A file system whose root replaces the entry `path` of the tree. */
function mountDirectory(
  fs: FsState,
  superblock: Superblock,
  top: Directory,
  path: string,
  mode: number,
  time: bigint,
): Directory {
  const slash = path.lastIndexOf('/');
  const parent = slash < 0 ? top : makePath(fs, top, path.slice(0, slash), time);
  const name = path.slice(slash + 1);
  const directory = newDirectory(fs, { superblock: superblock.id, mode, uid: 0, gid: 0, time }, parent.id, name);
  superblock.root = directory.id;
  parent.entries.delete(name);
  addEntry(parent, name, directory);
  return directory;
}

function mountProc(fs: FsState, top: Directory, options: KernelOptions): void {
  const time = options.realTime;
  const superblock = addSuperblock(fs, 'proc', 'proc', '/proc');
  const base = { superblock: superblock.id, uid: 0, gid: 0, time };
  const proc = addInode<ProcDirectory>(
    fs,
    { ...base, mode: 0o040555, nlink: 100 },
    { is: 'proc-directory', parent: top.id, name: 'proc', what: 'root', pid: 0, tid: 0, fixed: new Map() },
  );
  superblock.root = proc.id;
  addEntry(top, 'proc', proc);
  for (const source of Object.keys(SYSTEM_FILES))
    proc.fixed.set(source, generatedFile(fs, superblock.id, source, '', 0o444, time).id);
  const link = (name: string, what: MagicLink['what']): void => {
    const inode = addInode<MagicLink>(
      fs,
      { ...base, mode: S_IFLNK | 0o777 },
      { is: 'magic-link', what, pid: 0, tid: 0, argument: name },
    );
    proc.fixed.set(name, inode.id);
  };
  link('self', 'self');
  link('thread-self', 'thread-self');
  const text = (name: string, target: string): void => {
    const inode = addInode<Symlink>(fs, { ...base, mode: S_IFLNK | 0o777 }, { is: 'symlink', target });
    proc.fixed.set(name, inode.id);
  };
  text('mounts', 'self/mounts');
  text('net', 'self/net');
  const sys = newDirectory(fs, { ...base, mode: 0o555 }, proc.id, 'sys');
  proc.fixed.set('sys', sys.id);
  generatedTree(fs, sys, sysctls(options), time);
  const random = makePath(fs, sys, 'kernel/random', time);
  addEntry(random, 'boot_id', generatedFile(fs, superblock.id, 'boot_id', '', 0o444, time));
  addEntry(random, 'uuid', generatedFile(fs, superblock.id, 'uuid', '', 0o444, time));
}

function mountSys(fs: FsState, top: Directory, options: KernelOptions): void {
  const time = options.realTime;
  const sys = mountDirectory(fs, addSuperblock(fs, 'sysfs', 'sysfs', '/sys'), top, 'sys', 0o555, time);
  makePath(fs, sys, 'fs', time);
  const cgroup = addSuperblock(fs, 'cgroup2', 'cgroup2', '/sys/fs/cgroup');
  const group = mountDirectory(fs, cgroup, sys, 'fs/cgroup', 0o555, time);
  generatedTree(fs, sys, sysFiles(options), time);
  generatedTree(fs, group, cgroupFiles(options), time);
}

const DEVICES: readonly (readonly [string, Driver, number, number, number])[] = [
  ['null', 'null', 1, 3, 0o666],
  ['zero', 'zero', 1, 5, 0o666],
  ['full', 'full', 1, 7, 0o666],
  ['random', 'random', 1, 8, 0o666],
  ['urandom', 'urandom', 1, 9, 0o666],
  ['tty', 'tty', 5, 0, 0o666],
  ['ptmx', 'ptmx', 5, 2, 0o666],
];

function mountDev(fs: FsState, top: Directory, options: KernelOptions): void {
  const time = options.realTime;
  const superblock = addSuperblock(fs, 'devtmpfs', 'devtmpfs', '/dev');
  const dev = mountDirectory(fs, superblock, top, 'dev', 0o755, time);
  for (const [name, driver, major, minor, mode] of DEVICES) {
    const base = { superblock: superblock.id, mode: S_IFCHR | mode, uid: 0, gid: 0, time };
    addEntry(dev, name, addInode<Device>(fs, base, { is: 'device', driver, rdev: { major, minor } }));
  }
  symlink(fs, dev, 'fd', '/proc/self/fd', time);
  symlink(fs, dev, 'stdin', '/proc/self/fd/0', time);
  symlink(fs, dev, 'stdout', '/proc/self/fd/1', time);
  symlink(fs, dev, 'stderr', '/proc/self/fd/2', time);
  const pts = addSuperblock(fs, 'devpts', 'devpts', '/dev/pts');
  const directory = mountDirectory(fs, pts, dev, 'pts', 0o755, time);
  for (const id of Object.values(fs.streams)) {
    const inode = fs.inodes.get(id);
    if (inode?.is !== 'stream' || !inode.terminal || fs.terminals.has(CONSOLE)) continue;
    addEntry(directory, String(CONSOLE), inode);
    const { rows, columns } = options.streams ?? {};
    fs.terminals.set(CONSOLE, newTerminal(CONSOLE, 'console', rows ?? 24, columns ?? 80));
  }
  const queues = mountDirectory(fs, addSuperblock(fs, 'mqueue', 'mqueue', '/dev/mqueue'), dev, 'mqueue', 0o1777, time);
  queues.mode |= 0o1777;
  const shm = mountDirectory(fs, addSuperblock(fs, 'tmpfs', 'tmpfs', '/dev/shm'), dev, 'shm', 0o1777, time);
  shm.mode |= 0o1777;
}

/** A host folder, of which nothing is asked yet: the guest's first look does. */
function mountHost(
  fs: FsState,
  mount: { host: string; guest: string; mode: 'ro' | 'cow' | 'rw' },
  options: KernelOptions,
): void {
  const time = options.realTime;
  const parts = mount.guest.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`mount point ${mount.guest} must not contain ".."`);
  const path = `/${parts.join('/')}`;
  const superblock = addSuperblock(fs, 'overlay', mount.mode === 'cow' ? 'overlay' : 'host', path, {
    readOnly: mount.mode === 'ro',
    writeThrough: mount.mode === 'rw',
  });
  const base = { superblock: superblock.id, mode: 0o755, uid: options.uid, gid: options.gid, time };
  const name = parts.at(-1) ?? '';
  let parent = fs.inodes.get(fs.root) as Directory;
  for (const part of parts.slice(0, -1)) {
    const known = parent.entries.get(part);
    const inode = known && known.inode !== 0 ? fs.inodes.get(known.inode) : undefined;
    if (inode && inode.is !== 'directory') throw new Error(`mount point ${path}: ${part} is no directory`);
    if (inode) {
      parent = inode;
      continue;
    }
    // Below another mount a directory that the host may or may not have: the guest sees an own one in its place.
    const owner = parent.host ? base : { ...base, uid: 0, gid: 0 };
    const made = newDirectory(fs, { ...owner, superblock: parent.superblock }, parent.id, part);
    if (parent.host)
      made.host = { path: `${parent.host.path.replace(/\/$/, '')}/${part}`, listed: false, absent: new Set() };
    addEntry(parent, part, made);
    parent.nlink++;
    parent = made;
  }
  const directory = newDirectory(fs, base, name === '' ? fs.root : parent.id, name);
  directory.host = { path: mount.host, listed: false, absent: new Set() };
  superblock.root = directory.id;
  if (name === '') {
    // A mount at "/" shows the host's folders but for those that are the machine's own. A guest needs a place for its
    // temporary files: the host's, copied on write, or its own where nothing may be written.
    const root = fs.inodes.get(fs.root) as Directory;
    const own = ['etc', 'proc', 'sys', 'dev', ...(mount.mode === 'ro' ? ['tmp'] : [])];
    for (const name of [...root.entries.keys()]) if (!own.includes(name)) root.entries.delete(name);
    root.host = directory.host;
    fs.inodes.delete(directory.id);
    superblock.root = root.id;
    root.superblock = superblock.id;
    return;
  }
  if (!parent.entries.has(name)) parent.nlink++;
  parent.entries.delete(name);
  addEntry(parent, name, directory);
}

const OPTIONS = 'relatime';

function visible(fs: FsState): Superblock[] {
  return fs.superblocks.filter(s => s.mountpoint !== '');
}

const escaped = (text: string): string =>
  text.replace(/[ \t\n\\]/g, ch => `\\${ch.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** /proc/self/mounts. */
export function mountTable(fs: FsState): string {
  return visible(fs)
    .map(s => `${escaped(s.source)} ${escaped(s.mountpoint)} ${s.type} ${s.readOnly ? 'ro' : 'rw'},${OPTIONS} 0 0\n`)
    .join('');
}

/** /proc/self/mountinfo. */
export function mountInfo(fs: FsState): string {
  return visible(fs)
    .map(s => {
      const root = fs.inodes.get(s.root);
      const parent =
        root && isDirectory(root) && root.id !== fs.root ? fs.inodes.get(root.parent)?.superblock : undefined;
      const access = s.readOnly ? 'ro' : 'rw';
      return `${s.id + 20} ${parent === undefined ? 1 : parent + 20} 0:${s.id + 20} / ${escaped(s.mountpoint)} ${access},${OPTIONS} - ${s.type} ${escaped(s.source)} ${access}\n`;
    })
    .join('');
}
