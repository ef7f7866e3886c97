/** Extended attributes, as tmpfs keeps them. */
import { IN, XATTR } from '../../abi/flags.ts';
import type { Context, HandlerTable } from '../context.ts';
import { E2BIG, EACCES, EEXIST, EINVAL, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, ERANGE } from '../errors.ts';
import { findAt } from '../fs/arguments.ts';
import { AT_FDCWD } from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { MAY_READ, MAY_WRITE, requireAccess, requireOwner, requireWritable, superblockOf } from '../fs/inodes.ts';
import { observe } from '../fs/inotify.ts';
import { decodeName, encodeName } from '../fs/names.ts';
import type { Inode } from '../fs/state.ts';

function attributeName(c: Context, address: number): string {
  const bytes = c.space.readString(address, 255);
  if (!bytes || bytes.length === 0) throw ERANGE;
  return decodeName(bytes);
}

/** tmpfs's rule: user attributes for files and directories, trusted ones for root, security ones kept. */
function requireNamespace(c: Context, inode: Inode, name: string, write: boolean): void {
  if (name.startsWith('user.')) {
    if (inode.is !== 'file' && inode.is !== 'directory') throw write ? EPERM : ENODATA;
    return;
  }
  if (name.startsWith('trusted.')) {
    if (c.process.credentials.fsuid !== 0) throw write ? EPERM : ENODATA;
    return;
  }
  if (!name.startsWith('security.')) throw EOPNOTSUPP;
  if (write && c.process.credentials.fsuid !== 0) throw EPERM;
}

/** Access control lists, as Linux stores them in attributes (uapi/linux/posix_acl_xattr.h). */
const ACL_ACCESS = 'system.posix_acl_access';
const ACL_DEFAULT = 'system.posix_acl_default';
const ACL_VERSION = 2;
const [ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER] = [1, 4, 32];

const isAcl = (name: string): boolean => name === ACL_ACCESS || name === ACL_DEFAULT;

/** Whether the file system keeps lists: those of disks and memory do. */
function requireAclSupport(c: Context, inode: Inode): void {
  const { type, writeThrough } = superblockOf(c.state.fs, inode);
  if ((type !== 'overlay' && type !== 'tmpfs') || writeThrough || inode.is === 'symlink') throw EOPNOTSUPP;
}

/**
 * Sets or (with nothing) removes a list. One that says no more than permission bits is permission bits, as in Linux;
 * users and groups beyond the owner's are refused.
 */
function setAcl(c: Context, inode: Inode, name: string, bytes: Uint8Array): number {
  requireAclSupport(c, inode);
  const entries: { tag: number; permissions: number }[] = [];
  if (bytes.length > 0) {
    if (bytes.length < 4) throw EINVAL;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (view.getUint32(0, true) !== ACL_VERSION) throw EOPNOTSUPP;
    if ((bytes.length - 4) % 8 !== 0) throw EINVAL;
    for (let at = 4; at < bytes.length; at += 8)
      entries.push({ tag: view.getUint16(at, true), permissions: view.getUint16(at + 2, true) });
  }
  if (name === ACL_DEFAULT && inode.is !== 'directory') {
    if (entries.length > 0) throw EACCES;
    return 0;
  }
  requireOwner(c, inode);
  if (entries.length === 0) return 0;
  if (entries.some(({ permissions }) => permissions > 7)) throw EINVAL;
  const minimal = entries.map(({ tag }) => tag).join() === [ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER].join();
  if (!minimal || name === ACL_DEFAULT) throw EOPNOTSUPP;
  const [user, group, other] = entries.map(({ permissions }) => permissions);
  inode.mode = (inode.mode & ~0o777) | (user << 6) | (group << 3) | other;
  inode.ctime = c.realtime();
  observe(c, inode, IN.IN_ATTRIB);
  return 0;
}

