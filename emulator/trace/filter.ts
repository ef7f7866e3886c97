/**
 * Which calls and signals a trace shows: strace's `-e trace=SET`, `-e signal=SET`, `-e status=SET`. A set is a list of
 * names, %classes, /regular expressions/ and numbers, maybe negated by a leading "!".
 */
import { errnoByName, RESTART } from '../abi/errno.ts';
import type { Injection } from '../abi/injection.ts';
import type { SyscallClass } from '../abi/row.ts';
import { SIGRTMAX, signalByName } from '../abi/signals.ts';
import {
  type Column,
  inClass,
  isSyscallName,
  type SyscallName,
  syscallByNumber,
  syscallNames,
  syscallNumber,
} from '../abi/syscalls.ts';

/** A mistake in what the user asked for; the message is one sentence. */
export class TraceOptionError extends Error {}

const CLASSES: Readonly<Record<string, SyscallClass>> = {
  file: 'file',
  desc: 'desc',
  process: 'process',
  network: 'network',
  net: 'network',
  signal: 'signal',
  ipc: 'ipc',
  memory: 'memory',
  creds: 'creds',
  clock: 'clock',
  stat: 'stat',
  lstat: 'lstat',
  fstat: 'fstat',
  '%stat': 'stat-like',
  statfs: 'statfs',
  fstatfs: 'fstatfs',
  '%statfs': 'statfs-like',
  pure: 'pure',
};

/** The names that strace accepted without "%" before it had classes. */
const BARE_CLASSES: ReadonlySet<string> = new Set(['file', 'desc', 'process', 'network', 'signal', 'ipc', 'memory']);

const escapeFree = (pattern: string): RegExp => {
  try {
    return new RegExp(pattern);
  } catch {
    throw new TraceOptionError(`invalid regular expression '${pattern}'`);
  }
};

function membersOf(item: string, column: Column): readonly SyscallName[] {
  const optional = item.startsWith('?');
  const word = (optional ? item.slice(1) : item).split('@')[0];
  if (word === 'all') return syscallNames();
  if (word === 'none' || word === '') return [];
  if (word.startsWith('%')) {
    const found = CLASSES[word.slice(1)];
    if (!found) throw new TraceOptionError(`invalid system call class '${word}'`);
    return syscallNames().filter(name => inClass(name, found));
  }
  if (BARE_CLASSES.has(word)) return syscallNames().filter(name => inClass(name, CLASSES[word]));
  if (word.startsWith('/')) {
    const pattern = escapeFree(word.slice(1));
    return syscallNames().filter(name => pattern.test(name));
  }
  if (/^\d+$/.test(word)) {
    const name = syscallByNumber(column, Number(word));
    if (name) return [name];
  } else if (isSyscallName(word)) return [word];
  if (optional) return [];
  throw new TraceOptionError(`invalid system call '${word}'`);
}

/** The calls of a set. Throws TraceOptionError for what is no call, class or expression. */
export function syscallSet(text: string, column: Column): ReadonlySet<SyscallName> {
  const negated = text.startsWith('!');
  const chosen = new Set((negated ? text.slice(1) : text).split(',').flatMap(item => membersOf(item, column)));
  return negated ? new Set(syscallNames().filter(name => !chosen.has(name))) : chosen;
}

/** The numbers of a set of signals: "SIGURG,INT", "!SIGURG", "none". */
export function signalSet(text: string): ReadonlySet<number> {
  const negated = text.startsWith('!');
  const chosen = new Set<number>();
  for (const item of (negated ? text.slice(1) : text).split(',')) {
    if (item === 'none' || item === '') continue;
    if (item === 'all') for (let i = 1; i <= SIGRTMAX; i++) chosen.add(i);
    else {
      const signo = signalByName(item.toUpperCase());
      if (signo === undefined) throw new TraceOptionError(`invalid signal '${item}'`);
      chosen.add(signo);
    }
  }
  if (!negated) return chosen;
  return new Set(Array.from({ length: SIGRTMAX }, (_, i) => i + 1).filter(signo => !chosen.has(signo)));
}

/** As many calls as strace counts. */
const COUNT_MAX = 0xffff;

