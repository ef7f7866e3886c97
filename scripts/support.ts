/**
 * Writes emulator/kernel/SUPPORT.md: every Linux syscall of amd64 and how far the kernel supports it. "Full" is derived: the
 * call has a handler, nothing is known to be missing, and a program whose output was recorded on Linux makes it.
 *
 *   npx tsx scripts/support.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  isSyscallName,
  type SyscallName,
  syscallByNumber,
  syscallNames,
  syscallRow,
  topicOf,
} from '../emulator/abi/syscalls.ts';
import { supportOf } from '../emulator/kernel/support.ts';
import { compile, load } from '../test/kernel/compile.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Calls that recorded programs make: those of test/kernel/native, and the scripts of test/fs/golden. */
async function recorded(): Promise<Set<SyscallName>> {
  const found = new Set<SyscallName>();
  const folder = join(root, 'test/kernel/native');
  for (const file of readdirSync(folder).filter(name => name.endsWith('.c'))) {
    const program = compile(file.slice(0, -2));
    if (!program) throw new Error(`${file} cannot be compiled here`);
    const { machine } = await load(program);
    machine.listen(event => {
      if (event.is !== 'syscall-enter') return;
      const name = syscallByNumber('amd64', event.call.number);
      if (name) found.add(name);
    });
    await machine.run({ maxInstructions: 30_000_000 });
  }
  const golden = join(root, 'test/fs/golden');
  for (const file of readdirSync(golden))
    for (const word of readFileSync(join(golden, file), 'utf8')
      .split('\n')
      .map(line => line.split(' ')[0]))
      if (isSyscallName(word)) found.add(word);
  return found;
}

const LEGEND = `# Support of syscalls

Made by \`npx tsx scripts/support.ts\` from the syscalls' rows (\`emulator/abi/calls\`), the handlers' table and what
\`support.ts\` says is missing.

- **full**: nothing is known to be missing, and a program makes the call whose output was recorded on Linux and is compared
  by \`test/kernel\` or \`test/fs\`.
- **implemented**: nothing is known to be missing, but no recording covers it yet.
- **part**: what is missing stands beside it.
- **—**: not implemented; ENOSYS, an event, and one line in the console.
`;

const made = await recorded();
const names = syscallNames().filter(name => syscallRow(name).amd64 !== undefined);
const stateOf = (name: SyscallName): string => {
  const support = supportOf(name);
  if (support.is === 'none') return '—';
  if (support.is === 'part') return 'part';
  return made.has(name) ? 'full' : 'implemented';
};
const count = (state: string): number => names.filter(name => stateOf(name) === state).length;
const topics = [...new Set(names.map(topicOf))];
const sections = topics.map(topic => {
  const rows = names
    .filter(name => topicOf(name) === topic)
    .map(name => {
      const support = supportOf(name);
      const lacks = support.is === 'part' ? support.lacks : '';
      return `| ${syscallRow(name).amd64} | ${name} | ${stateOf(name)} | ${syscallRow(name).sentence} | ${lacks} |`;
    });
  return [
    `## ${topic}`,
    '',
    '| number | call | support |   | missing |',
    '| ---: | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
});
const total = `Of ${names.length} calls: ${count('full')} full, ${count('implemented')} implemented, ${count('part')} in part, ${count('—')} not.`;
writeFileSync(join(root, 'emulator/kernel/SUPPORT.md'), `${LEGEND}\n${total}\n\n${sections.join('\n')}`);
process.stdout.write(`${total}\n`);
process.exit(0);
