/**
 * The tree of /proc: directories whose entries follow processes, tasks and descriptors, and symlinks that lead to them.
 * The inode of such a name is made when it is first looked up and kept under what it stands for, so it has the same
 * number the next time. What the files say is in proc-system.ts and proc-process.ts.
 */
import { AT_FDCWD } from '../../abi/flags.ts';
import type { Context, FileContext } from '../context.ts';
import { EACCES, ENOENT, ESRCH } from '../errors.ts';
import { NET_FILES } from '../net/proc.ts';
import type { Process } from '../state.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from './constants.ts';
import { addInode, allowed } from './inodes.ts';
import { placePath } from './paths.ts';
import { PROCESS_FILES } from './proc-process.ts';
import type { Description, FdTable, Generated, Inode, InodeBase, MagicLink, ProcDirectory } from './state.ts';

/** Process and task of the caller; while the first program is loaded there is none yet. */
export function caller(c: FileContext): { pid: number; tid: number } {
  const { task, process } = c as unknown as Partial<Pick<Context, 'task' | 'process'>>;
  return { pid: process?.id ?? 1, tid: task?.id ?? process?.id ?? 1 };
}

const LINKS: Readonly<Record<string, MagicLink['what']>> = { exe: 'exe', cwd: 'cwd', root: 'root' };
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];

function processOf(c: FileContext, pid: number): Process | undefined {
  return c.state.processes.get(pid);
}

/** A name that is a number as the kernel prints it. */
function parseNumber(name: string): number | undefined {
  return /^(0|[1-9][0-9]{0,9})$/.test(name) ? Number(name) : undefined;
}

export function procLookup(c: FileContext, directory: ProcDirectory, name: string): Inode | undefined {
  const fixed = directory.fixed.get(name);
  if (fixed !== undefined) return c.state.fs.inodes.get(fixed);
  switch (directory.what) {
    case 'root': {
      const pid = parseNumber(name);
      const process = pid === undefined ? undefined : processOf(c, pid);
      // A task's number works too, though it is not listed.
      const leader = process ?? (pid === undefined ? undefined : processOf(c, c.state.tasks.get(pid)?.processId ?? -1));
      if (pid === undefined || !leader) return undefined;
      return procDirectory(c, directory, 'process', name, leader, process ? 0 : pid);
    }
    case 'tasks': {
      const tid = parseNumber(name);
      const process = processOf(c, directory.pid);
      if (tid === undefined || !process?.tasks.includes(tid)) return undefined;
      return procDirectory(c, directory, 'process', name, process, tid);
    }
    case 'process':
      return processEntry(c, directory, name);
    case 'fd':
    case 'fdinfo': {
      const fd = parseNumber(name);
      const process = processOf(c, directory.pid);
      const descriptor = fd === undefined ? undefined : process?.files.descriptors.get(fd);
      if (!process || !descriptor) return undefined;
      if (directory.what === 'fdinfo') return procFile(c, directory, process, 'fdinfo', name, 0o400);
      const link = procLink(c, directory, process, 'fd', name);
      const access = (c.state.fs.descriptions.get(descriptor.description)?.flags ?? 0) & 3;
      link.mode = S_IFLNK | (access === 0 ? 0o500 : access === 1 ? 0o300 : 0o700);
      return link;
    }
    case 'ns': {
      const process = processOf(c, directory.pid);
      return process && NAMESPACES.includes(name) ? procLink(c, directory, process, 'ns', name) : undefined;
    }
    case 'net': {
      const process = processOf(c, directory.pid);
      return process && Object.hasOwn(NET_FILES, name)
        ? procFile(c, directory, process, 'net', name, 0o444)
        : undefined;
    }
  }
}

function processEntry(c: FileContext, directory: ProcDirectory, name: string): Inode | undefined {
  const process = processOf(c, directory.pid);
  if (!process) return undefined;
  if (name === 'task' && directory.tid === 0) return procDirectory(c, directory, 'tasks', name, process, 0);
  if (name === 'fd' || name === 'fdinfo' || name === 'ns' || name === 'net')
    return procDirectory(c, directory, name, name, process, directory.tid);
  if (Object.hasOwn(LINKS, name)) return procLink(c, directory, process, LINKS[name], name);
  if (!Object.hasOwn(PROCESS_FILES, name)) return undefined;
  return procFile(c, directory, process, name, '', PROCESS_FILES[name].mode);
}

