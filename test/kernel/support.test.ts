/** emulator/kernel/SUPPORT.md is made by scripts/support.ts; here only whether it has fallen behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { syscallNames, syscallRow } from '../../emulator/abi/syscalls.ts';
import { supportOf } from '../../emulator/kernel/support.ts';

test('the table of supported calls says what the handlers say; run `npx tsx scripts/support.ts` if not', () => {
  const text = readFileSync(join(import.meta.dirname, '../../emulator/kernel/SUPPORT.md'), 'utf8');
  const rows = new Map<string, { state: string; lacks: string }>();
  for (const [, name, state, lacks] of text.matchAll(/^\| \d+ \| (\w+) \| (\S+) \| .* \| (.*?) ?\|$/gm))
    rows.set(name, { state, lacks });
  const stale = syscallNames()
    .filter(name => syscallRow(name).amd64 !== undefined)
    .filter(name => {
      const support = supportOf(name);
      const row = rows.get(name);
      if (support.is === 'none') return row?.state !== '—';
      if (support.is === 'part') return row?.state !== 'part' || row.lacks !== support.lacks;
      return row?.state !== 'full' && row?.state !== 'implemented';
    });
  expect(stale).toEqual([]);
});
