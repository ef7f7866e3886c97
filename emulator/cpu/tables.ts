/** Constant tables that generated code looks things up in; every address space's memory holds a copy. */
import type { TableName } from '../isa/emitter.ts';
import { TABLES } from './layout.ts';

/** CRC-32C (Castagnoli, bits reversed), eight tables of 256: entry 256·n + b is what byte b adds n bytes further on. */
function crc32c(): Uint32Array {
  const table = new Uint32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let v = i;
    for (let bit = 0; bit < 8; bit++) v = v & 1 ? (v >>> 1) ^ 0x82f63b78 : v >>> 1;
    table[i] = v;
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256] >>> 8) ^ table[table[i - 256] & 0xff];
  return table;
}

const CONTENTS: Readonly<Record<TableName, Uint32Array>> = { crc32c: crc32c() };

/** Where each table lies. */
export const tableAddress = {} as Record<TableName, number>;
let end = TABLES;
for (const [name, words] of Object.entries(CONTENTS)) {
  tableAddress[name as TableName] = end;
  end += words.byteLength;
}

export function writeTables(memory: ArrayBufferLike): void {
  for (const [name, words] of Object.entries(CONTENTS))
    new Uint32Array(memory, tableAddress[name as TableName], words.length).set(words);
}
