/** Random scripts of syscalls against what the real kernel answered when they were recorded (see compare.ts). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from './script.ts';

const golden = join(import.meta.dirname, 'golden');

for (const name of readdirSync(golden)) {
  test(`script ${name}`, () => {
    const text = readFileSync(join(golden, name), 'utf8').trimEnd().split('\n');
    const lines = text.filter((_, i) => i % 2 === 0);
    const expected = text.filter((_, i) => i % 2 === 1).map(line => line.slice(2));
    const own = runScript(lines).map(line => line.trimEnd());
    expect(own.map((line, i) => `${lines[i]}\n= ${line}`)).toEqual(expected.map((line, i) => `${lines[i]}\n= ${line}`));
  });
}
