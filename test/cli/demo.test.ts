/** The demo, as golden text: the first thing a person sees of Ring 3. UPDATE=1 writes it anew. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { golden } from '../dap/conversation.ts';

const root = resolve(import.meta.dirname, '../..');

function demo(env: Record<string, string>) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'cli/demo.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

test('the demo', () => {
  // Without a Go toolchain: the same text on every computer.
  const { status, stdout, stderr } = demo({ PATH: '/nowhere' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toContain('\x1b');
  // Who runs when depends on how many instructions the start takes, and that on what CPUID offers.
  const text = stdout
    .split('\n')
    .filter(line => !/^ +\[pid +(?!1000\b)\d+\]|futex|prlimit64/.test(line))
    .join('\n')
    .replace(/0x[0-9a-f]{10,}/g, '<address>')
    .replace(/[\d,]+ instructions into/, '<count> instructions into')
    .replace(/in \d+ lines/, 'in <count> lines');
  golden(resolve(import.meta.dirname, 'golden/demo.txt'), text);
});
