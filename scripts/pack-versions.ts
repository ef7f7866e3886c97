/** Packs the programs of a folder into the archive that versions.ts unpacks: scripts/build-versions.sh calls it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const [, , folder, archive] = process.argv;
// What is alike stands side by side: versions of Go, and in each the programs with the same code.
const names = readdirSync(folder).sort();
const files = names.map(name => readFileSync(join(folder, name)));
const head = `${JSON.stringify(names.map((name, i) => [name, files[i].length]))}\n`;
const all = Buffer.concat([Buffer.from(head), ...files]);
const packed = brotliCompressSync(all, {
  params: {
    // A higher one takes minutes for a tenth less.
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: 27,
    [constants.BROTLI_PARAM_SIZE_HINT]: all.length,
  },
});
writeFileSync(archive, packed);
process.stdout.write(`${archive}: ${names.length} programs, ${all.length} bytes in ${packed.length}\n`);