function setAttribute(c: Context, inode: Inode, nameAt: number, value: number, size: number, flags: number): number {
  if (flags & ~(XATTR.XATTR_CREATE | XATTR.XATTR_REPLACE)) throw EINVAL;
  const name = attributeName(c, nameAt);
  if (size > 65536) throw E2BIG;
  const bytes = size > 0 ? c.space.read(value, size) : new Uint8Array(0);
  requireWritable(c.state.fs, inode);
  if (isAcl(name)) return setAcl(c, inode, name, bytes);
  requireNamespace(c, inode, name, true);
  if (name.startsWith('user.')) requireAccess(c, inode, MAY_WRITE);
  if (superblockOf(c.state.fs, inode).writeThrough) throw EOPNOTSUPP;
  const known = inode.xattrs?.has(name) ?? false;
  if (flags & XATTR.XATTR_CREATE && known) throw EEXIST;
  if (flags & XATTR.XATTR_REPLACE && !known) throw ENODATA;
  let total = name.length + size;
  for (const [other, held] of inode.xattrs ?? []) if (other !== name) total += other.length + held.length;
  if (total > 65536) throw ENOSPC;
  inode.xattrs ??= new Map();
  inode.xattrs.set(name, bytes);
  inode.ctime = c.realtime();
  observe(c, inode, IN.IN_ATTRIB);
  return 0;
}

function getAttribute(c: Context, inode: Inode, nameAt: number, value: number, size: number): number {
  const name = attributeName(c, nameAt);
  if (isAcl(name)) {
    requireAclSupport(c, inode);
    throw ENODATA;
  }
  requireNamespace(c, inode, name, false);
  if (name.startsWith('user.')) requireAccess(c, inode, MAY_READ);
  const bytes = inode.xattrs?.get(name);
  if (!bytes) throw ENODATA;
  if (size === 0) return bytes.length;
  if (size < bytes.length) throw ERANGE;
  c.space.write(value, bytes);
  return bytes.length;
}

function listAttributes(c: Context, inode: Inode, list: number, size: number): number {
  const names = [...(inode.xattrs?.keys() ?? [])].filter(
    name => !name.startsWith('trusted.') || c.process.credentials.fsuid === 0,
  );
  const bytes = encodeName(names.map(name => `${name}\0`).join(''));
  if (size === 0) return bytes.length;
  if (size < bytes.length) throw ERANGE;
  c.space.write(list, bytes);
  return bytes.length;
}

function removeAttribute(c: Context, inode: Inode, nameAt: number): number {
  const name = attributeName(c, nameAt);
  requireWritable(c.state.fs, inode);
  if (isAcl(name)) return setAcl(c, inode, name, new Uint8Array(0));
  requireNamespace(c, inode, name, true);
  if (name.startsWith('user.')) requireAccess(c, inode, MAY_WRITE);
  if (!inode.xattrs?.delete(name)) throw ENODATA;
  inode.ctime = c.realtime();
  observe(c, inode, IN.IN_ATTRIB);
  return 0;
}

const followed = (c: Context, path: number): Inode => findAt(c, AT_FDCWD, path, { follow: true });
const unfollowed = (c: Context, path: number): Inode => findAt(c, AT_FDCWD, path, { follow: false });
const opened = (c: Context, fd: number): Inode => inodeOfFile(c, openFile(c, fd));

export const attributeCalls: HandlerTable = {
  setxattr: (c, a) => setAttribute(c, followed(c, a.pathname), a.name, a.value, a.size, a.flags),
  lsetxattr: (c, a) => setAttribute(c, unfollowed(c, a.pathname), a.name, a.value, a.size, a.flags),
  fsetxattr: (c, a) => setAttribute(c, opened(c, a.fd), a.name, a.value, a.size, a.flags),
  getxattr: (c, a) => getAttribute(c, followed(c, a.pathname), a.name, a.value, a.size),
  lgetxattr: (c, a) => getAttribute(c, unfollowed(c, a.pathname), a.name, a.value, a.size),
  fgetxattr: (c, a) => getAttribute(c, opened(c, a.fd), a.name, a.value, a.size),
  listxattr: (c, a) => listAttributes(c, followed(c, a.pathname), a.list, a.size),
  llistxattr: (c, a) => listAttributes(c, unfollowed(c, a.pathname), a.list, a.size),
  flistxattr: (c, a) => listAttributes(c, opened(c, a.fd), a.list, a.size),
  removexattr: (c, a) => removeAttribute(c, followed(c, a.pathname), a.name),
  lremovexattr: (c, a) => removeAttribute(c, unfollowed(c, a.pathname), a.name),
  fremovexattr: (c, a) => removeAttribute(c, opened(c, a.fd), a.name),
};
