/** Printers of calls on the whole system, System V IPC, keys and the like. */
import * as system from '../../abi/flags-system.ts';
import type { CallPrinter } from '../calls.ts';
import { int, register, uint } from '../context.ts';
import { argument, argumentRange, named } from '../rows.ts';
import { bits, choice, hex, permissions } from '../text.ts';

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

export const SYSTEM_CALLS = {
  shmget: get(2, system.SHM_GET),
  semget: get(2, system.IPC),
  msgget: get(1, system.IPC),
  semctl: {
    enter: c => ({
      parts: [...argumentRange(c, 0, 2), argument(c, 2), named(c, 3, hex(register(c, 3)))],
      more: false,
    }),
  },
  keyctl: {
    enter: c => ({
      parts: [
        named(c, 0, choice(system.KEYCTL, BigInt(uint(c, 0)), 'KEYCTL_???')),
        ...[1, 2, 3, 4].map(i => named(c, i, hex(register(c, i)))),
      ],
      more: false,
    }),
  },
  quotactl: {
    enter: c => ({ parts: [named(c, 0, quotaCommand(uint(c, 0))), ...argumentRange(c, 1)], more: false }),
  },
  quotactl_fd: {
    enter: c => ({
      parts: [argument(c, 0), named(c, 1, quotaCommand(uint(c, 1))), ...argumentRange(c, 2)],
      more: false,
    }),
  },
  reboot: {
    enter: c => ({
      parts: argumentRange(c, 0, uint(c, 2) === 0xa1b2c3d4 ? 4 : 3),
      more: false,
    }),
  },
  syslog: {
    enter: c => ({ parts: argumentRange(c, 0), more: false }),
  },
  sysfs: {
    enter: c => ({ parts: argumentRange(c, 0, int(c, 0) === 3 ? 1 : int(c, 0) === 1 ? 2 : 3), more: false }),
  },
} satisfies Readonly<Record<string, CallPrinter>>;

/** QCMD(cmd, type). */
function quotaCommand(value: number): string {
  const cmd = choice(system.QCMD, BigInt(value >>> 8), 'Q_???');
  return `QCMD(${cmd}, ${choice(system.QTYPE, BigInt(value & 0xff), '???QUOTA')})`;
}
