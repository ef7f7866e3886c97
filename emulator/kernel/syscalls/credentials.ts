/** User and group ids (kernel/sys.c; credentials(7)). Without privilege an id can only become another of one's own. */
import type { Context, HandlerTable } from '../context.ts';
import { EINVAL, EPERM, ESRCH } from '../errors.ts';
import type { Credentials } from '../state.ts';

/** "Leave it as it is." */
const KEEP = 0xffffffff;

type Kind = 'uid' | 'gid';
type Ids = { real: number; effective: number; saved: number };

const read = (c: Credentials, kind: Kind): Ids =>
  kind === 'uid'
    ? { real: c.uid, effective: c.euid, saved: c.suid }
    : { real: c.gid, effective: c.egid, saved: c.sgid };

function write(c: Credentials, kind: Kind, ids: Ids): void {
  const { real, effective, saved } = ids;
  if (kind === 'uid') Object.assign(c, { uid: real, euid: effective, suid: saved, fsuid: effective });
  else Object.assign(c, { gid: real, egid: effective, sgid: saved, fsgid: effective });
}

const privileged = (c: Context): boolean => c.process.credentials.euid === 0;

function setOne(c: Context, kind: Kind, id: number): number {
  if (id === KEEP) throw EINVAL;
  const { credentials } = c.process;
  const old = read(credentials, kind);
  if (privileged(c)) write(credentials, kind, { real: id, effective: id, saved: id });
  else if (id === old.real || id === old.saved) write(credentials, kind, { ...old, effective: id });
  else throw EPERM;
  return 0;
}

function setThree(c: Context, kind: Kind, real: number, effective: number, saved: number): number {
  const { credentials } = c.process;
  const old = read(credentials, kind);
  const own = [old.real, old.effective, old.saved];
  for (const id of [real, effective, saved]) if (id !== KEEP && !own.includes(id) && !privileged(c)) throw EPERM;
  write(credentials, kind, {
    real: real === KEEP ? old.real : real,
    effective: effective === KEEP ? old.effective : effective,
    saved: saved === KEEP ? old.saved : saved,
  });
  return 0;
}

function setTwo(c: Context, kind: Kind, real: number, effective: number): number {
  const { credentials } = c.process;
  const old = read(credentials, kind);
  if (!privileged(c)) {
    if (real !== KEEP && real !== old.real && real !== old.effective) throw EPERM;
    if (effective !== KEEP && ![old.real, old.effective, old.saved].includes(effective)) throw EPERM;
  }
  const next = { real: real === KEEP ? old.real : real, effective: effective === KEEP ? old.effective : effective };
  // The saved id follows when the real one is set, or the effective one becomes something else than it.
  const follows = real !== KEEP || (effective !== KEEP && effective !== old.real);
  write(credentials, kind, { ...next, saved: follows ? next.effective : old.saved });
  return 0;
}

function writeIds(c: Context, kind: Kind, addresses: readonly [number, number, number]): number {
  const { real, effective, saved } = read(c.process.credentials, kind);
  [real, effective, saved].forEach((id, i) => {
    c.space.writeU32(addresses[i]!, id);
  });
  return 0;
}

function setFs(c: Context, kind: Kind, id: number): number {
  const { credentials } = c.process;
  const field = kind === 'uid' ? 'fsuid' : 'fsgid';
  const old = credentials[field];
  const ids = read(credentials, kind);
  if (id === old || privileged(c) || [ids.real, ids.effective, ids.saved].includes(id)) credentials[field] = id;
  return old;
}

const CAPABILITY_VERSION = 0x20080522;

export const credentialCalls: HandlerTable = {
  getuid: c => c.process.credentials.uid,
  geteuid: c => c.process.credentials.euid,
  getgid: c => c.process.credentials.gid,
  getegid: c => c.process.credentials.egid,
  setuid: (c, { uid }) => setOne(c, 'uid', uid),
  setgid: (c, { gid }) => setOne(c, 'gid', gid),
  setreuid: (c, { ruid, euid }) => setTwo(c, 'uid', ruid, euid),
  setregid: (c, { rgid, egid }) => setTwo(c, 'gid', rgid, egid),
  setresuid: (c, { ruid, euid, suid }) => setThree(c, 'uid', ruid, euid, suid),
  setresgid: (c, { rgid, egid, sgid }) => setThree(c, 'gid', rgid, egid, sgid),
  getresuid: (c, { ruid, euid, suid }) => writeIds(c, 'uid', [ruid, euid, suid]),
  getresgid: (c, { rgid, egid, sgid }) => writeIds(c, 'gid', [rgid, egid, sgid]),
  setfsuid: (c, { uid }) => setFs(c, 'uid', uid),
  setfsgid: (c, { gid }) => setFs(c, 'gid', gid),
  getgroups(c, { gidsetsize, grouplist }) {
    const { groups } = c.process.credentials;
    if (gidsetsize === 0) return groups.length;
    if (gidsetsize < groups.length) throw EINVAL;
    groups.forEach((id, i) => {
      c.space.writeU32(grouplist + 4 * i, id);
    });
    return groups.length;
  },
  setgroups(c, { gidsetsize, grouplist }) {
    if (!privileged(c)) throw EPERM;
    if (gidsetsize < 0 || gidsetsize > 65536) throw EINVAL;
    const groups: number[] = [];
    for (let i = 0; i < gidsetsize; i++) groups.push(c.space.readU32(grouplist + 4 * i));
    c.process.credentials.groups = groups;
    return 0;
  },
  capget(c, { header, dataptr }) {
    const version = c.space.readU32(header);
    if (version !== CAPABILITY_VERSION) {
      c.space.writeU32(header, CAPABILITY_VERSION);
      if (dataptr !== 0) throw EINVAL;
      return 0;
    }
    if ((c.space.readU32(header + 4) | 0) < 0) throw EINVAL;
    // Root has all 41 capabilities, everybody else none.
    const all = target(c, header).credentials.euid === 0;
    const data = new Uint8Array(24);
    const view = new DataView(data.buffer);
    if (all)
      for (const [offset, bits] of [
        [0, 0xffffffff],
        [12, 0x1ff],
      ] as const) {
        view.setUint32(offset, bits, true);
        view.setUint32(offset + 4, bits, true);
      }
    if (dataptr !== 0) c.space.write(dataptr, data);
    return 0;
  },
  capset(c, { header, data }) {
    const version = c.space.readU32(header);
    if (version !== CAPABILITY_VERSION) {
      c.space.writeU32(header, CAPABILITY_VERSION);
      throw EINVAL;
    }
    const pid = c.space.readU32(header + 4) | 0;
    if (pid !== 0 && pid !== c.task.id) throw EPERM;
    const sets = new Uint32Array(c.space.read(data, 24).slice().buffer);
    const some = sets.some(word => word !== 0);
    if (!privileged(c)) {
      if (some) throw EPERM;
      return 0;
    }
    // Root's are those of its user id: it can keep them, or give them up with the id.
    if (sets[0] !== 0xffffffff || sets[1] !== 0xffffffff) throw EPERM;
    return 0;
  },
};

/** The process a capability header names. */
function target(c: Context, header: number) {
  const pid = c.space.readU32(header + 4);
  const task = pid === 0 ? c.task : c.state.tasks.get(pid);
  const process = task && c.state.processes.get(task.processId);
  if (!process) throw ESRCH;
  return process;
}
