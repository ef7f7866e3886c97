/**
 * `ring3 bench`: the basket on Ring 3, under qemu-user and on the machine itself, in turns, so that a machine that is
 * busy for a while is busy for all of them; the best of several runs counts. Then what the engine costs besides.
 */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import {
  BASKET,
  type BasketRow,
  buildBasket,
  buildLauncher,
  findTools,
  type Run,
  runTimed,
  type Tools,
} from './basket.ts';
import { type EngineFigures, measureEngine } from './bench-engine.ts';
import { type Latency, measureLanguageServer } from './bench-language-server.ts';
import { printMarkdown, printText, rowText, TEXT_HEADER } from './bench-report.ts';
import { integerOption, type Parsed, UsageError } from './options.ts';

/** Whose time it is. qemu-user runs a Go program's threads on several processors or on one: the better one counts. */
export type RunnerName = 'ring3' | 'qemu' | 'native';

/** The best of several runs. */
export interface Best {
  seconds: number;
  /** The program's own figure in that run; on Ring 3 a nanosecond is an instruction. */
  own: number | undefined;
  cpuSeconds: number;
  /** Of all runs, bytes. */
  peakMemory: number;
}

export interface ProgramResult {
  name: string;
  source: string;
  argument: number;
  best: { [name in RunnerName]?: Best };
  /** qemu-user's time by Ring 3's: above 1, Ring 3 is faster. */
  timesQemu?: number;
  /** Ring 3's time by the machine's own. */
  timesNative?: number;
  /** Why there are no figures: it failed, or the outputs differ. */
  problem?: string;
}

export interface Report {
  date: string;
  machine: { processor: string; processors: number; memory: number; system: string };
  versions: { ring3: string; node: string; v8: string; go: string; cc?: string; qemu?: string; strace?: string };
  /** What could not be compared, in sentences. */
  missing: string[];
  runs: number;
  programs: ProgramResult[];
  geometricMean: { timesQemu?: number; timesNative?: number };
  slowest?: { name: string; timesQemu: number };
  engine?: EngineFigures;
  /** Of the language server; none where it is not built, or Go's installation is not found. */
  assembly?: Latency;
}

interface Runner {
  name: RunnerName;
  words: readonly string[];
  env?: Record<string, string>;
}

/** How this process was started: the same Ring 3 is measured. */
export const RING3: readonly string[] = [process.execPath, ...process.execArgv, process.argv[1]];

export async function bench(options: Parsed, words: readonly string[]): Promise<number> {
  if (words.length > 0)
    throw new UsageError(`bench takes options only, not ${words[0]}; --only REGEXP chooses programs`);
  const runs = integerOption(options, 'runs', '--runs', 1) ?? 3;
  const wanted = expression(options.only);
  const rows = BASKET.filter(row => !wanted || wanted.test(row.name) || wanted.test(row.source));
  const engine = !wanted || wanted.test('engine');
  const assembly = !wanted || wanted.test('assembly');
  if (rows.length === 0 && !engine && !assembly) {
    const names = [...BASKET.map(row => row.source), 'engine', 'assembly'].join(', ');
    throw new UsageError(`--only ${String(options.only)} matches none of ${names}`);
  }
  const tools = findTools();
  const report = describe(tools, runs);
  const live = !options.json && !options.markdown;
  const say = (text: string) => (live ? process.stdout : process.stderr).write(`${text}\n`);

  const launcher = buildLauncher();
  const built = buildBasket(tools, rows);
  if (live && rows.length > 0) say(TEXT_HEADER);
  for (const row of rows) {
    const program = built.get(row.source);
    if (program === undefined) continue;
    const result = await measure(row, program, launcher, tools, runs, options.quick === true);
    report.programs.push(result);
    say(rowText(result));
  }
  summarise(report);
  if (engine) report.engine = await measureEngine(launcher, tools, runs, options.quick === true);
  if (assembly) report.assembly = await measureLanguageServer(options.quick === true);

  if (options.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else process.stdout.write(options.markdown ? printMarkdown(report) : printText(report));
  return report.programs.some(program => program.problem) ? 1 : 0;
}

/** The option's regular expression; without regard to case. */
function expression(text: Parsed[string]): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(String(text), 'i');
  } catch (error) {
    throw new UsageError(`--only: ${(error as Error).message}`);
  }
}

