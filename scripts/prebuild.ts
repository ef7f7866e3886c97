/** Writes the interpreter's loop as a module for the bundles: tsx scripts/prebuild.ts FILE */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateLoop } from '../emulator/cpu/loop.ts';

const [file] = process.argv.slice(2);
const text = Buffer.from(generateLoop()).toString('base64');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(
  file,
  `export const prebuiltLoop = Uint8Array.from(atob(${JSON.stringify(text)}), letter => letter.charCodeAt(0));\n`,
);
