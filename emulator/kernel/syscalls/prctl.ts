/** prctl(2): what a thread or a process can say about itself. An option that is not here is EINVAL, as in Linux. */
import { PR } from '../../abi/flags.ts';
import { SIGRTMAX } from '../../abi/signals.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EINVAL, EPERM } from '../errors.ts';
import { decodeName, encodeName } from '../fs/names.ts';

const COMM_LENGTH = 16;
const DEFAULT_TIMER_SLACK = 50_000;
/** CAP_CHECKPOINT_RESTORE. */
const LAST_CAPABILITY = 40n;
const AMBIENT = { IS_SET: 1n, RAISE: 2n, LOWER: 3n, CLEAR_ALL: 4n } as const;
/** PR_TSC_ENABLE, PR_MCE_KILL_DEFAULT. */
const TSC_ENABLED = 1;
const MCE_KILL_DEFAULT = 2;

type Option = (c: Context, a: readonly [bigint, bigint, bigint, bigint]) => number;

function writeInt(c: Context, address: bigint, value: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  c.space.write(Number(address), bytes);
  return 0;
}

function flag(value: bigint): boolean {
  if (value > 1n) throw EINVAL;
  return value === 1n;
}

function unused(...args: readonly bigint[]): void {
  if (args.some(a => a !== 0n)) throw EINVAL;
}

function needsPrivilege(): never {
  throw EPERM;
}

const OPTIONS: Readonly<Record<number, Option>> = {
  [PR.PR_SET_NAME](c, [address]) {
    const name = Number(address);
    const bytes = c.space.readString(name, COMM_LENGTH) ?? c.space.read(name, COMM_LENGTH - 1);
    c.task.name = decodeName(bytes.slice(0, COMM_LENGTH - 1));
    return 0;
  },
  [PR.PR_GET_NAME](c, [address]) {
    const name = new Uint8Array(COMM_LENGTH);
    name.set(encodeName(c.task.name).subarray(0, COMM_LENGTH - 1));
    c.space.write(Number(address), name);
    return 0;
  },
  [PR.PR_SET_PDEATHSIG](c, [signo]) {
    if (signo > BigInt(SIGRTMAX)) throw EINVAL;
    c.process.parentDeathSignal = Number(signo);
    return 0;
  },
  [PR.PR_GET_PDEATHSIG]: (c, [address]) => writeInt(c, address, c.process.parentDeathSignal),
  [PR.PR_GET_DUMPABLE]: c => c.process.dumpable,
  [PR.PR_SET_DUMPABLE](c, [value]) {
    c.process.dumpable = flag(value) ? 1 : 0;
    return 0;
  },
  [PR.PR_SET_NO_NEW_PRIVS](c, [value, ...rest]) {
    unused(...rest);
    if (value !== 1n) throw EINVAL;
    c.process.noNewPrivileges = true;
    return 0;
  },
  [PR.PR_GET_NO_NEW_PRIVS](c, args) {
    unused(...args);
    return c.process.noNewPrivileges ? 1 : 0;
  },
  [PR.PR_SET_CHILD_SUBREAPER](c, [value]) {
    c.process.childSubreaper = value !== 0n;
    return 0;
  },
  [PR.PR_GET_CHILD_SUBREAPER]: (c, [address]) => writeInt(c, address, c.process.childSubreaper ? 1 : 0),
  [PR.PR_SET_KEEPCAPS](c, [value]) {
    c.task.keepCapabilities = flag(value);
    return 0;
  },
  [PR.PR_GET_KEEPCAPS]: c => (c.task.keepCapabilities ? 1 : 0),
  [PR.PR_SET_TIMERSLACK](c, [value]) {
    c.task.timerSlack = value === 0n ? undefined : Number(value);
    return 0;
  },
  [PR.PR_GET_TIMERSLACK]: c => c.task.timerSlack ?? DEFAULT_TIMER_SLACK,
  [PR.PR_SET_THP_DISABLE](c, [value, ...rest]) {
    unused(...rest);
    c.process.noHugePages = value !== 0n;
    return 0;
  },
  [PR.PR_GET_THP_DISABLE](c, args) {
    unused(...args);
    return c.process.noHugePages ? 1 : 0;
  },
  [PR.PR_GET_TID_ADDRESS](c, [address]) {
    c.space.writeU64(Number(address), BigInt(c.task.clearTid));
    return 0;
  },
  [PR.PR_GET_TSC]: (c, [address]) => writeInt(c, address, TSC_ENABLED),
  [PR.PR_MCE_KILL_GET](_c, args) {
    unused(...args);
    return MCE_KILL_DEFAULT;
  },
  [PR.PR_GET_TIMING]: () => 0,
  [PR.PR_GET_SECCOMP]: () => 0,
  [PR.PR_GET_SECUREBITS]: () => 0,
  [PR.PR_CAPBSET_READ](_c, [capability]) {
    if (capability > LAST_CAPABILITY) throw EINVAL;
    return 1;
  },
  [PR.PR_CAPBSET_DROP]: needsPrivilege,
  [PR.PR_SET_SECUREBITS]: needsPrivilege,
  [PR.PR_SET_MM]: needsPrivilege,
  [PR.PR_SET_IO_FLUSHER]: needsPrivilege,
  [PR.PR_GET_IO_FLUSHER]: needsPrivilege,
  [PR.PR_CAP_AMBIENT](_c, [operation, capability, ...rest]) {
    unused(...rest);
    if (operation === AMBIENT.CLEAR_ALL) {
      unused(capability);
      return 0;
    }
    if (capability > LAST_CAPABILITY) throw EINVAL;
    if (operation === AMBIENT.RAISE) throw EPERM;
    if (operation !== AMBIENT.IS_SET && operation !== AMBIENT.LOWER) throw EINVAL;
    return 0;
  },
};

export const prctlCalls: HandlerTable = {
  prctl(c, { option, arg2, arg3, arg4, arg5 }) {
    const handler = OPTIONS[option];
    if (!handler) throw EINVAL;
    return handler(c, [arg2, arg3, arg4, arg5]);
  },
};
