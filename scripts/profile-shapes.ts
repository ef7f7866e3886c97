/**
 * Writes `emulator/cpu/hot-shapes.ts`: the shapes of instructions that programs execute most, found by stopping every
 * few instructions and looking at the next one, and all others that stand in their text.
 * Usage: npx tsx scripts/profile-shapes.ts [--text] PROGRAM…    (--text: only what stands there, without a run)
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { HOT_SHAPES } from '../emulator/cpu/hot-shapes.ts';
import { shapeOf } from '../emulator/cpu/records.ts';
import { shapeKey } from '../emulator/cpu/tier0.ts';
import { createMachine } from '../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../emulator/defaults.ts';
import type { Host, HostAnswer, HostRequest } from '../emulator/host.ts';
import { decode } from '../emulator/isa/x64/decode.ts';
import { loadProgram } from '../emulator/symbols/program.ts';

/** A prime, so that no loop keeps step with it. */
const EVERY = 97;
const MOST = 260;

/** Only the program itself is on this host's disk. */
function hostWith(path: string): Host {
  const bytes = new Uint8Array(readFileSync(path));
  const file = (r: HostRequest): HostAnswer => {
    if (r.is === 'stat' && r.path === '/programs')
      return { is: 'stat', stat: { kind: 'directory', size: 0, mode: 0o755, mtime: 0n, ino: 1, nlink: 2 } };
    if (r.is === 'stat' && r.path === `/programs/${basename(path)}`)
      return { is: 'stat', stat: { kind: 'file', size: bytes.length, mode: 0o755, mtime: 0n, ino: 2, nlink: 1 } };
    if (r.is === 'readdir') return { is: 'readdir', names: [basename(path)] };
    if (r.is === 'read') return { is: 'read', bytes: bytes.slice(r.offset, r.offset + r.length) };
    return { is: 'error', errno: 'ENOENT' };
  };
  return {
    file,
    output: () => {},
    input: () => new Uint8Array(0),
    realTime: () => 0n,
    entropy: n => new Uint8Array(n),
  };
}

const total = new Map<string, number>();
const met = new Set<string>();
const textOnly = process.argv[2] === '--text';

/** Decodes a program's text from end to end; Go's and compilers' text has next to nothing between its functions. */
function sweep(path: string): void {
  const bytes = new Uint8Array(readFileSync(path));
  for (const section of loadProgram(bytes, 0).elf.sections) {
    if (section.name !== '.text') continue;
    const text = bytes.subarray(section.offset, section.offset + section.size);
    for (let at = 0; at < text.length; ) {
      const insn = decode(text, at, section.address + at);
      if ('form' in insn && insn.form.row.lift) met.add(shapeKey(shapeOf(insn)));
      at += 'form' in insn ? insn.length : 1;
    }
  }
}

for (const path of process.argv.slice(textOnly ? 3 : 2)) {
  sweep(path);
  if (textOnly) continue;
  const machine = await createMachine({
    host: hostWith(path),
    program: `/programs/${basename(path)}`,
    args: [basename(path)],
    env: [],
    cwd: '/',
    mounts: [{ host: '/programs', guest: '/programs', mode: 'ro' }],
    ...MACHINE_DEFAULTS,
  });
  const counts = new Map<string, number>();
  let samples = 0;
  for (;;) {
    const stop = await machine.run({ maxInstructions: EVERY });
    if (stop.is !== 'budget' || samples > 800_000) break;
    const id = machine.current as number;
    const task = machine.tasks().find(t => t.id === id);
    if (!task) continue;
    const pc = machine.arch.pc(task.registers);
    const insn = decode(machine.read(id, pc, 15), 0, pc);
    if (!('form' in insn) || !insn.form.row.lift) continue;
    const key = shapeKey(shapeOf(insn));
    counts.set(key, (counts.get(key) ?? 0) + 1);
    samples++;
  }
  // Every program counts the same, however long it runs.
  for (const [key, n] of counts) total.set(key, (total.get(key) ?? 0) + n / samples);
}

const hot = [...total].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST);
const share = textOnly
  ? 0
  : hot.reduce((sum, [, n]) => sum + n, 0) / [...total.values()].reduce((sum, n) => sum + n, 0);
const target = new URL('../emulator/cpu/hot-shapes.ts', import.meta.url);
const source = readFileSync(target, 'utf8');
const head = source.slice(0, source.indexOf('export const'));
const keys = textOnly ? [...HOT_SHAPES] : hot.map(([key]) => key);
const others = [...met].filter(key => !keys.includes(key)).sort();
const list = (items: readonly string[]): string =>
  `readonly string[] = [\n${items.map(key => `  '${key}',`).join('\n')}\n];\n`;
writeFileSync(
  target,
  `${head}export const HOT_SHAPES: ${list(keys)}
/** Others that stand in programs' text: bundles carry their handlers too. */
export const WARM_SHAPES: ${list(others)}`,
);
console.log(
  `${others.length} met; ${hot.length} of ${total.size} shapes, ${(share * 100).toFixed(1)} % of what was executed`,
);
