/** Writes the interpreter's modules for the bundles: tsx scripts/prebuild.ts FILE */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateHandlers, generateLoop, inlineShapes, warmShapes } from '../emulator/cpu/loop.ts';
import { shapeKey } from '../emulator/cpu/tier0.ts';

const [file] = process.argv.slice(2);
const bytes = (module: Uint8Array): string => `bytes(${JSON.stringify(Buffer.from(module).toString('base64'))})`;
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
export const prebuilt = {
  loop: ${bytes(generateLoop())},
  handlers: ${bytes(generateHandlers())},
  shapes: ${JSON.stringify([...inlineShapes(), ...warmShapes()].map(shapeKey))},
};
`,
);
