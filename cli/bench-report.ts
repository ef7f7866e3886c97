/** The benchmark's figures as text for a terminal and as Markdown for the README. */
import type { Best, ProgramResult, Report } from './bench.ts';
import type { EngineFigures } from './bench-engine.ts';
import { latencyLines } from './bench-language-server.ts';

const COLUMNS = [
  'native',
  'qemu-user',
  'Ring 3',
  'speed, qemu = 1',
  'time, native = 1',
  'instructions',
  'memory',
] as const;
/** Of a column; the last one takes more. */
const WIDTH = 18;
const NAME = 24;

const seconds = (best: Best | undefined): string =>
  best ? `${best.seconds.toFixed(2)} s${best.own === undefined ? '' : ` (${best.own.toFixed(2)})`}` : '–';
const times = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));
const mebibytes = (bytes: number | undefined): string => (bytes ? `${Math.round(bytes / 2 ** 20)} MB` : '–');

/** One program's cells, in the columns' order. On Ring 3 the program's own time is the count of its instructions. */
function cells({ best, timesQemu, timesNative }: ProgramResult): string[] {
  const { ring3 } = best;
  return [
    seconds(best.native),
    seconds(best.qemu),
    ring3 ? `${ring3.seconds.toFixed(2)} s` : '–',
    times(timesQemu),
    times(timesNative),
    ring3?.own === undefined ? '–' : `${Math.round(ring3.own * 1000)} M`,
    `${mebibytes(ring3?.peakMemory)} / ${mebibytes(best.qemu?.peakMemory)}`,
  ];
}

const line = (name: string, rest: readonly string[]): string =>
  name.padEnd(NAME) +
  rest
    .map(cell => cell.padStart(WIDTH - 1))
    .map(cell => ` ${cell}`)
    .join('');

export const TEXT_HEADER = line('program', COLUMNS);

export function rowText(result: ProgramResult): string {
  return result.problem ? `${result.name.padEnd(NAME)}  ${result.problem}` : line(result.name, cells(result));
}

/** What comes behind the rows, which were printed as they were measured. */
export function printText(report: Report): string {
  return `${['', ...means(report), '', ...otherLines(report), ...setting(report)].join('\n')}\n`;
}

export function printMarkdown(report: Report): string {
  const row = (words: readonly string[]) => `| ${words.join(' | ')} |`;
  const table = [
    row(['program', ...COLUMNS]),
    row(['---', ...COLUMNS.map(() => '---:')]),
    ...report.programs.map(result =>
      result.problem
        ? row([result.name, result.problem, ...COLUMNS.slice(1).map(() => '')])
        : row([result.name, ...cells(result)]),
    ),
    row([
      '**geometric mean**',
      '',
      '',
      '',
      `**${times(report.geometricMean.timesQemu)}**`,
      `**${times(report.geometricMean.timesNative)}**`,
      '',
      '',
    ]),
  ];
  const engine = otherLines(report).map(text => (text ? `- ${text}` : ''));
  return `${[...(report.programs.length > 0 ? [...table, ''] : []), ...engine, ...setting(report)].join('\n')}\n`;
}

function means({ geometricMean: { timesQemu, timesNative }, slowest }: Report): string[] {
  if (timesQemu === undefined && timesNative === undefined) return [];
  return [
    `geometric mean: ${times(timesQemu)} times qemu-user's speed; ${times(timesNative)} times the machine's own time`,
    ...(slowest ? [`slowest beside qemu-user: ${slowest.name}, ${times(slowest.timesQemu)}`] : []),
  ];
}

/** What is no program. */
function otherLines({ engine, assembly }: Report): string[] {
  const lines = [...engineLines(engine), ...latencyLines(assembly)];
  return lines.length > 0 ? [...lines, ''] : [];
}

function engineLines(engine: EngineFigures | undefined): string[] {
  if (!engine) return [];
  const beside = (others: Record<string, string | undefined>): string => {
    const known = Object.entries(others).filter(([, value]) => value !== undefined);
    return known.length > 0 ? ` (${known.map(([name, value]) => `${name} ${value}`).join(', ')})` : '';
  };
  const milliseconds = (value: number | undefined) =>
    value === undefined ? undefined : `${(value * 1000).toFixed(0)} ms`;
  const nanoseconds = (value: number | undefined) => (value === undefined ? undefined : `${Math.round(value)} ns`);
  const { helloSeconds: hello, helloPeakMemory: memory, callNanoseconds: call, tracedCallNanoseconds: traced } = engine;
  return [
    `first instruction after ${engine.startMilliseconds.toFixed(1)} ms of engine time`,
    `hello world in ${engine.helloMilliseconds.toFixed(1)} ms of engine time, ${engine.helloInstructions} instructions`,
    `hello world from outside: ${milliseconds(hello.ring3)}${beside({ 'qemu-user': milliseconds(hello.qemu), native: milliseconds(hello.native) })}`,
    `its peak memory, Node included: ${mebibytes(memory.ring3)}${beside({ 'qemu-user': memory.qemu && mebibytes(memory.qemu), native: memory.native && mebibytes(memory.native) } as Record<string, string>)}`,
    `single steps through Machine.step: ${(engine.stepsPerSecond / 1e6).toFixed(2)} M/s`,
    `a system call: ${nanoseconds(call.ring3)}${beside({ 'qemu-user': nanoseconds(call.qemu), native: nanoseconds(call.native) })}`,
    `a traced system call: ${nanoseconds(traced.ring3)}${beside({ strace: nanoseconds(traced.strace) })}`,
  ];
}

/** Where and with what: figures without it mean nothing. */
function setting({ machine, versions, missing, runs, date }: Report): string[] {
  const tools = [
    `Ring 3 ${versions.ring3}`,
    `Node ${versions.node} (V8 ${versions.v8})`,
    versions.go,
    versions.cc,
    versions.qemu,
    versions.strace,
  ];
  return [
    `${machine.processor}, ${machine.processors} processors, ${Math.round(machine.memory / 2 ** 30)} GB, ${machine.system}; ${date}.`,
    `${tools.filter(Boolean).join('; ')}.`,
    `Best of ${runs}, taken in turns, from outside; in brackets the program's own figure. qemu-user: the better one of all processors and GOMAXPROCS=1. Memory: Ring 3's peak with Node / qemu-user's.`,
    ...missing,
  ];
}
