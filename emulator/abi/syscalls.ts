/**
 * The table of all Linux syscalls of amd64 with their arm64 numbers, joined from the topics under calls/, and the
 * look-ups and the decoding that need all of it.
 */
import { FILES } from './calls/files.ts';
import { IO } from './calls/io.ts';
import { IPC } from './calls/ipc.ts';
import { MEMORY } from './calls/memory.ts';
import { NETWORK } from './calls/network.ts';
import { SCHEDULING } from './calls/scheduling.ts';
import { SIGNALS } from './calls/signals.ts';
import { SYSTEM } from './calls/system.ts';
import { TASKS } from './calls/tasks.ts';
import { TIME } from './calls/time.ts';
import { WAITING } from './calls/waiting.ts';
import type { ArgumentRow, SyscallClass, SyscallRow } from './row.ts';
import type { ScalarName, Scalars, Value } from './types.ts';

const TOPICS = { FILES, IO, WAITING, MEMORY, TASKS, SCHEDULING, SIGNALS, TIME, NETWORK, IPC, SYSTEM } as const;

export const SYSCALLS = {
  ...FILES,
  ...IO,
  ...WAITING,
  ...MEMORY,
  ...TASKS,
  ...SCHEDULING,
  ...SIGNALS,
  ...TIME,
  ...NETWORK,
  ...IPC,
  ...SYSTEM,
} as const;

export type SyscallName = keyof typeof SYSCALLS;

/** Which column of numbers: linux/amd64 or linux/arm64. */
export type Column = 'amd64' | 'arm64';

/** The group under which a picker or a table lists a call. */
export type Topic =
  | 'files'
  | 'io'
  | 'waiting'
  | 'memory'
  | 'tasks'
  | 'scheduling'
  | 'signals'
  | 'time'
  | 'network'
  | 'ipc'
  | 'system';

type ValuesOf<A extends ArgumentRow> = { [K in keyof A]: A[K] extends Value<infer S> ? Scalars[S] : never };

/** What a handler of the call is given: `Args<'write'>` is `{ fd: number; buf: number; count: number }`. */
export type Args<N extends SyscallName> = ValuesOf<(typeof SYSCALLS)[N]['args']>;

/** The row of a call, without its exact argument types. */
export const syscallRow = (name: SyscallName): SyscallRow => SYSCALLS[name];

const NAMES = Object.keys(SYSCALLS) as SyscallName[];

/** Names by number; an index where there is no call is undefined. */
const BY_NUMBER: Readonly<Record<Column, readonly (SyscallName | undefined)[]>> = {
  amd64: byNumber('amd64'),
  arm64: byNumber('arm64'),
};

function byNumber(column: Column): (SyscallName | undefined)[] {
  const names: (SyscallName | undefined)[] = [];
  for (const name of NAMES) {
    const number = syscallRow(name)[column];
    if (number === undefined) continue;
    while (names.length <= number) names.push(undefined);
    names[number] = name;
  }
  return names;
}

/** All names, in the order of the topics. */
export const syscallNames = (): readonly SyscallName[] => NAMES;

/** The call behind a number; undefined if there is none. */
export function syscallByNumber(column: Column, number: number): SyscallName | undefined {
  const names = BY_NUMBER[column];
  return number >= 0 && number < names.length ? names[number] : undefined;
}

export const isSyscallName = (name: string): name is SyscallName => Object.hasOwn(SYSCALLS, name);

/** The number of a call; undefined if the architecture does not have it. */
export const syscallNumber = (column: Column, name: SyscallName): number | undefined => syscallRow(name)[column];

const TOPIC_OF = new Map<SyscallName, Topic>(
  Object.entries(TOPICS).flatMap(([topic, rows]) =>
    Object.keys(rows).map((name): [SyscallName, Topic] => [name as SyscallName, topic.toLowerCase() as Topic]),
  ),
);

export const topicOf = (name: SyscallName): Topic => TOPIC_OF.get(name) as Topic;

/** Whether `-e trace=%class` selects the call. */
export const inClass = (name: SyscallName, of: SyscallClass): boolean => syscallRow(name).classes.includes(of);

/** One raw register as the scalar says: sign-extended or cut as the kernel's prototype does it. */
export function decodeScalar<S extends ScalarName>(scalar: S, raw: bigint): Scalars[S] {
  const decode = (): number | bigint => {
    switch (scalar as ScalarName) {
      case 'i32':
        return Number(BigInt.asIntN(32, raw));
      case 'u32':
      case 'be32':
        return Number(BigInt.asUintN(32, raw));
      case 'i16':
        return Number(BigInt.asIntN(16, raw));
      case 'u16':
      case 'be16':
        return Number(BigInt.asUintN(16, raw));
      case 'i8':
        return Number(BigInt.asIntN(8, raw));
      case 'u8':
        return Number(BigInt.asUintN(8, raw));
      case 'i64':
        return BigInt.asIntN(64, raw);
      case 'u64':
        return BigInt.asUintN(64, raw);
      case 'offset':
        return Number(BigInt.asIntN(64, raw));
      default:
        return Number(BigInt.asUintN(64, raw));
    }
  };
  return decode() as Scalars[S];
}

const SHAPES = new Map<SyscallName, readonly (readonly [string, ScalarName])[]>(
  NAMES.map(name => [name, Object.entries(syscallRow(name).args).map(([key, { scalar }]) => [key, scalar] as const)]),
);

/** arm64's clone has tls before child_tid (CONFIG_CLONE_BACKWARDS). */
const ARM64_CLONE = [0, 1, 2, 4, 3] as const;

/** The typed arguments of a call from its raw registers. Missing registers count as zero. */
export function decodeArgs<N extends SyscallName>(name: N, raw: readonly bigint[], column: Column = 'amd64'): Args<N> {
  const result: Record<string, number | bigint> = {};
  const shape = SHAPES.get(name) ?? [];
  for (let i = 0; i < shape.length; i++) {
    const [key, scalar] = shape[i];
    const register = column === 'arm64' && name === 'clone' ? ARM64_CLONE[i] : i;
    result[key] = decodeScalar(scalar, raw[register] ?? 0n);
  }
  return result as Args<N>;
}
