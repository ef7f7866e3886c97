/** A call in parts, for a debugger that stands at a syscall instruction: each argument with its name, type and text. */
import type { ViewMemory } from '../abi/arch.ts';
import { errnoByNumber } from '../abi/errno.ts';
import { syscallRow } from '../abi/syscalls.ts';
import type { Meaning, Value } from '../abi/types.ts';
import type { FormatOptions, TracedCall } from './context.ts';
import { enterCall, enterText, isFailure, leaveCall, leaveText, withResult } from './format.ts';
import { partTexts } from './json.ts';
import { pointer } from './text.ts';

export interface DescribedArgument {
  /** The row's name: "fd", "buf". */
  name: string;
  /** In C's words: "int fd" has "int", a pointer to a structure "struct stat *". */
  type: string;
  /** The register. */
  raw: bigint;
  /** As the trace has it. What the call has yet to fill is shown as its address. */
  text: string;
  /** The call writes what this points at. */
  out: boolean;
}

export interface DescribedCall {
  name: string;
  sentence: string;
  args: DescribedArgument[];
  /** The whole call on one line, without the result before there is one. */
  line: string;
}

const C_TYPES: Readonly<Record<string, string>> = {
  i8: 'char',
  u8: 'unsigned char',
  i16: 'short',
  u16: 'unsigned short',
  i32: 'int',
  u32: 'unsigned int',
  i64: 'long',
  u64: 'unsigned long',
  size: 'size_t',
  offset: 'loff_t',
  address: 'void *',
};

const BY_MEANING: { readonly [K in Meaning['is']]?: string } = {
  pid: 'pid_t',
  id: 'uid_t',
  mode: 'mode_t',
  permissions: 'mode_t',
  device: 'dev_t',
  path: 'const char *',
  string: 'const char *',
  strings: 'char *const *',
  environment: 'char *const *',
  sockaddr: 'struct sockaddr *',
  cpuset: 'unsigned long *',
};

/** The type of an argument, as a manual page would write it. */
export function argumentType({ scalar, meaning }: Value): string {
  const known = BY_MEANING[meaning.is];
  if (known) return known;
  const constant = 'direction' in meaning && meaning.direction === 'in' ? 'const ' : '';
  switch (meaning.is) {
    case 'buffer':
      return `${constant}void *`;
    case 'sigset':
      return `${constant}sigset_t *`;
    case 'scalars':
      return `${constant}${C_TYPES[meaning.item.scalar] ?? 'int'} *`;
    case 'struct':
    case 'structs':
      return `${constant}struct ${meaning.layout.name} *`;
    default:
      return C_TYPES[scalar] ?? 'long';
  }
}

/**
 * A call with everything that is known of it: before it is made (`call.result` undefined) or after it. `before` is the
 * memory to read what the task gives from; at a stop behind the call it is the memory as it is.
 */
export function describeCall(call: TracedCall, memory: ViewMemory, options: FormatOptions): DescribedCall {
  const entered = enterCall({ ...call, result: undefined }, memory, options);
  const left = call.result === undefined ? undefined : leaveCall(call, memory, options, entered);
  const texts = partTexts(entered, left);
  const rows = entered.known ? Object.entries(syscallRow(entered.known).args) : [];
  const args = rows.flatMap(([name, value], i): DescribedArgument[] => {
    const register = options.column === 'arm64' && entered.known === 'clone' && i > 2 ? 7 - i : i;
    const raw = BigInt.asUintN(64, call.args[register] ?? 0n);
    const out = 'direction' in value.meaning && value.meaning.direction !== 'in';
    const text = texts.get(name) ?? (entered.more && !left ? pendingText(value, raw) : undefined);
    return text === undefined ? [] : [{ name, type: argumentType(value), raw, text, out }];
  });
  const head = enterText(entered);
  const line = left
    ? withResult(leaveText(head, left), left.result, 0)
    : `${entered.name}(${args.length ? args.map(({ text }) => text).join(', ') : entered.parts.map(({ text }) => text).join(', ')})`;
  return { name: entered.name, sentence: entered.known ? syscallRow(entered.known).sentence : '', args, line };
}

/** An argument that the trace prints only at exit: the plain register. */
function pendingText({ meaning, scalar }: Value, raw: bigint): string {
  if (scalar === 'address' || 'direction' in meaning) return pointer(raw);
  return BigInt.asIntN(64, raw).toString();
}

export interface DescribedResult {
  /** As behind "= " in a trace. */
  text: string;
  failed: boolean;
  /** errno's sentence, or what the number is. */
  meaning: string;
}

/** What the call answered, in words. */
export function describeResult(call: TracedCall, memory: ViewMemory, options: FormatOptions): DescribedResult {
  const entered = enterCall({ ...call, result: undefined }, memory, options);
  const { result, failed } = leaveCall(call, memory, options, entered);
  if (call.result === undefined) return { text: '?', failed: false, meaning: 'the call does not return' };
  const errno = isFailure(call.result) ? errnoByNumber(Number(-call.result)) : undefined;
  if (errno) return { text: result, failed, meaning: `${errno.name}: ${errno.sentence}` };
  const kind = entered.known ? syscallRow(entered.known).result : 'number';
  const words = {
    fd: 'file descriptor',
    address: 'address',
    pid: 'process or thread id',
    hex: 'number',
    octal: 'mode',
    number: '',
    none: '',
  };
  return { text: result, failed, meaning: words[kind] };
}
