/**
 * The programs of the benchmark, with little work: built for GOAMD64=v1 and v2 they print on Ring 3 what they print on
 * the machine itself, or, where that is no x86-64 Linux, what both levels agree on. And the command that measures them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { BASKET, type BasketRow, buildBasket, findTools, type GoLevel, type Tools } from '../../cli/basket.ts';
import { ring3 } from '../cli/shell.ts';
import { hasGo } from '../go.ts';
import { BOUND, load } from '../machine/guest.ts';

async function emulated(program: string, row: BasketRow): Promise<string> {
  const guest = await load(program, { args: [String(row.small)] });
  const stop = await guest.machine.run({ maxInstructions: BOUND });
  expect(stop, guest.stderr()).toEqual({ is: 'exited', status: 0 });
  expect(guest.stderr()).toMatch(/^time \d+ ns\n$/);
  return guest.stdout();
}

describe.skipIf(!hasGo)('the basket', () => {
  let tools: Tools;
  const built = new Map<GoLevel, Map<string, string>>();
  beforeAll(() => {
    tools = findTools();
    // The standard library may have to be compiled for the level first.
    for (const level of ['v1', 'v2'] as const) built.set(level, buildBasket(tools, BASKET, level));
  }, 600_000);

  test.each(BASKET)('$name: v1 and v2 as natively', { timeout: 300_000 }, async (row: BasketRow) => {
    const programs = [...built.values()].flatMap(level => level.get(row.source) ?? []);
    if (row.language === 'c' && !tools.cc) return;
    expect(programs).toHaveLength(2);
    let expected: string | undefined;
    for (const program of programs) {
      if (tools.native) {
        const { status, stdout } = spawnSync(program, [String(row.small)], { encoding: 'utf8' });
        expect(status).toBe(0);
        expected = stdout;
      }
      const printed = await emulated(program, row);
      expected ??= printed;
      expect(printed).toBe(expected);
    }
  });

  test('the hashes are SHA-256', async () => {
    for (const source of ['sha256generic', 'sha256std']) {
      const row = BASKET.find(candidate => candidate.source === source)!;
      const message = Uint8Array.from({ length: row.small << 20 }, (_, i) => (i * 7) >> 3);
      expect(await emulated(built.get('v1')!.get(source)!, row)).toBe(
        `${createHash('sha256').update(message).digest('hex')}\n`,
      );
    }
  });
});

describe.skipIf(!hasGo)('ring3 bench', () => {
  test('measures what was asked for, as JSON', { timeout: 300_000 }, async () => {
    const { code, stdout, stderr } = await ring3([
      'bench',
      '--json',
      '--quick',
      '--runs',
      '1',
      '--only',
      '^fib$|engine',
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('fib') });
    const report = JSON.parse(stdout);
    expect(report.programs.map((program: { source: string }) => program.source)).toEqual(['fib']);
    const [{ best }] = report.programs;
    expect(best.ring3.seconds).toBeGreaterThan(0);
    expect(best.ring3.own).toBeGreaterThan(0);
    expect(report.versions).toMatchObject({ node: process.versions.node, go: expect.stringContaining('go1.') });
    expect(report.machine.processors).toBeGreaterThan(0);
    if (best.qemu) {
      expect(report.programs[0].timesQemu).toBeCloseTo(best.qemu.seconds / best.ring3.seconds);
      expect(report.geometricMean.timesQemu).toBeCloseTo(report.programs[0].timesQemu);
    }
    expect(report.engine.helloInstructions).toBeGreaterThan(100_000);
    expect(report.engine.stepsPerSecond).toBeGreaterThan(0);
    expect(report.engine.helloMilliseconds).toBeGreaterThan(report.engine.startMilliseconds);
  });

  test('as the README shows it', { timeout: 300_000 }, async () => {
    const { code, stdout } = await ring3(['bench', '--markdown', '--quick', '--runs', '1', '--only', '^fib$']);
    expect(code).toBe(0);
    const [head, rule, row, mean] = stdout.split('\n');
    expect(head).toMatch(/^\| program \| native \| qemu-user \| Ring 3 \|/);
    expect(rule).toMatch(/^\| --- \|( ---: \|)+$/);
    expect(row).toMatch(/^\| fib \| /);
    expect(mean).toMatch(/^\| \*\*geometric mean\*\* \|/);
    for (const line of [rule, row, mean]) expect(line.split('|')).toHaveLength(head.split('|').length);
  });

  test('names what there is when nothing matches', async () => {
    const { code, stderr } = await ring3(['bench', '--only', 'nosuch']);
    expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringMatching(/matches none of .*fib.*engine/) });
    expect((await ring3(['bench', '--only', '('])).stderr).toContain('--only');
    expect((await ring3(['bench', 'fib'])).stderr).toContain('takes options only');
  });
});
