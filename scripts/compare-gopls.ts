/**
 * Asks gopls and this server the same questions and writes down what both say, in test/language-server/beside-gopls/:
 *
 *   GOBIN=FOLDER go install golang.org/x/tools/gopls@v0.23.0
 *   npx tsx scripts/compare-gopls.ts FOLDER/gopls
 *
 * Without a path the gopls on the PATH is asked. It takes some seconds, two minutes at most.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { askGopls, askRing3 } from '../test/language-server/beside-gopls/answers.ts';
import { page, type Recorded, summary } from '../test/language-server/beside-gopls/report.ts';
import { goToolchain } from './grammar.ts';

const FOLDER = new URL('../test/language-server/beside-gopls/', import.meta.url);
const program = process.argv[2] ?? 'gopls';
let version: string | undefined;
try {
  version = /v\d[\w.-]*/.exec(execFileSync(program, ['version'], { encoding: 'utf8' }))?.[0];
} catch {
  // Said below.
}
const go = goToolchain()?.version;
if (!version || !go) throw new Error(`${program} or go cannot be run`);
const recorded: Recorded = { gopls: version, go, answers: await askGopls(program) };
const own = await askRing3();
writeFileSync(new URL('recorded.json', FOLDER), `${JSON.stringify(recorded, null, 2)}\n`);
writeFileSync(new URL('README.md', FOLDER), page(recorded, own));
process.stdout.write(`${summary(recorded, own)}\n`);
process.exit(0);