function runnersFor(tools: Tools): Runner[] {
  return [
    { name: 'ring3', words: [...RING3, 'run'] },
    ...(tools.qemu
      ? [
          { name: 'qemu' as const, words: [tools.qemu.command] },
          { name: 'qemu' as const, words: [tools.qemu.command], env: { GOMAXPROCS: '1' } },
        ]
      : []),
    ...(tools.native ? [{ name: 'native' as const, words: [] }] : []),
  ];
}

/** All runners in turn, `runs` times. */
async function measure(
  row: BasketRow,
  program: string,
  launcher: string,
  tools: Tools,
  runs: number,
  quick: boolean,
): Promise<ProgramResult> {
  const argument = quick ? row.small : row.amount;
  const result: ProgramResult = { name: row.name, source: row.source, argument, best: {} };
  let expected: { by: RunnerName; stdout: string } | undefined;
  for (let turn = 0; turn < runs; turn++) {
    for (const runner of runnersFor(tools)) {
      if (runner.env && row.language === 'c') continue;
      const run = await runTimed(launcher, [...runner.words, program, String(argument)], runner.env);
      if (run.code !== 0) {
        const last = run.stderr.trim().split('\n').slice(-1)[0];
        const how = run.code === null ? 'did not end' : `exit code ${run.code}`;
        return { ...result, problem: `${runner.name}: ${how}${last ? ` (${last})` : ''}` };
      }
      expected ??= { by: runner.name, stdout: run.stdout };
      if (run.stdout !== expected.stdout)
        return { ...result, problem: `the output on ${runner.name} is not that on ${expected.by}` };
      result.best[runner.name] = better(result.best[runner.name], run);
    }
  }
  const { ring3, qemu, native } = result.best;
  if (ring3 && qemu) result.timesQemu = qemu.seconds / ring3.seconds;
  if (ring3 && native) result.timesNative = ring3.seconds / native.seconds;
  return result;
}

function better(best: Best | undefined, run: Run): Best {
  const peakMemory = Math.max(best?.peakMemory ?? 0, run.memory);
  if (best && best.seconds <= run.wall) return { ...best, peakMemory };
  return { seconds: run.wall, own: run.own, cpuSeconds: run.cpu, peakMemory };
}

function describe(tools: Tools, runs: number): Report {
  const missing: string[] = [];
  if (!tools.native) missing.push('This machine does not run the programs itself: it is no x86-64 Linux.');
  if (!tools.qemu) missing.push('qemu-x86_64 is not installed: nothing to compare with.');
  if (!tools.cc) missing.push('There is no C compiler for x86-64 Linux (gcc): the programs in C are left out.');
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      processors: cpus().length,
      memory: totalmem(),
      system: `${type()} ${release()}`,
    },
    versions: {
      ring3: ring3Version(),
      node: process.versions.node,
      v8: process.versions.v8,
      go: tools.go.replace(/^go version /, ''),
      cc: tools.cc?.version,
      qemu: tools.qemu?.version,
      strace: tools.strace?.version,
    },
    missing,
    runs,
    programs: [],
    geometricMean: {},
  };
}

function ring3Version(): string {
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

function summarise(report: Report): void {
  const good = report.programs.filter(program => !program.problem);
  const mean = (values: number[]): number | undefined =>
    values.length === 0 ? undefined : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  report.geometricMean.timesQemu = mean(good.flatMap(program => program.timesQemu ?? []));
  report.geometricMean.timesNative = mean(good.flatMap(program => program.timesNative ?? []));
  for (const { name, timesQemu } of good)
    if (timesQemu !== undefined && timesQemu < (report.slowest?.timesQemu ?? Number.POSITIVE_INFINITY))
      report.slowest = { name, timesQemu };
}
