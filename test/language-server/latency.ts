/**
 * How long an editor waits: diagnostics after a keystroke, and completion, on large files of Go's own assembly. Run it by
 * `npx tsx test/language-server/latency.ts [FILE…]`; times depend on the machine, ratios between two versions do not.
 *
 * A keystroke is what the server sees of one: the text with one character more or less somewhere, parsed and checked as a
 * whole from the text on, with the folder's Go as it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { completion } from '../../language-server/features/completion.ts';
import { diagnostics } from '../../language-server/features/diagnostics.ts';
import { diskFiles } from '../../language-server/files.node.ts';
import { positionAt } from '../../language-server/syntax/tree.ts';
import { assemblyAt, forget, surroundingsOf, type World } from '../../language-server/workspace.ts';
import { randomFrom } from '../random.ts';
import { go, world as stored } from './corpus.ts';

/** The largest of the corpus, and one of each kind: by macros, by Go declarations. */
const FILES = [
  'vendor/golang.org/x/crypto/chacha20poly1305/chacha20poly1305_amd64.s',
  'internal/runtime/gc/scan/expand_amd64.s',
  'runtime/zcallback_windows_arm64.s',
  'crypto/internal/fips140/nistec/p256_asm_amd64.s',
  'runtime/asm_amd64.s',
];
const TIMES = 60;

export interface Latency {
  readonly lines: number;
  /** Milliseconds, sorted. */
  readonly diagnostics: readonly number[];
  readonly completion: readonly number[];
}

export const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

export function measure(path: string, times = TIMES, seed = 1): Latency {
  const uri = pathToFileURL(path).href;
  let text = readFileSync(path, 'utf8');
  const files = { list: diskFiles.list, read: (asked: string) => (asked === uri ? text : diskFiles.read(asked)) };
  const world: World = { files, goRoot: stored.goRoot };
  const random = randomFrom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const whole = text;
  // Ends of lines with an instruction.
  const ends = [...whole.matchAll(/^\t[A-Z].*$/gm)].map(({ index, 0: { length } }) => index + length);
  const taken: { diagnostics: number[]; completion: number[] } = { diagnostics: [], completion: [] };
  // Processor time, which a busy machine does not add to; that of the collector's and compiler's threads is in it.
  const timed = (list: number[], work: () => void) => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    list.push((user + system) / 1000);
  };
  const type = (next: string) => {
    text = next;
    forget(world, uri);
  };
  const check = () => diagnostics(assemblyAt(world, uri)!, surroundingsOf(world, uri));
  for (let time = -5; time < times; time++) {
    // The end of some line with an instruction: one letter, then one that makes it right again.
    const at = ends[pick(ends.length)];
    const lists = time < 0 ? { diagnostics: [], completion: [] } : taken;
    type(`${whole.slice(0, at)}\n\tMO${whole.slice(at)}`);
    timed(lists.diagnostics, check);
    timed(lists.completion, () => {
      const file = assemblyAt(world, uri)!;
      completion(world, file, positionAt(file.source, at + 4));
    });
    type(`${whole.slice(0, at)}\n\tMOV${whole.slice(at)}`);
    timed(lists.diagnostics, check);
    // Nobody types at two places at once: what follows starts from the file as it was.
    type(whole);
    check();
  }
  const sorted = (list: number[]) => list.sort((a, b) => a - b);
  return {
    lines: whole.split('\n').length,
    diagnostics: sorted(taken.diagnostics),
    completion: sorted(taken.completion),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const rows = (named.length ? named : FILES.map(name => join(go!.root, 'src', name))).map(path => {
    const { lines, diagnostics: checks, completion: lists } = measure(path);
    const shown = (list: readonly number[]) => [0.5, 0.95].map(part => percentile(list, part).toFixed(1)).join(' / ');
    return {
      file: path.slice(path.lastIndexOf('/') + 1),
      lines,
      'check p50 / p95': shown(checks),
      complete: shown(lists),
    };
  });
  console.table(rows);
}
