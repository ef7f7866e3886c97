/** What the rest of the kernel asks of the file system: see `Files` in context.ts. */
import type { HostAnswer, HostRequest } from '../../host.ts';
import { PAGE_SIZE, PROT } from '../../memory/types.ts';
import type { Context, FileContext, Files, KernelOptions, ProgramFile } from '../context.ts';
import { EACCES, EBADF, ENODEV, ENOENT, ENOTDIR, EPERM } from '../errors.ts';
import type { KernelState } from '../state.ts';
import { openPidfd, pidfdProcess } from '../syscalls/pidfd.ts';
import { O_ACCMODE, O_LARGEFILE, O_PATH, O_RDONLY, O_RDWR, O_WRONLY, POLLHUP, S_IFREG } from './constants.ts';
import { closeAll, closeDescriptor, copyTable, describe, inodeOfFile } from './descriptions.ts';
import { storeAnswer } from './host.ts';
import { addInode, isDirectory, MAY_EXEC, requireAccess, superblockOf } from './inodes.ts';
import { anonymousSuperblock, createState } from './mounts.ts';
import { filePage, readFile } from './pages.ts';
import { directoryPath, find, lookup, readLink, walk } from './paths.ts';
import { describeFile } from './proc.ts';
import { IN, notify } from './readiness.ts';
import type { FdTable, FsInfo, FsState, Inode, RegularFile, Stream } from './state.ts';

function createTable(state: KernelState): FdTable {
  const { fs } = state;
  const table: FdTable = { descriptors: new Map() };
  const { stdin, stdout, stderr } = fs.streams;
  for (const [fd, id] of [stdin, stdout, stderr].entries()) {
    const inode = fs.inodes.get(id) as Stream;
    const own = fd === 0 ? O_RDONLY : O_WRONLY;
    const description = describe(fs, inode, inode.terminal ? O_RDWR | O_LARGEFILE : own);
    description.references = 1;
    table.descriptors.set(fd, { description: description.id, closeOnExec: false });
  }
  return table;
}

/** The working directory is `options.cwd`; one that does not exist in the guest becomes the root. May throw HostWait. */
function createInfo(state: KernelState, options: KernelOptions): FsInfo {
  const { root } = state.fs;
  const info: FsInfo = { root, cwd: root, umask: 0o022 };
  const { uid, gid } = options;
  const credentials = {
    ...{ uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid, groups: [gid] },
  };
  const inode = lookAt({ state, options, process: { fs: info, credentials } }, options.cwd);
  if (inode && isDirectory(inode)) info.cwd = inode.id;
  return info;
}

function lookAt(c: FileContext, path: string): Inode | undefined {
  try {
    return find(c, c.process.fs.root, path, { follow: true });
  } catch (e) {
    if (e === ENOENT || e === ENOTDIR || e === EACCES) return undefined;
    throw e;
  }
}

function closeOnExec(c: Context): void {
  for (const [fd, { closeOnExec: close }] of [...c.process.files.descriptors]) if (close) closeDescriptor(c, fd);
}

function openProgram(c: FileContext, path: string): ProgramFile {
  const found = walk(c, c.process.fs.cwd, path, { follow: true });
  const { inode } = found;
  if (!inode) throw ENOENT;
  if (found.slash && !isDirectory(inode)) throw ENOTDIR;
  if (inode.is !== 'file') throw EACCES;
  requireAccess(c, inode, MAY_EXEC);
  const directory = directoryPath(c, found.directory.id) ?? '';
  // What a descriptor leads to has its own path, not that of /proc/PID/fd.
  const link = found.directory.is === 'proc-directory' ? lookup(c, found.directory, found.name) : undefined;
  const named = found.last === 'name' ? `${directory === '/' ? '' : directory}/${found.name}` : path;
  const real = link?.is === 'magic-link' ? readLink(c, link) : named;
  const read = (offset: number, length: number) => readFile(c.state.fs, inode, offset, length);
  return { path: real, inode: inode.id, size: inode.size, read };
}

