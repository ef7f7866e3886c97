/** `-e inject=` and `-e fault=`: what a program sees of it and how its trace shows it, as strace 6.1 does natively. */
import { describe, expect, it } from 'vitest';
import { traceMachine } from '../../debug-adapter/tracing.ts';
import { TraceOptionError } from '../../emulator/trace/filter.ts';
import { applyTraceOption, defaultSettings } from '../../emulator/trace/settings.ts';
import { compile, load } from '../kernel/compile.ts';

const plain = 'getppid()                               = 1';
const failed = (error: string): string => `getppid()                               = -1 ${error} (INJECTED)`;
const EPERM = failed('EPERM (Operation not permitted)');
const ENOSYS = failed('ENOSYS (Function not implemented)');
const USR1 = '--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_KERNEL} ---';
const large = 'getppid()                               = 4194304 (INJECTED)';

const CASES: readonly (readonly [option: string, output: string, lines: readonly string[]])[] = [
  [
    'inject=getppid:error=EPERM:when=2+2',
    '0 0 0\n-1 1 0\n0 0 0\n-1 1 0\n0 0 0\n-1 1 0\n',
    [plain, EPERM, plain, EPERM, plain, EPERM],
  ],
  [
    'fault=getppid:when=1..2',
    '-1 38 0\n-1 38 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n',
    [ENOSYS, ENOSYS, plain, plain, plain, plain],
  ],
  [
    'inject=getppid:retval=0x400000:signal=USR1:when=3',
    '0 0 0\n0 0 0\n4194304 0 1\n0 0 1\n0 0 1\n0 0 1\n',
    [plain, plain, large, USR1, plain, plain, plain],
  ],
  [
    'inject=getppid:signal=10:when=5+',
    '0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 1\n0 0 2\n',
    [plain, plain, plain, plain, plain, USR1, plain, USR1],
  ],
];

describe('tampering', () => {
  it.each(CASES)('%s', { timeout: 60_000 }, async (option, shown, lines) => {
    const program = compile('tampered');
    if (!program) return;
    const { machine, output, setOutput } = await load(program);
    const settings = defaultSettings();
    for (const value of ['trace=getppid', option]) applyTraceOption(settings, '-e', value);
    let text = '';
    const tracing = traceMachine(machine, settings, 0n, piece => (text += piece), { path: program, args: [], env: [] });
    const remove = machine.listen(tracing.hear);
    machine.setInjections(settings.injections);
    const start = machine.checkpoint();
    expect(await machine.run({ maxInstructions: 5_000_000 })).toEqual({ is: 'exited', status: 0 });
    expect(output()).toBe(shown);
    expect(text.split('\n').filter(line => line !== '' && !line.startsWith('+++'))).toEqual(lines);
    // What was counted is part of a checkpoint: it begins anew.
    remove();
    machine.restore(start);
    setOutput('');
    await machine.run({ maxInstructions: 5_000_000 });
    expect(output()).toBe(shown);
  });

  it.each([
    ...['inject=getppid', 'inject=getppid:error=9999', 'inject=getppid:error=ENOTHING', 'inject=nosuch:error=EPERM'],
    ...['inject=getppid:error=EPERM:retval=3', 'inject=getppid:retval=-1', 'inject=getppid:signal=99'],
    ...[
      'inject=getppid:error=EPERM:when=0',
      'inject=getppid:error=EPERM:when=3..2',
      'inject=getppid:error=EPERM:when=x',
    ],
    ...['fault=getppid:retval=3', 'inject=getppid:delay_enter=5', 'inject=getppid:error=EPERM:whatever'],
  ])('refuses %s', option => {
    expect(() => applyTraceOption(defaultSettings(), '-e', option)).toThrow(TraceOptionError);
  });
});
