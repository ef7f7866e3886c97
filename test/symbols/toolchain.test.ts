/**
 * Programs built here and now, compared with what Go's own tools say of them: `go tool nm` for functions, `go tool
 * addr2line` for lines. Also with other toolchains: RING3_GO_VERSIONS=1.21.13,1.24.9,1.27.0 (they are downloaded).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { layoutFromDwarf, layoutFromTable } from '../../emulator/symbols/goroutines.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';
import { stacksThatEndElsewhere, walkFileTo } from './walk.ts';

const SOURCE = `package main

import (
	"fmt"
	"os"
	"strings"
)

type point struct {
	x, y int
	name string
}

type shape interface{ area() float64 }

func (p point) area() float64 { return float64(p.x * p.y) }

//go:noinline
func many(a int, b string, c []byte, d float64, e point, f shape, g [1]int, h [2]int, i *int, j func()) (string, error) {
	if a > 3 {
		return b, fmt.Errorf("%v %v %v %v %v %v", d, e, f, g, h, i)
	}
	j()
	return strings.ToUpper(b) + string(c), nil
}

func main() {
	x := 5
	s, err := many(len(os.Args), "hi", []byte("abc"), 1.5, point{1, 2, "p"}, point{3, 4, "q"}, [1]int{1}, [2]int{1, 2}, &x, func() {})
	fmt.Println(s, err)
}
`;

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A cold build cache compiles the standard library first. */
vi.setConfig({ testTimeout: 300_000 });

/** Without Go the tests are skipped, loudly; under CI a missing toolchain is a failure. */
const skip = !hasGo() && process.env.CI !== 'true';
if (skip) console.warn('There is no Go on the PATH: the comparison with its tools is skipped.');

const versions = ['local', ...(process.env.RING3_GO_VERSIONS?.split(',') ?? [])];
const modes: [string, string[]][] = [
  ['executable', []],
  ['without inlining and optimisation', ['-gcflags=-N -l']],
  ['position-independent', ['-buildmode=pie']],
  ['stripped', ['-ldflags=-s -w']],
  ['position-independent, stripped', ['-buildmode=pie', '-ldflags=-s -w']],
];

describe.skipIf(skip).each(versions)('Go %s', version => {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-symbols-'));
  const env = {
    ...process.env,
    GOFLAGS: '-buildvcs=false',
    CGO_ENABLED: '0',
    GOTOOLCHAIN: version === 'local' ? 'local' : `go${version}`,
  };
  const go = (...args: string[]): string =>
    execFileSync('go', args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  const build = (flags: string[], name: string): Program => {
    go('build', ...flags, '-o', name, '.');
    return loadProgram(new Uint8Array(readFileSync(join(folder, name))));
  };

  /** [address, name] of every function; the plain build stands for its stripped twin, which has the same code. */
  const functionsOf = (name: string): [number, string][] =>
    go('tool', 'nm', name)
      .split('\n')
      .flatMap(line => {
        const match = line.match(/^\s*([0-9a-f]+) [tT] (\S+)$/);
        // Marks of the linker, and generated functions of types local to a function, which nm spells differently.
        if (match && (/^runtime\.e?text$/.test(match[2]) || /^type:.*\.\d+$/.test(match[2]))) return [];
        return match ? [[Number.parseInt(match[1], 16), match[2]] as [number, string]] : [];
      });

  beforeAll(() => {
    writeFileSync(join(folder, 'go.mod'), 'module example.com/sample\n\ngo 1.21\n');
    writeFileSync(join(folder, 'main.go'), SOURCE);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(modes)('%s: functions, lines, where main begins', (_, flags) => {
    const name = 'program';
    const p = build(flags, name);
    const stripped = flags.includes('-ldflags=-s -w');
    const main = p.functionNamed('main.main')!;
    expect(main.line).toBe(27);
    expect(p.prologueEnd(main)).toBeGreaterThan(main.entry);
    expect(p.prologueEnd(main) - main.entry).toBeLessThan(48);
    const onLine = p.pcsForLine(join(folder, 'main.go'), 28)!;
    expect(onLine.line).toBe(28);
    expect(p.functionAt(onLine.addresses[0])).toBe(main);
    if (stripped) return;

    const functions = functionsOf(name);
    expect(functions.length).toBeGreaterThan(1000);
    const wrong = functions.filter(([address, symbol]) => {
      const f = p.functionAt(address);
      return !f || f.entry !== address || (f.name !== symbol && `${f.name}.abi0` !== symbol);
    });
    expect(wrong).toEqual([]);

    // Every 37th function, at its entry and a little behind it.
    const asked = functions.filter((__, i) => i % 37 === 0).flatMap(([address]) => [address, address + 9]);
    const answers = execFileSync('go', ['tool', 'addr2line', name], {
      cwd: folder,
      env,
      encoding: 'utf8',
      input: asked.map(a => `0x${a.toString(16)}\n`).join(''),
    }).split('\n');
    const differences = asked.flatMap((address, i) => {
      const theirName = answers[2 * i];
      // Padding has no line; addr2line then prints a negative one.
      const theirPosition = answers[2 * i + 1].replace(/^.*:-\d+$/, '?:0');
      const line = p.lineAt(address);
      const ours = line ? `${line.file}:${line.line}` : '?:0';
      const f = p.functionAt(address);
      return theirPosition === ours && (theirName === f?.name || theirName === `${f?.name}.abi0`)
        ? []
        : [`0x${address.toString(16)}: ${theirName} ${theirPosition}, ours ${f?.name} ${ours}`];
    });
    expect(differences).toEqual([]);
  });

  test('a stripped program has the same functions at the same places', () => {
    const plain = build([], 'plain');
    const bare = build(['-ldflags=-s -w'], 'bare');
    expect(bare.hasDwarf).toBe(false);
    const offset =
      bare.functionNamed('runtime.text')?.entry ??
      bare.functionNamed('main.main')!.entry - plain.functionNamed('main.main')!.entry;
    let compared = 0;
    for (const f of plain.searchFunctions(/^(main|fmt|os)\./, 400)) {
      const twin = bare.functionAt(f.entry + offset);
      expect(twin?.name).toBe(f.name);
      expect(bare.inlinedAt(f.entry + offset + 16)).toEqual(plain.inlinedAt(f.entry + 16));
      compared++;
    }
    expect(compared).toBeGreaterThan(50);
  });

  test.each([
    ['executable', []],
    ['stripped', ['-ldflags=-s -w']],
    ['unoptimised', ['-gcflags=-N -l']],
  ])('%s: on the machine, every stack leads back to where its goroutine began', async (_, flags) => {
    build(flags, 'walked');
    const walk = await walkFileTo('walked', new Uint8Array(readFileSync(join(folder, 'walked'))), 'main.main');
    const { bad, good } = await stacksThatEndElsewhere(walk, 800);
    expect(bad).toEqual([]);
    expect(good).toBeGreaterThan(500);
  });

  test('the table of goroutine fields is what debug information says', () => {
    const p = build([], 'plain');
    expect(layoutFromTable(p.goMinor)).toEqual(layoutFromDwarf(p));
  });
});
