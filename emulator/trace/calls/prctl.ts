/** prctl(2): each option takes its own number of arguments, of its own kinds. */
import * as flags from '../../abi/flags.ts';
import * as system from '../../abi/flags-system.ts';
import { signalName } from '../../abi/signals.ts';
import type { CallPrinter } from '../calls.ts';
import { type CallContext, int, type Part, register, stringAt, viewAt } from '../context.ts';
import { argument, named } from '../rows.ts';
import { bits, choice, hex, nameOf, pointer, quote } from '../text.ts';
import { formatString } from '../values.ts';

const { PR } = flags;

type Formatter = (c: CallContext, raw: bigint) => string;

const word: Formatter = (_, raw) => hex(raw);
const decimal: Formatter = (_, raw) => BigInt.asIntN(64, raw).toString();
const unsigned: Formatter = (_, raw) => raw.toString();
const pick =
  (names: Readonly<Record<string, number | bigint>>, prefix: string): Formatter =>
  (_, raw) =>
    choice(names, raw, prefix);
const signal: Formatter = (_, raw) => (raw === 0n ? '0' : signalName(Number(BigInt.asIntN(32, raw))));
const shortName: Formatter = (c, raw) => taskName(c, raw);
const capability = pick(system.CAP, 'CAP_???');
const pointerTo =
  (item: (value: number) => string): Formatter =>
  (c, raw) => {
    const view = viewAt(c, raw, 4);
    return view ? `[${item(view.getInt32(0, true))}]` : pointer(raw);
  };

/** A task's name: at most 15 characters and the NUL. */
function taskName(c: CallContext, raw: bigint): string {
  const found = stringAt(c, raw, 15);
  if (!found) return pointer(raw);
  return quote(found.bytes, c.options.quoting) + (found.ended ? '' : '...');
}

interface OptionShape {
  readonly args: readonly Formatter[];
  /** The first argument is written by the call. */
  readonly out?: boolean;
  readonly result?: (value: bigint) => string | undefined;
}

const named_or = (names: Readonly<Record<string, number>>) => (value: bigint) => {
  const name = nameOf(names, value);
  return name ? `${value} (${name})` : undefined;
};

/** PR_SET_VMA with the only thing that can be set. */
const namesVma = (c: CallContext): boolean => register(c, 1) === 0n;

const rest = (count: number): readonly Formatter[] => Array.from({ length: count }, () => word);

