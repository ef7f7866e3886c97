/**
 * Why a Go program panics or ends, from what its runtime was just told: the value of the panic, the text of the fatal
 * error. Read from the arguments at the entry of runtime.gopanic, fatalpanic, throw and fatal (runtime/panic.go).
 */
import { conventionsOf } from '../emulator/abi/conventions.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { valueContext } from '../emulator/symbols/value-context.ts';
import { dataText } from './data.ts';
import type { Target } from './session.ts';
import { inFunction } from './sources.ts';
import { framesOf, registersOf, viewMemory } from './stack.ts';

export interface GoError {
  readonly id: 'panic' | 'fatal error';
  readonly description: string;
  readonly sentence: string;
}

/** Where the runtime stops to panic or to die, by what its first argument is. */
const SOURCES: Readonly<Record<string, 'any' | 'panic record' | 'text'>> = {
  'runtime.gopanic': 'any',
  'runtime.fatalpanic': 'panic record',
  'runtime.throw': 'text',
  'runtime.fatal': 'text',
};

/** Where runtime._panic has its argument: before 1.26 behind argp. */
const panicArgument = (minor: number | undefined): number => (minor !== undefined && minor < 26 ? 8 : 0);
/** The first version that passes arguments in registers. */
const REGISTERS_SINCE = 17;
const TEXT_LIMIT = 4096;

/** Undefined where the task does not stand at the entry of one of them. */
export function goError(target: Target, task: TaskId): GoError | undefined {
  const { program, machine } = target;
  const pc = machine.arch.pc(registersOf(target, task));
  const fn = program.functionAt(pc);
  const source = fn?.entry === pc ? SOURCES[fn.name] : undefined;
  const words = source && argumentWords(target, task);
  if (!fn || !words) return undefined;
  const where = whereIs(target, task);
  if (source === 'text') {
    const bytes = machine.read(task, words[0], Math.min(words[1], TEXT_LIMIT));
    const text = new TextDecoder().decode(bytes);
    return {
      id: 'fatal error',
      description: 'Fatal error of the Go program',
      sentence: `fatal error: ${text}${where}`,
    };
  }
  const ends = source === 'panic record';
  const value = panicValue(target, task, ends ? words[0] + panicArgument(program.goMinor) : undefined, words);
  return {
    id: 'panic',
    description: ends ? 'Panic that nobody recovered' : 'Panic',
    sentence: `panic: ${value}${where}${ends ? ', and nobody recovered: the program ends' : ''}`,
  };
}

/** The first two words of the arguments. */
function argumentWords(target: Target, task: TaskId): [number, number] | undefined {
  const { machine, program } = target;
  const { arch } = machine;
  const registers = registersOf(target, task);
  const conventions = conventionsOf(arch.name);
  if (!conventions) return undefined;
  if ((program.goMinor ?? REGISTERS_SINCE) < REGISTERS_SINCE)
    return twoWords(machine.read(task, arch.sp(registers) + conventions.stack.abi0Arguments, 16));
  const [first, second] = conventions.goInternal.integers.map(name =>
    Number(arch.registers.find(row => row.name === name)?.read(registers) ?? 0n),
  );
  return [first, second];
}

function twoWords(bytes: Uint8Array): [number, number] | undefined {
  if (bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
}

/** An `any`: its two words are given, or lie at an address. */
function panicValue(target: Target, task: TaskId, address: number | undefined, words: [number, number]): string {
  const memory = viewMemory(target, task);
  const bytes = address === undefined ? new Uint8Array(16) : memory.read(address, 16);
  if (address === undefined) {
    const view = new DataView(bytes.buffer);
    for (const [i, word] of words.entries()) view.setBigUint64(8 * i, BigInt(word), true);
  }
  const type = { kind: 'interface', name: 'any', size: 16 } as const;
  // As Go prints it: of other types the name says something.
  return dataText({ type, bytes, context: valueContext(target.program, memory) }).replace(/^string (?=")/, '');
}

/** " in main.f (main.go:12)": the first function that is not the runtime's. */
function whereIs(target: Target, task: TaskId): string {
  const frame = framesOf(target, task, 64).find(({ name }) => !/^runtime\./.test(name));
  return frame ? inFunction(frame.name, frame.file, frame.line) : '';
}