function mapFile(
  c: Context,
  fd: number,
  prot: number,
  shared: boolean,
): { inode: number; name: string; readOnly: boolean } {
  const descriptor = c.process.files.descriptors.get(fd);
  const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
  if (!description || description.flags & O_PATH) throw EBADF;
  const mode = description.flags & O_ACCMODE;
  const inode = inodeOfFile(c, description);
  // Any mapping needs to read; one that writes through needs both.
  if (mode === O_WRONLY) throw EACCES;
  if (shared && prot & PROT.WRITE) {
    if (mode !== O_RDWR) throw EACCES;
    if (inode.is === 'file' && inode.seals && inode.seals & (8 | 16)) throw EPERM;
  }
  if (inode.is !== 'file' && !(inode.is === 'device' && inode.driver === 'zero')) throw ENODEV;
  if (superblockOf(c.state.fs, inode).type === 'proc') throw ENODEV;
  // The host would have to be asked for every page that is written back.
  if (shared && prot & PROT.WRITE && superblockOf(c.state.fs, inode).writeThrough) throw ENODEV;
  const name = describeFile(c, description, inode);
  if (shared && inode.is === 'device') return { ...sharedMemory(c, 0), readOnly: false };
  const readOnly = shared && (mode !== O_RDWR || superblockOf(c.state.fs, inode).writeThrough);
  return { inode: inode.id, name, readOnly };
}

function sharedMemory(c: Context, length: number): { inode: number; name: string } {
  const { fs } = c.state;
  const { fsuid, fsgid } = c.process.credentials;
  const base = { superblock: anonymousSuperblock(fs, 'tmpfs'), uid: fsuid, gid: fsgid, nlink: 0, time: c.realtime() };
  const size = length === 0 ? Number.MAX_SAFE_INTEGER : length;
  const file = addInode<RegularFile>(
    fs,
    { ...base, mode: S_IFREG | 0o777 },
    { is: 'file', size, pages: new Map(), changes: 0 },
  );
  // Nobody has it open: it goes with its last mapping.
  fs.orphans.add(file.id);
  return { inode: file.id, name: '/dev/zero (deleted)' };
}

/** See FillPage in memory/types.ts. */
function fillPage(state: KernelState, id: number, offset: number): Uint8Array | undefined {
  const inode = state.fs.inodes.get(id);
  if (inode?.is === 'device') return new Uint8Array(0);
  if (inode?.is !== 'file' || offset >= inode.size) return undefined;
  return filePage(state.fs, inode, Math.floor(offset / PAGE_SIZE)) ?? new Uint8Array(0);
}

function input(state: KernelState, bytes: Uint8Array, wake: Context['wake']): void {
  const { fs } = state;
  if (bytes.length === 0) {
    const stdin = fs.inodes.get(fs.streams.stdin);
    // At a terminal Ctrl-D ends one read, not all that follow: an empty chunk. Elsewhere the end is the end.
    if (stdin?.is === 'stream' && stdin.terminal) fs.input.chunks.push(new Uint8Array(0));
    else fs.input.ended = true;
    notify(state, wake, fs.streams.stdin, IN | POLLHUP);
    return;
  }
  fs.input.chunks.push(bytes.slice());
  notify(state, wake, fs.streams.stdin, IN);
}

export const files: Files = {
  createState: (options: KernelOptions): FsState => createState(options),
  createTable,
  createInfo,
  copyTable,
  copyInfo: (info: FsInfo): FsInfo => ({ ...info }),
  closeOnExec,
  closeAll,
  openProgram,
  mapFile,
  sharedMemory,
  openPidfd,
  pidfdProcess,
  fillPage,
  answer: (state: KernelState, request: HostRequest, answer: HostAnswer): void =>
    storeAnswer(state.fs, request, answer),
  input,
};
