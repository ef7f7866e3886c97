/** Runs the command line as a shell does. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function ring3(words: readonly string[], options: { stdin?: string; cwd?: string } = {}): Promise<Result> {
  return new Promise(done => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'cli/main.ts'), ...words], {
      cwd: options.cwd ?? root,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', chunk => {
      stdout += chunk;
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.on('close', code => done({ code, stdout, stderr }));
    child.stdin.end(options.stdin ?? '');
  });
}
