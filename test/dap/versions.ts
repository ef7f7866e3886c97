/** The programs of many toolchains, kept as one compressed archive: they have most of their bytes in common. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliDecompressSync, constants } from 'node:zlib';

const ARCHIVE = resolve(import.meta.dirname, 'versions/programs.br');

/** A folder with the programs in it, and what removes it. The archive: a line of JSON, [name, bytes] of each, then all. */
export function unpackVersions(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-versions-'));
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 };
  const all = brotliDecompressSync(readFileSync(ARCHIVE), { params });
  const head = all.indexOf(10);
  let at = head + 1;
  for (const [name, size] of JSON.parse(all.subarray(0, head).toString()) as [string, number][]) {
    writeFileSync(join(folder, name), all.subarray(at, at + size), { mode: 0o755 });
    at += size;
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
