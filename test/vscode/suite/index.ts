/** The suite, as VS Code's extension host loads it: `run` resolves when every test passed. */
import Mocha from 'mocha';
import { assembly } from './assembly.ts';
import { debugConsole } from './console.ts';
import { debugging } from './debugging.ts';
import { grammar } from './grammar.ts';
import { manifest } from './manifest.ts';
import { runAndReport } from './report.ts';

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 90_000, reporter: class {} as never });
  mocha.suite.emit('pre-require', globalThis as never, '', mocha);
  manifest();
  grammar();
  assembly();
  debugging();
  debugConsole();
  return runAndReport(mocha);
}
