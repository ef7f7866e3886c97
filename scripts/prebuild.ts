/** Writes the interpreter's modules for the bundles: tsx scripts/prebuild.ts FILE */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FIRST_HANDLER } from '../emulator/cpu/interpreter.ts';
import { generateHandlers, generateLoop, inlineShapes, warmShapes } from '../emulator/cpu/loop.ts';
import { learnOpcodes } from '../emulator/cpu/opcode-templates.ts';
import { Records } from '../emulator/cpu/records.ts';
import { shapeKey } from '../emulator/cpu/tier0.ts';
import { LinearSpace } from '../emulator/memory/address-space.ts';
import { createMemory } from '../emulator/memory/linear.ts';

const [file] = process.argv.slice(2);
const shapes = [...inlineShapes(), ...warmShapes()].map(shapeKey);
const memory = createMemory();
const records = new Records(new LinearSpace(memory, () => undefined), {}, () => 0, {
  keys: new Map(shapes.map((key, i) => [key, FIRST_HANDLER + i])),
});
learnOpcodes(records);
const { trie, templates } = records.templates();
const bytes = (of: ArrayBufferView): string =>
  `bytes(${JSON.stringify(Buffer.from(of.buffer, of.byteOffset, of.byteLength).toString('base64'))})`;
mkdirSync(dirname(file), { recursive: true });
writeFileSync(
  file,
  `function bytes(text) {
  if (globalThis.Buffer) return Buffer.from(text, 'base64');
  const letters = atob(text);
  const list = new Uint8Array(letters.length);
  for (let i = 0; i < list.length; i++) list[i] = letters.charCodeAt(i);
  return list;
}
function words(list) {
  // A copy: a Buffer may be a part of something larger.
  return new Int32Array(new Uint8Array(list).buffer);
}
export const prebuilt = {
  loop: ${bytes(generateLoop())},
  handlers: ${bytes(generateHandlers())},
  shapes: ${JSON.stringify(shapes)},
  templates: { trie: words(${bytes(trie)}), templates: words(${bytes(templates)}) },
};
`,
);
