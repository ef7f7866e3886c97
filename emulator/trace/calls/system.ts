/** Printers of calls on the whole system: IPC flags, mounts, quotas, keys, the kernel's log. */
import * as system from '../../abi/flags-system.ts';
import type { CallPrinter } from '../calls.ts';
import { type CallContext, int, type Part, register, uint, viewAt } from '../context.ts';
import { argument, argumentRange, named, until } from '../rows.ts';
import { bits, choice, hex, nameOf, permissions, pointer } from '../text.ts';
import { formatBuffer, formatDescriptorFlags, formatDirfd, formatFd, formatPath, formatString } from '../values.ts';

/** Flags of shmget, semget, msgget: names, then the permissions. */
function ipcFlags(value: number, names: Readonly<Record<string, number>>): string {
  const high = (value & ~0o777) >>> 0;
  const mode = permissions(value & 0o777);
  return high === 0 ? mode : `${bits(names, BigInt(high), '')}|${mode}`;
}

const get = (index: number, names: Readonly<Record<string, number>>): CallPrinter => ({
  enter: c => ({
    parts: [...argumentRange(c, 0, index), named(c, index, ipcFlags(uint(c, index), names))],
    more: false,
  }),
});

/** A host or domain name: longer than the kernel takes is shown as the address. */
const hostName: CallPrinter = {
  enter(c) {
    const length = uint(c, 1);
    const text = length > 64 ? pointer(register(c, 0)) : formatBuffer(c, register(c, 0), BigInt(length));
    return { parts: [named(c, 0, text), argument(c, 1)], more: false };
  },
};

// ---- Quotas ---------------------------------------------------------------------------------------------------------

/** QCMD(cmd, type). */
function quotaCommand(value: number): string {
  const cmd = choice(system.QCMD, BigInt(value >>> 8), 'Q_???');
  return `QCMD(${cmd}, ${choice(system.QTYPE, BigInt(value & 0xff), '???QUOTA')})`;
}

const WITHOUT_ID: ReadonlySet<number> = new Set([system.QCMD.Q_SYNC, system.QCMD.Q_QUOTAOFF]);

// ---- The kernel's log -------------------------------------------------------------------------------------------------

/** Actions without a buffer: close, open, clear, console off and on, sizes. */
const LOG_ALONE: ReadonlySet<number> = new Set([0, 1, 5, 6, 7, 9, 10]);
const LOG_READS: ReadonlySet<number> = new Set([2, 3, 4]);

const syslog: CallPrinter = {
  enter(c) {
    const action = int(c, 0);
    const name = nameOf(system.SYSLOG_ACTION, BigInt(uint(c, 0))) ?? 'SYSLOG_ACTION_???';
    const head = named(c, 0, `${action} /* ${name} */`);
    if (LOG_ALONE.has(action)) return { parts: [head], more: false };
    if (LOG_READS.has(action)) return { parts: [head], more: true };
    return { parts: [head, ...argumentRange(c, 1)], more: false };
  },
  exit: c => [
    named(c, 1, c.failed ? pointer(register(c, 1)) : formatBuffer(c, register(c, 1), c.call.result ?? 0n)),
    argument(c, 2),
  ],
};

// ---- Mounts -------------------------------------------------------------------------------------------------------------

const CFG = system.FSCONFIG;

function fsconfigArguments(c: CallContext): string[] {
  const [key, value] = [register(c, 2), register(c, 3)];
  const aux = int(c, 4);
  switch (int(c, 1)) {
    case CFG.FSCONFIG_SET_FLAG:
      return [formatString(c, key), pointer(value), String(aux)];
    case CFG.FSCONFIG_SET_STRING:
      return [formatString(c, key), formatString(c, value), String(aux)];
    case CFG.FSCONFIG_SET_BINARY:
      return [formatString(c, key), formatBuffer(c, value, BigInt(aux), 'hex'), String(aux)];
    case CFG.FSCONFIG_SET_PATH:
    case CFG.FSCONFIG_SET_PATH_EMPTY:
      return [formatString(c, key), formatPath(c, value), formatDirfd(c, aux)];
    case CFG.FSCONFIG_SET_FD:
      return [formatString(c, key), pointer(value), formatFd(c, aux)];
    case CFG.FSCONFIG_CMD_CREATE:
    case CFG.FSCONFIG_CMD_RECONFIGURE:
      return [pointer(key), pointer(value), String(aux)];
    default:
      return [pointer(key), pointer(value), String(aux)];
  }
}