/** `FIRST`, `FIRST..LAST`, each with `+` or `+STEP`. */
function whenOf(text: string): Pick<Injection, 'first' | 'last' | 'step'> | undefined {
  const found = /^(\d+)(?:\.\.(\d+))?(\+(\d*))?$/.exec(text);
  if (!found) return undefined;
  const first = Number(found[1]);
  const open = found[3] === undefined ? first : Number.POSITIVE_INFINITY;
  const last = found[2] === undefined ? open : Number(found[2]);
  const step = found[4] ? Number(found[4]) : 1;
  const fits = [first, step, last].every(n => n >= 1 && (n <= COUNT_MAX || n === Number.POSITIVE_INFINITY));
  return fits && last >= first ? { first, last, step } : undefined;
}

function errorOf(text: string): bigint | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : errnoByName(text)?.number;
  return number !== undefined && number >= 1 && number <= 4095 ? BigInt(-number) : undefined;
}

/** `inject=SET:error=E:retval=N:signal=S:when=W`; a fault without an error is ENOSYS. */
export function injection(qualifier: string, text: string, column: Column): Injection {
  const wrong = () => new TraceOptionError(`invalid ${qualifier} argument '${text}'`);
  const [set, ...rest] = text.split(':');
  const names = syscallSet(set, column);
  const calls = new Set([...names].flatMap(name => syscallNumber(column, name) ?? []));
  let made: Injection = { calls, first: 1, last: Number.POSITIVE_INFINITY, step: 1 };
  for (const word of rest) {
    const [key, value = ''] = word.split('=');
    if (key === 'when') {
      const when = whenOf(value);
      if (!when) throw wrong();
      made = { ...made, ...when };
    } else if ((key === 'error' || key === 'retval') && made.result === undefined) {
      const result = key === 'error' ? errorOf(value) : /^(0x[\da-f]+|\d+)$/i.test(value) ? BigInt(value) : undefined;
      if (result === undefined || result >= 1n << 63n || (key === 'retval' && qualifier === 'fault')) throw wrong();
      made = { ...made, result };
    } else if (key === 'signal' && qualifier === 'inject') {
      const signo = /^\d+$/.test(value) ? Number(value) : signalByName(value.toUpperCase());
      if (signo === undefined || signo < 1 || signo > SIGRTMAX) throw wrong();
      made = { ...made, signo };
    } else if (['delay_enter', 'delay_exit', 'poke_enter', 'poke_exit', 'syscall'].includes(key))
      throw new TraceOptionError(`-e ${qualifier}=…:${key}=… is not supported`);
    else throw wrong();
  }
  if (qualifier === 'fault' && made.result === undefined) return { ...made, result: errorOf('ENOSYS') };
  if (made.result === undefined && made.signo === undefined) throw wrong();
  return made;
}

/** How a call ended, for `-e status=`. */
export type Status = 'successful' | 'failed' | 'unfinished' | 'unavailable' | 'detached';
const STATUSES: readonly Status[] = ['successful', 'failed', 'unfinished', 'unavailable', 'detached'];

export function statusSet(text: string): ReadonlySet<Status> {
  const negated = text.startsWith('!');
  const chosen = new Set<Status>();
  for (const item of (negated ? text.slice(1) : text).split(',')) {
    if (item === 'none' || item === '') continue;
    if (item === 'all') for (const status of STATUSES) chosen.add(status);
    else if ((STATUSES as readonly string[]).includes(item)) chosen.add(item as Status);
    else throw new TraceOptionError(`invalid status '${item}'`);
  }
  return negated ? new Set(STATUSES.filter(status => !chosen.has(status))) : chosen;
}

const RESTARTS: ReadonlySet<number> = new Set(Object.values(RESTART).map(([number]) => number));

/** A call that a signal interrupted and that will be made again counts as unavailable neither: it failed. */
export const statusOf = (result: bigint | undefined): Status => {
  if (result === undefined) return 'unavailable';
  if (result < 0n && result >= -4095n) return RESTARTS.has(Number(-result)) ? 'unavailable' : 'failed';
  return 'successful';
};
