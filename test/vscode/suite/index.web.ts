/** The suite for the web extension host, where Mocha is its browser build and there is no Node. */
import 'mocha/mocha.js';
import { assembly } from './assembly.ts';
import { runAndReport } from './report.ts';
import { web } from './web.ts';

declare const mocha: Mocha & { setup(options: object): void };

export function run(): Promise<void> {
  mocha.setup({ ui: 'bdd', timeout: 90_000, reporter: class {} });
  web();
  assembly();
  return runAndReport(mocha);
}
