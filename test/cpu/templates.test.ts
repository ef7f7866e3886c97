/** Records that templates make are those that decoding instruction by instruction makes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { regionTable } from '../../emulator/cpu/code-cache.ts';
import type { Decode } from '../../emulator/cpu/decoder.ts';
import { FIRST_HANDLER, TABLE_SLOTS } from '../../emulator/cpu/interpreter.ts';
import * as L from '../../emulator/cpu/layout.ts';
import { generateLoop, inlineShapes, warmShapes } from '../../emulator/cpu/loop.ts';
import { learnOpcodes } from '../../emulator/cpu/opcode-templates.ts';
import { Records } from '../../emulator/cpu/records.ts';
import type { TemplateList } from '../../emulator/cpu/templates.ts';
import { shapeKey } from '../../emulator/cpu/tier0.ts';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { PAGE_SIZE, PROT } from '../../emulator/memory/types.ts';
import { randomFrom } from '../random.ts';
import { spaceWith } from './space.ts';

const TEXT = 0x55_5555_4000;
const RECORD_WORDS = L.RECORD_SIZE / 4;
/** Which parameter of `decode` says where the record goes. */
const RECORD = 3;

function fresh(templates?: TemplateList) {
  const space = spaceWith([TEXT, PAGE_SIZE, PROT.READ | PROT.WRITE | PROT.EXEC]);
  const { memory } = space;
  const imports = {
    ring3: {
      memory,
      handlers: new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SLOTS, maximum: TABLE_SLOTS }),
      regions: regionTable(),
      slow: () => 0,
      routine: () => 0,
    },
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(generateLoop()), imports);
  let familiar = 0;
  const counting: Decode = (...args) => {
    const why = (exports.decode as Decode)(...args);
    if (args[RECORD] === L.RECORDS && words[L.DECODED_RECORD >>> 2] !== L.RECORDS) familiar++;
    return why;
  };
  const words = new Int32Array(memory.buffer);
  const keys = new Map([...inlineShapes(), ...warmShapes()].map((shape, i) => [shapeKey(shape), FIRST_HANDLER + i]));
  const records = new Records(space, imports, counting, { keys, templates });
  return {
    space,
    records,
    /** How often the first instruction of those asked for had a template. */
    familiar: () => familiar,
    /** Handler, operands, displacement, immediate and pc, as long as these are. */
    record: (at: number) => [...words.subarray(at >>> 2, (at >>> 2) + RECORD_WORDS)],
  };
}

/** Bytes of instructions of all kinds, most of them valid. */
function someInstruction(random: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(random() * n);
  const one = <T>(list: readonly T[]): T => list[below(list.length)];
  return Uint8Array.from([
    ...one([[], [], [], [], [0x66], [0xf2], [0xf3], [0xf0], [0x64], [0x66, 0xf3]]),
    ...one([[], [], [0x40 | below(16)]]),
    ...one([[], [], [], [0x0f], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]),
    below(256),
    below(4) === 0 ? one([4, 5, 0x44, 0x84, 0x45, 0x85]) : below(256),
    ...Array.from({ length: 14 }, () => one([0, 0xff, 0x25, below(256)])),
  ]);
}

/** What `scripts/prebuild.ts` puts into bundles. */
async function bundled(): Promise<TemplateList> {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-prebuild-'));
  try {
    const file = join(folder, 'loop.mjs');
    execFileSync(process.execPath, [
      '--import',
      'tsx',
      fileURLToPath(new URL('../../scripts/prebuild.ts', import.meta.url)),
      file,
    ]);
    const { prebuilt } = await import(pathToFileURL(file).href);
    return prebuilt.templates;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the records of random instructions', () => {
  for (const [from, seed] of [
    ['templates of opcodes', 7],
    ['what was learned', 8],
    ['what bundles bring', 9],
  ] as const)
    it(`by ${from}`, async () => {
      const ahead = from !== 'what was learned';
      const machine = fresh(from === 'what bundles bring' ? await bundled() : undefined);
      if (from === 'templates of opcodes') learnOpcodes(machine.records);
      const random = randomFrom(seed);
      let met = 0;
      for (let i = 0; i < 60_000; i++) {
        const bytes = someInstruction(random);
        const at = TEXT + Math.floor(random() * (PAGE_SIZE - 40));
        const insn = decode(bytes, 0, at);
        if (!('form' in insn)) continue;
        machine.records.clear();
        const expected = machine.record(machine.records.apart(insn));
        machine.records.clear();
        machine.space.write(at, bytes);
        const first = machine.records.decode(at) as number;
        const found = machine.record(machine.records.at(at) as number);
        const what = `${insn.form.row.name}: ${Buffer.from(bytes.subarray(0, insn.length)).toString('hex')}`;
        // Where a sum stands before the instruction, it is the instruction's own record that counts.
        const own = found[0] === expected[0] ? found : machine.record(first + L.RECORD_SIZE);
        expect(own, what).toEqual(expected);
        met++;
      }
      expect(met).toBeGreaterThan(30_000);
      // Of what programs consist of it is nearly all; here are shapes that nobody uses.
      expect(machine.familiar() / met).toBeGreaterThan(ahead ? 0.35 : 0.25);
    });
});
