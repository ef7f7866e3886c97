/** The same run on another version of Node, which is another V8: equal instruction counts and equal traces. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { installNode } from '../vscode/install.mjs';
import { SAMPLES } from './guest.ts';

const OTHER = process.versions.node.startsWith('24.') ? '20' : '24';
const cli = fileURLToPath(new URL('../../bin/ring3', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ring3-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function otherNode(): string | undefined {
  try {
    return installNode(OTHER);
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return undefined;
  }
}

async function trace(node: string, name: string): Promise<{ instructions: number; trace: string }> {
  const output = join(folder, 'trace');
  const args = [cli, 'trace', '-f', '--stats', '-o', output, SAMPLES + name];
  const done = await promisify(execFile)(node, args).catch((error: { stderr: string }) => error);
  const stats = done.stderr.trim().split('\n').at(-1) as string;
  return { instructions: JSON.parse(stats).instructions, trace: readFileSync(output, 'utf8') };
}

const node = otherNode();

test
  .skipIf(!node)
  .each(Object.keys(JSON.parse(readFileSync(new URL('../../samples/expected.json', import.meta.url), 'utf8'))))(
  `%s runs alike on Node ${OTHER}`,
  async name => {
    const here = await trace(process.execPath, name);
    const there = await trace(node as string, name);
    expect(there).toEqual(here);
    expect(here.instructions).toBeGreaterThan(0);
  },
);