function mountAttributes(c: CallContext): string {
  const address = register(c, 3);
  const view = register(c, 4) >= 32n ? viewAt(c, address, 32) : undefined;
  if (!view) return pointer(address);
  const attr = (at: number): string => bits(system.MOUNT_ATTR, view.getBigUint64(at, true), 'MOUNT_ATTR_???');
  const types = { MS_UNBINDABLE: 0x20000, MS_PRIVATE: 0x40000, MS_SLAVE: 0x80000, MS_SHARED: 0x100000 };
  const propagation = choice(types, view.getBigUint64(16, true), 'MS_???');
  return `{attr_set=${attr(0)}, attr_clr=${attr(8)}, propagation=${propagation}, userns_fd=${view.getBigUint64(24, true)}}`;
}

// ---- Keys -------------------------------------------------------------------------------------------------------------

const keyring = (raw: bigint): string => {
  const serial = BigInt.asIntN(32, raw);
  return nameOf(system.KEY_SPEC, BigInt.asUintN(64, serial)) ?? serial.toString();
};

type KeyFormat = (c: CallContext, index: number) => string;
const key: KeyFormat = (c, i) => keyring(register(c, i));
const text: KeyFormat = (c, i) => formatString(c, register(c, i));
const number: KeyFormat = (c, i) => String(int(c, i));
const size: KeyFormat = (c, i) => register(c, i).toString();
const word: KeyFormat = (c, i) => hex(register(c, i));
const bufferIn: KeyFormat = (c, i) => formatBuffer(c, register(c, i), register(c, i + 1));
/** Filled by the call, as long as the result says and the buffer holds. */
const bufferOut: KeyFormat = (c, i) => {
  const result = c.call.result ?? 0n;
  const room = register(c, i + 1);
  return c.failed ? pointer(register(c, i)) : formatBuffer(c, register(c, i), result < room ? result : room);
};

const K = system.KEYCTL;

/** Arguments of each operation; `out`: the index from which they are known only at exit. */
const KEY_OPERATIONS: Readonly<Record<number, { readonly args: readonly KeyFormat[]; readonly out?: number }>> = {
  [K.KEYCTL_GET_KEYRING_ID]: { args: [key, number] },
  [K.KEYCTL_JOIN_SESSION_KEYRING]: { args: [text] },
  [K.KEYCTL_UPDATE]: { args: [key, bufferIn, size] },
  [K.KEYCTL_REVOKE]: { args: [key] },
  [K.KEYCTL_INVALIDATE]: { args: [key] },
  [K.KEYCTL_CLEAR]: { args: [key] },
  [K.KEYCTL_CHOWN]: { args: [key, number, number] },
  [K.KEYCTL_DESCRIBE]: { args: [key, bufferOut, size], out: 2 },
  [K.KEYCTL_READ]: { args: [key, bufferOut, size], out: 2 },
  [K.KEYCTL_GET_SECURITY]: { args: [key, bufferOut, size], out: 2 },
  [K.KEYCTL_LINK]: { args: [key, key] },
  [K.KEYCTL_UNLINK]: { args: [key, key] },
  [K.KEYCTL_SEARCH]: { args: [key, text, text, key] },
  [K.KEYCTL_SET_TIMEOUT]: { args: [key, number] },
  [K.KEYCTL_SESSION_TO_PARENT]: { args: [] },
};

const keyParts = (c: CallContext, formats: readonly KeyFormat[], from: number, to: number): Part[] =>
  formats.slice(from - 1, to - 1).map((format, i) => named(c, from + i, format(c, from + i)));

const keyctl: CallPrinter = {
  enter(c) {
    const head = named(c, 0, choice(K, BigInt(uint(c, 0)), 'KEYCTL_???'));
    const operation = KEY_OPERATIONS[int(c, 0)];
    if (!operation) return { parts: [head, ...[1, 2, 3, 4].map(i => named(c, i, word(c, i)))], more: false };
    const end = operation.out ?? operation.args.length + 1;
    return { parts: [head, ...keyParts(c, operation.args, 1, end)], more: operation.out !== undefined };
  },
  exit(c) {
    const operation = KEY_OPERATIONS[int(c, 0)];
    return operation?.out === undefined ? [] : keyParts(c, operation.args, operation.out, operation.args.length + 1);
  },
};

