/** Functions written down as they are entered and left: by breakpoint and by launch configuration, in Go and in C. */
import { join, resolve } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { converse } from './conversation.ts';
import { unpackVersions } from './versions.ts';

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, '../..');
const { folder, remove } = unpackVersions();
afterAll(remove);

async function traced(
  program: string,
  names: object[],
  more: object = {},
): Promise<{ lines: string[]; important: string }> {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program, cwd: 'samples', mounts: ['samples:/samples'], ...more });
  const { breakpoints } = await c.ask('setFunctionBreakpoints', { breakpoints: names });
  for (const breakpoint of breakpoints) expect(breakpoint).toMatchObject({ verified: true });
  await c.ask('configurationDone');
  await c.event('exited');
  const lines = c
    .output('console')
    .split('\n')
    .filter(line => /[→←]/.test(line));
  c.close();
  return { lines, important: c.output('important') };
}

const masked = (lines: string[]): string => lines.join('\n').replace(/0x[0-9a-f]{5,}/g, '0x…');

const UNOPTIMISED = `→ main.main()
goroutine N: → main.main.gowrap1()
goroutine N:   → main.worker(numbers 0x… len 0 cap 0, done 0x… len 0 cap 0)
  → main.report(fd 1, words len 2 cap 2  ["hello,", "kernel"], count len 2  {"one": 1, "two": 2}, s main.square {side: 3, name: "small"}, list 0x…)
    → main.(*square).area(s 0x…)
      → main.square.area(s {side: 3, name: "small"})
      ← main.square.area = 9
    ← main.(*square).area = 9
    → syscall.Write(fd 1, p len 14 cap 32  "hello, kernel\\n")
    ← syscall.Write = n 14, err nil
  ← main.report = n 14, err nil
goroutine N:   ← main.worker
goroutine N: ← main.main.gowrap1
← main.main`;

test.each(['go1.22-unoptimised', 'go1.27-unoptimised'])('arguments and results: %s', async name => {
  const names = [{ name: 'trace:main.*' }, { name: 'trace:syscall.Write' }];
  const { lines } = await traced(join(folder, name), names);
  expect(masked(lines).replace(/^goroutine \d+:/gm, 'goroutine N:')).toBe(UNOPTIMISED);
});

test.each(['go1.19-plain', 'go1.26-plain', 'go1.27-stripped'])('optimised: %s', async name => {
  const { lines } = await traced(join(folder, name), [{ name: 'trace:/^main.(main|report)$/' }]);
  expect(lines).toEqual([
    '→ main.main()',
    expect.stringMatching(
      name.endsWith('stripped') ? /^ {2}→ main\.report\(/ : /^ {2}→ main\.report\(fd 1, words len 2/,
    ),
    expect.stringMatching(name.endsWith('stripped') ? /^ {2}← main\.report/ : /^ {2}← main\.report = n 14, err nil$/),
    '← main.main',
  ]);
});

test.each(['c-plain', 'c-unoptimised'])('%s', async name => {
  const { lines } = await traced(join(folder, name), [], { traceFunctions: ['main', '/report|write_to/'] });
  const call =
    name === 'c-plain' ? '' : '    → write_to(fd 1, text "hello, kernel\\n", length 14)\n    ← write_to = 14\n';
  expect(masked(lines)).toBe(
    `→ main()\n  → report(fd 1, words 0x…, s {side: 3, name: "small"}, list 0x…)\n${call}  ← report = 14\n← main = 0`,
  );
});

test('a function that a panic leaves', async () => {
  const { lines } = await traced('samples/bin/panic', [{ name: 'trace:main.*' }]);
  expect(masked(lines)).toBe(`→ main.main()
  → main.try(n 0x…)
    → main.(*node).read(n 0x…)
    ← main.(*node).read = 7
    → main.try.func1()
    ← main.try.func1
  ← main.try = err nil
  → main.try(n nil)
    → main.(*node).read(n nil)
      → main.try.func1()
      ← main.try.func1
  ← main.try = err *errors.errorString 0x…`);
});

test('a condition holds for the whole call; what does not exist is said', async () => {
  const wish = { name: 'trace:main.work', condition: 'worker == 3' };
  const { lines, important } = await traced('samples/bin/goroutines', [wish], { traceFunctions: ['main.wrok'] });
  expect(masked(lines)).toMatch(
    /^goroutine (\d+): → main\.work\(worker 3, workers 4, results 0x… len 0 cap 0\)\ngoroutine \1: ← main\.work$/,
  );
  expect(important).toMatch(/^traceFunctions: The program has no function main\.wrok/);
});