export function procList(c: FileContext, directory: ProcDirectory): { name: string; inode: Inode }[] {
  const names: string[] = [];
  switch (directory.what) {
    case 'root':
      names.push(...directory.fixed.keys());
      names.push(...[...c.state.processes.keys()].sort((a, b) => a - b).map(String));
      break;
    case 'tasks':
      names.push(...(processOf(c, directory.pid)?.tasks ?? []).map(String));
      break;
    case 'process':
      if (directory.tid === 0) names.push('task');
      names.push('fd', 'fdinfo', 'ns', 'net', ...Object.keys(LINKS), ...Object.keys(PROCESS_FILES));
      break;
    case 'fd':
    case 'fdinfo': {
      const process = processOf(c, directory.pid);
      if (process && !mayInspect(c, process)) throw EACCES;
      names.push(...[...(process?.files.descriptors.keys() ?? [])].sort((a, b) => a - b).map(String));
      break;
    }
    case 'ns':
      names.push(...NAMESPACES);
      break;
    case 'net':
      names.push(...Object.keys(NET_FILES));
  }
  return names.flatMap(name => {
    const inode = procLookup(c, directory, name);
    return inode ? [{ name, inode }] : [];
  });
}

/** ptrace's access rule in short: the same user, or root. */
function mayInspect(c: FileContext, process: Process): boolean {
  const { fsuid } = c.process.credentials;
  return fsuid === 0 || fsuid === process.credentials.uid;
}

function base(c: FileContext, directory: ProcDirectory, process: Process, mode: number) {
  const { euid, egid } = process.credentials;
  return { superblock: directory.superblock, mode, uid: euid, gid: egid, time: c.state.bootTime + process.started };
}

/** The inode kept under `key`, or a new one. The owner follows the process's credentials. */
function kept<T extends Inode>(
  c: FileContext,
  directory: ProcDirectory,
  process: Process,
  key: string,
  mode: number,
  own: Omit<T, keyof InodeBase>,
): T {
  const { fs } = c.state;
  const id = fs.generated.get(key);
  const known = id === undefined ? undefined : (fs.inodes.get(id) as T | undefined);
  if (known) {
    known.uid = process.credentials.euid;
    known.gid = process.credentials.egid;
    return known;
  }
  const inode = addInode<T>(fs, base(c, directory, process, mode), own);
  fs.generated.set(key, inode.id);
  return inode;
}

function procDirectory(
  c: FileContext,
  parent: ProcDirectory,
  what: ProcDirectory['what'],
  name: string,
  process: Process,
  tid: number,
): ProcDirectory {
  const mode = S_IFDIR | (what === 'fd' || what === 'fdinfo' ? 0o500 : what === 'ns' ? 0o511 : 0o555);
  const directory = kept<ProcDirectory>(c, parent, process, `${process.id}:${tid}:${parent.id}/${name}`, mode, {
    is: 'proc-directory',
    parent: parent.id,
    name,
    what,
    pid: process.id,
    tid,
    fixed: new Map(),
  });
  directory.nlink = what === 'process' ? 9 : 2;
  return directory;
}

function procFile(
  c: FileContext,
  directory: ProcDirectory,
  process: Process,
  source: string,
  argument: string,
  mode: number,
): Generated {
  const key = `${process.id}:${directory.tid}:${directory.id}/${source}/${argument}`;
  return kept<Generated>(c, directory, process, key, mode | S_IFREG, {
    is: 'generated',
    source: `process/${source}`,
    pid: process.id,
    tid: directory.tid,
    argument,
  });
}

function procLink(
  c: FileContext,
  directory: ProcDirectory,
  process: Process,
  what: MagicLink['what'],
  name: string,
): MagicLink {
  const key = `${process.id}:${directory.tid}:${directory.id}/${what}/${name}`;
  return kept<MagicLink>(c, directory, process, key, S_IFLNK | 0o777, {
    is: 'magic-link',
    what,
    pid: process.id,
    tid: directory.tid,
    argument: name,
  });
}