const SHAPES: Readonly<Record<number, OptionShape>> = {
  [PR.PR_GET_DUMPABLE]: { args: [], result: named_or(system.PR_DUMPABLE) },
  [PR.PR_GET_KEEPCAPS]: { args: [] },
  [PR.PR_GET_SECCOMP]: { args: [], result: named_or({ SECCOMP_MODE_STRICT: 1, SECCOMP_MODE_FILTER: 2 }) },
  [PR.PR_GET_TIMERSLACK]: { args: [] },
  [PR.PR_GET_TIMING]: { args: [] },
  [PR.PR_GET_FP_MODE]: { args: [] },
  [PR.PR_SVE_GET_VL]: { args: [] },
  [PR.PR_GET_UNALIGN]: { args: [pointerTo(String)], out: true },
  [PR.PR_SET_IO_FLUSHER]: { args: [unsigned, ...rest(3)] },
  [PR.PR_GET_IO_FLUSHER]: { args: rest(4) },
  [PR.PR_GET_SECUREBITS]: {
    args: [],
    result: value => (value === 0n ? undefined : `${hex(value)} (${bits(system.SECBIT, value, 'SECBIT_???')})`),
  },
  [PR.PR_TASK_PERF_EVENTS_DISABLE]: { args: [] },
  [PR.PR_TASK_PERF_EVENTS_ENABLE]: { args: [] },
  [PR.PR_GET_CHILD_SUBREAPER]: { args: [pointerTo(String)], out: true },
  [PR.PR_GET_ENDIAN]: { args: [pointerTo(String)], out: true },
  [PR.PR_GET_FPEMU]: { args: [pointerTo(String)], out: true },
  [PR.PR_GET_FPEXC]: { args: [pointerTo(String)], out: true },
  [PR.PR_GET_PDEATHSIG]: { args: [pointerTo(value => (value > 0 ? signalName(value) : String(value)))], out: true },
  [PR.PR_GET_TSC]: { args: [pointerTo(value => choice(system.PR_TSC, BigInt(value), 'PR_TSC_???'))], out: true },
  [PR.PR_GET_NAME]: { args: [shortName], out: true },
  [PR.PR_GET_TID_ADDRESS]: {
    args: [
      (c, raw) => {
        const view = viewAt(c, raw, 8);
        return view ? `[${hex(view.getBigUint64(0, true))}]` : pointer(raw);
      },
    ],
    out: true,
  },
  [PR.PR_SET_NAME]: { args: [shortName] },
  [PR.PR_SET_PDEATHSIG]: { args: [signal] },
  [PR.PR_SET_DUMPABLE]: { args: [pick(system.PR_DUMPABLE, 'SUID_DUMP_???')] },
  [PR.PR_SET_KEEPCAPS]: { args: [unsigned] },
  [PR.PR_SET_TIMERSLACK]: { args: [decimal] },
  [PR.PR_SET_TIMING]: { args: [unsigned] },
  [PR.PR_SET_CHILD_SUBREAPER]: { args: [unsigned] },
  [PR.PR_SET_TSC]: { args: [pick(system.PR_TSC, 'PR_TSC_???')] },
  [PR.PR_SET_SECUREBITS]: { args: [(_, raw) => bits(system.SECBIT, raw, 'SECBIT_???')] },
  [PR.PR_CAPBSET_READ]: { args: [capability] },
  [PR.PR_CAPBSET_DROP]: { args: [capability] },
  [PR.PR_CAP_AMBIENT]: {
    args: [
      pick(system.PR_CAP_AMBIENT, 'PR_CAP_AMBIENT_???'),
      (c, raw) => (int(c, 1) === system.PR_CAP_AMBIENT.PR_CAP_AMBIENT_CLEAR_ALL ? hex(raw) : capability(c, raw)),
      ...rest(2),
    ],
  },
  [PR.PR_MCE_KILL]: { args: [pick(system.PR_MCE_KILL, 'PR_MCE_KILL_???'), ...rest(3)] },
  [PR.PR_MCE_KILL_GET]: { args: rest(4), result: named_or(system.PR_MCE_KILL_POLICY) },
  [PR.PR_SET_MM]: { args: [pick(system.PR_SET_MM, 'PR_SET_MM_???'), word, unsigned, unsigned] },
  [PR.PR_SET_VMA]: {
    args: [
      pick(system.PR_SET_VMA, 'PR_SET_VMA_???'),
      (c, raw) => (namesVma(c) ? pointer(raw) : hex(raw)),
      (c, raw) => (namesVma(c) ? raw.toString() : hex(raw)),
      (c, raw) => (namesVma(c) ? formatString(c, raw) : hex(raw)),
    ],
  },
  [PR.PR_SET_NO_NEW_PRIVS]: { args: [unsigned, ...rest(3)] },
  [PR.PR_GET_NO_NEW_PRIVS]: { args: rest(4) },
  [PR.PR_SET_THP_DISABLE]: { args: [unsigned, ...rest(3)] },
  [PR.PR_GET_THP_DISABLE]: { args: rest(4) },
  [PR.PR_SET_PTRACER]: {
    args: [(_, raw) => (raw === 0xffff_ffff_ffff_ffffn ? 'PR_SET_PTRACER_ANY' : BigInt.asIntN(32, raw).toString())],
  },
};

/** `{len=7, filter=0x…}`: the program itself is left to the debugger. */
export function filterProgram(c: CallContext, address: bigint): string {
  const view = viewAt(c, address, 16);
  return view ? `{len=${view.getUint16(0, true)}, filter=${pointer(view.getBigUint64(8, true))}}` : pointer(address);
}

function seccompArgs(c: CallContext): Part[] {
  const mode = register(c, 1);
  const name = named(
    c,
    1,
    choice({ SECCOMP_MODE_DISABLED: 0, SECCOMP_MODE_STRICT: 1, SECCOMP_MODE_FILTER: 2 }, mode, 'SECCOMP_MODE_???'),
  );
  if (mode === 1n) return [name];
  if (mode === 2n) return [name, named(c, 2, filterProgram(c, register(c, 2)))];
  return [name, ...[2, 3, 4].map(i => named(c, i, hex(register(c, i))))];
}

const formatted = (c: CallContext, shape: OptionShape): Part[] =>
  shape.args.map((format, i) => named(c, i + 1, format(c, register(c, i + 1))));

export const prctl: CallPrinter = {
  enter(c) {
    const head = argument(c, 0);
    if (int(c, 0) === PR.PR_SET_SECCOMP) return { parts: [head, ...seccompArgs(c)], more: false };
    const shape = SHAPES[int(c, 0)];
    if (!shape) return { parts: [head, ...[1, 2, 3, 4].map(i => named(c, i, hex(register(c, i))))], more: false };
    if (shape.out) return { parts: [head], more: true };
    return { parts: [head, ...formatted(c, shape)], more: false };
  },
  exit(c) {
    const shape = SHAPES[int(c, 0)];
    if (!shape || c.failed) return [named(c, 1, pointer(register(c, 1)))];
    return formatted(c, shape);
  },
  result: c => SHAPES[int(c, 0)]?.result?.(c.call.result ?? 0n),
};
