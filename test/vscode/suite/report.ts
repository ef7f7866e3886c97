/** A Mocha reporter that needs neither a terminal nor a DOM: lines and counts, for the driver to print. */
import * as vscode from 'vscode';
import { driver } from './driver.ts';

interface Results {
  passed: number;
  failed: number;
  pending: number;
  lines: string[];
}

/** Runs Mocha's suites and tells the driver; rejects when a test failed, which is VS Code's sign of a failure. */
export async function runAndReport(mocha: Mocha): Promise<void> {
  const grep = vscode.workspace.getConfiguration('ring3Test').get<string>('grep');
  if (grep) mocha.grep(grep);
  const results: Results = { passed: 0, failed: 0, pending: 0, lines: [] };
  await new Promise<void>(resolve => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', test => {
      results.passed++;
      results.lines.push(`   ✓ ${test.fullTitle()} (${test.duration} ms)`);
    });
    runner.on('fail', (test, error) => {
      results.failed++;
      results.lines.push(
        `   ✗ ${test.fullTitle()}`,
        `     ${(error.stack ?? error.message).replaceAll('\n', '\n     ')}`,
      );
    });
    runner.on('pending', test => {
      results.pending++;
      results.lines.push(`   – ${test.fullTitle()} (not run)`);
    });
  });
  await driver.result(results);
  if (results.failed > 0) throw new Error(`${results.failed} tests failed`);
}