function linkedFile(c: FileContext, link: MagicLink): Description {
  const table: FdTable | undefined = processOf(c, link.pid)?.files;
  const descriptor = table?.descriptors.get(Number(link.argument));
  const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
  if (!description) throw ENOENT;
  return description;
}

/** What readlink(2) says of a link of /proc. */
export function linkText(c: FileContext, link: MagicLink): string {
  if (link.what === 'self') return String(caller(c).pid);
  if (link.what === 'thread-self') return `${caller(c).pid}/task/${caller(c).tid}`;
  const process = processOf(c, link.pid);
  if (!process) throw ESRCH;
  if (!mayInspect(c, process)) throw EACCES;
  const { fs } = c.state;
  switch (link.what) {
    case 'exe':
      return process.executable;
    case 'cwd':
      return placePath(c, { directory: process.fs.cwd, name: '' }, process.fs.cwd);
    case 'root':
      return placePath(c, { directory: process.fs.root, name: '' }, process.fs.root);
    case 'ns':
      return `${link.argument}:[${4026531835 + NAMESPACES.indexOf(link.argument)}]`;
    case 'fd':
      return describeFile(c, linkedFile(c, link), fs.inodes.get(linkedFile(c, link).inode));
  }
}

/** The name of an open file as /proc/self/fd shows it. */
export function describeFile(c: FileContext, description: Description, inode: Inode | undefined): string {
  if (!inode) return '';
  if (description.place) return placePath(c, description.place, inode.id);
  switch (inode.is) {
    case 'pipe':
      return `pipe:[${inode.id}]`;
    case 'socket':
      return `socket:[${inode.id}]`;
    case 'stream':
      return inode.terminal ? '/dev/pts/0' : `pipe:[${inode.id}]`;
    case 'pty-master':
      return '/dev/ptmx';
    case 'pty-slave':
      return `/dev/pts/${inode.terminal}${inode.nlink === 0 ? ' (deleted)' : ''}`;
    case 'file':
      return inode.memfd === undefined ? `/ (deleted)` : `/memfd:${inode.memfd} (deleted)`;
    case 'epoll':
      return 'anon_inode:[eventpoll]';
    case 'inotify':
      return 'anon_inode:inotify';
    default:
      return `anon_inode:[${inode.is}]`;
  }
}

/** What a descriptor, or AT_FDCWD, stands for: a path, "pipe:[7]", "anon_inode:[eventpoll]". For viewers, never throws. */
export function describeDescriptor(c: FileContext, table: FdTable, fd: number): string | undefined {
  const { cwd } = c.process.fs;
  if (fd === AT_FDCWD) return placePath(c, { directory: cwd, name: '' }, cwd);
  const descriptor = table.descriptors.get(fd);
  const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
  return description && describeFile(c, description, c.state.fs.inodes.get(description.inode));
}

/** Where following a link of /proc leads: a path to walk, or the very inode. */
export function linkTarget(c: FileContext, link: MagicLink): string | Inode {
  const { fs } = c.state;
  const process = link.pid === 0 ? undefined : processOf(c, link.pid);
  if (link.pid !== 0 && !process) throw ESRCH;
  if (process && !mayInspect(c, process)) throw EACCES;
  if (link.what === 'cwd' || link.what === 'root') {
    const inode = fs.inodes.get(link.what === 'cwd' ? process!.fs.cwd : process!.fs.root);
    if (!inode) throw ENOENT;
    return inode;
  }
  if (link.what === 'fd') {
    const inode = fs.inodes.get(linkedFile(c, link).inode);
    if (!inode) throw ENOENT;
    return inode;
  }
  if (link.what === 'ns') throw EACCES;
  return linkText(c, link);
}

/** Whether the caller may see what the process keeps to itself; for the files that check at open. */
export function requireInspect(c: FileContext, inode: Generated): void {
  const process = processOf(c, inode.pid);
  if (process && !mayInspect(c, process) && !allowed(c.process.credentials, inode, 4)) throw EACCES;
}
