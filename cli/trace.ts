/** `ring3 trace`: the program, with its syscalls printed as strace prints them. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { traceMachine } from '../debug-adapter/tracing.ts';
import { TraceOptionError } from '../emulator/trace/filter.ts';
import {
  applyTraceOption,
  defaultSettings,
  TRACE_OPTION_ROWS,
  type TraceSettings,
} from '../emulator/trace/settings.ts';
import { planGuest, startGuest } from './guest.ts';
import { type OptionRow, type Parsed, UsageError } from './options.ts';
import { createFigures, say, toTheEnd } from './run.ts';

/** strace's options, from the rows of the trace, and where it goes. */
export const TRACE_OPTIONS: Readonly<Record<string, OptionRow>> = {
  output: {
    flags: ['-o'],
    value: 'FILE',
    sentence: 'write the trace to a file instead of stderr',
    commands: ['trace'],
  },
  ...Object.fromEntries(
    TRACE_OPTION_ROWS.map(({ flag, value, sentence }): [string, OptionRow] => [
      flag,
      {
        flags: [flag],
        value,
        sentence,
        commands: ['trace'],
        ...(value === undefined ? { counts: true } : { many: true }),
      },
    ]),
  ),
};

/** Throws UsageError for an option that strace would refuse. */
function settingsOf(options: Parsed): TraceSettings {
  const settings = defaultSettings();
  settings.toFile = options.output !== undefined;
  try {
    for (const { flag } of TRACE_OPTION_ROWS) {
      const given = options[flag];
      if (given === undefined) continue;
      const uses = typeof given === 'number' ? Array.from({ length: given }, () => '') : (given as string[]);
      const remarks = new Set(uses.map(value => applyTraceOption(settings, flag, value)));
      for (const remark of remarks) if (remark) say(remark);
    }
  } catch (error) {
    if (error instanceof TraceOptionError) throw new UsageError(error.message);
    throw error;
  }
  return settings;
}

export async function trace(options: Parsed, words: readonly string[]): Promise<number> {
  const settings = settingsOf(options);
  const plan = planGuest(options, words);
  const file = typeof options.output === 'string' ? open(options.output) : undefined;
  const figures = options.stats ? createFigures() : undefined;
  const guest = await startGuest(plan);
  // To stderr it is written at once, like strace's: the program's own output and its trace stay in order.
  const out = file === undefined ? undefined : collected(file);
  const write = out ? out.write : (text: string) => void process.stderr.write(text);
  const { args, env } = plan.options;
  const path = args[0].includes('/') ? args[0] : plan.program;
  const tracing = traceMachine(guest.machine, settings, guest.realTime, write, { path, args, env });
  guest.machine.listen(event => tracing.hear(event));
  guest.machine.setInjections(settings.injections);
  const ending = await toTheEnd(guest, figures);
  tracing.end();
  if (figures) process.stderr.write(`${JSON.stringify(figures.result())}\n`);
  if (ending.reason && ending.code < 128) say(ending.reason);
  out?.end();
  return ending.code;
}

/** Characters that are written to a file together: a write for each line would cost more than the call it tells of. */
const TOGETHER = 1 << 16;
/** Milliseconds after which a reader sees them at the latest, when the machine gives others a turn. */
const LATEST = 100;

/** Lines on their way to a file. What there is when the process ends is written, however it ends. */
function collected(file: number): { write(text: string): void; end(): void } {
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const now = text;
    text = '';
    if (now !== '') writeSync(file, now);
  };
  process.once('exit', flush);
  return {
    write(piece) {
      text += piece;
      if (text.length >= TOGETHER) flush();
      else timer ??= setTimeout(flush, LATEST).unref();
    },
    end() {
      process.off('exit', flush);
      flush();
      closeSync(file);
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`-o: ${(error as Error).message}`);
  }
}