// ---- The table ------------------------------------------------------------------------------------------------------------

/** kexec_load's flags: the architecture in the upper half. */
function kexecFlags(value: number): string {
  const [arch, low] = [value & 0xffff0000, value & 0xffff];
  const names = {
    KEXEC_ARCH_DEFAULT: 0,
    KEXEC_ARCH_386: 3 << 16,
    KEXEC_ARCH_X86_64: 62 << 16,
    KEXEC_ARCH_AARCH64: 183 << 16,
  };
  const first = choice(names, BigInt(arch >>> 0), 'KEXEC_ARCH_???');
  return low === 0 ? first : `${first}|${bits(system.KEXEC, BigInt(low), '')}`;
}

function kexecSegments(c: CallContext): string {
  if (register(c, 1) === 0n) return register(c, 2) === 0n ? 'NULL' : '[]';
  return pointer(register(c, 2));
}

export const SYSTEM_CALLS = {
  shmget: get(2, system.SHM_GET),
  semget: get(2, system.IPC),
  msgget: get(1, system.IPC),
  sethostname: hostName,
  setdomainname: hostName,
  keyctl,
  add_key: {
    enter: c => ({ parts: [...argumentRange(c, 0, 4), named(c, 4, keyring(register(c, 4)))], more: false }),
  },
  request_key: {
    enter: c => ({ parts: [...argumentRange(c, 0, 3), named(c, 3, keyring(register(c, 3)))], more: false }),
  },
  quotactl: {
    enter: c => ({
      parts: [
        named(c, 0, quotaCommand(uint(c, 0))),
        ...(WITHOUT_ID.has(uint(c, 0) >>> 8) ? [argument(c, 1)] : argumentRange(c, 1)),
      ],
      more: false,
    }),
  },
  quotactl_fd: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, quotaCommand(uint(c, 1))),
        ...(WITHOUT_ID.has(uint(c, 1) >>> 8) ? [] : argumentRange(c, 2)),
      ],
      more: false,
    }),
  },
  reboot: { enter: c => ({ parts: argumentRange(c, 0, uint(c, 2) === 0xa1b2c3d4 ? 4 : 3), more: false }) },
  syslog,
  sysfs: { enter: c => ({ parts: [0, 1, 2].map(i => named(c, i, hex(register(c, i)))), more: false }) },
  fsconfig: {
    enter(c) {
      const known = nameOf(CFG, BigInt(uint(c, 1))) !== undefined;
      const rest = known ? fsconfigArguments(c) : [hex(register(c, 2)), hex(register(c, 3)), String(int(c, 4))];
      return { parts: [...argumentRange(c, 0, 2), ...rest.map((given, i) => named(c, i + 2, given))], more: false };
    },
  },
  mount_setattr: {
    enter: c => ({ parts: [...argumentRange(c, 0, 3), named(c, 3, mountAttributes(c)), argument(c, 4)], more: false }),
  },
  delete_module: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, formatDescriptorFlags(c, BigInt(uint(c, 1))))], more: false }),
  },
  kexec_load: {
    enter: c => ({
      parts: [...argumentRange(c, 0, 2), named(c, 2, kexecSegments(c)), named(c, 3, kexecFlags(uint(c, 3)))],
      more: false,
    }),
  },
  kexec_file_load: {
    enter: c => ({
      parts: [...argumentRange(c, 0, 3), named(c, 3, formatBuffer(c, register(c, 3), register(c, 2))), argument(c, 4)],
      more: false,
    }),
  },
  fanotify_init: {
    enter(c) {
      const value = uint(c, 0);
      const first = choice(system.FAN_CLASS, BigInt(value & 0xc), 'FAN_CLASS_???');
      const rest = (value & ~0xc) >>> 0;
      const set = rest === 0 ? first : `${first}|${bits(system.FAN_INIT, BigInt(rest), 'FAN_???')}`;
      return { parts: [named(c, 0, set), argument(c, 1)], more: false };
    },
  },
  lookup_dcookie: {
    enter: c => until(c, 1),
    exit: c => [
      named(c, 1, c.failed ? pointer(register(c, 1)) : formatBuffer(c, register(c, 1), c.call.result ?? 0n)),
      argument(c, 2),
    ],
  },
} satisfies Readonly<Record<string, CallPrinter>>;
