/**
 * One C program with its debug information in every form that compilers and distributions give it: versions of DWARF,
 * 32 and 64 bits, type units, compressed, in a file of its own. What a debugger gets to know must be the same.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import type { ValueType } from '../../emulator/abi/go-abi.ts';
import { parseElf } from '../../emulator/symbols/elf.ts';
import { inflateSection } from '../../emulator/symbols/inflate.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';
import { crc32, debugFileNames, withDebugFile } from '../../emulator/symbols/separate-debug.ts';
import { converse } from '../dap/conversation.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'ring3-forms-'));
const source = join(import.meta.dirname, '../dap/guests/forms.c');
const hasGcc = spawnSync('gcc', ['--version']).status === 0;

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

/** gcc's options; undefined when it does not know them. */
function build(name: string, ...options: string[]): Program | undefined {
  const made = spawnSync('gcc', ['-static', ...options, '-o', name, source], { cwd: folder });
  return made.status === 0 ? loadProgram(read(name)) : undefined;
}

function typeText(type: ValueType, depth = 3): string {
  const fields = depth > 0 ? type.fields?.map(f => `${f.name}@${f.offset} ${typeText(f.type, depth - 1)}`) : undefined;
  const element = depth > 0 ? type.element?.() : undefined;
  return `${type.kind} ${type.name} ${type.size}${fields ? ` {${fields.join('; ')}}` : ''}${element ? ` → ${typeText(element, depth - 1)}` : ''}`;
}

/** What is known of the functions: arguments, lines and inlined calls at each instruction, variables with types. */
function knowledge(program: Program, dwarf = true): string {
  const lines: string[] = [];
  for (const name of ['sum', 'main']) {
    const f = program.functionNamed(name)!;
    lines.push(`${name} ${f.file?.split('/').pop()}:${f.line}, body at +${program.prologueEnd(f) - f.entry}`);
    if (dwarf) for (const p of program.parameters(f) ?? []) lines.push(`  argument ${p.name} ${typeText(p.type)}`);
    let last = '';
    for (let pc = f.entry; pc < f.end; pc++) {
      const at = program.lineAt(pc);
      const calls = program.inlinedAt(pc).map(c => ` in ${c.name} called on ${c.callLine}`);
      const own = program.dwarf?.functionAt(pc);
      const variables = own ? program.dwarf!.variablesAt(own, pc, 0) : [];
      const shown = variables.map(v => {
        const here = v.locations.find(l => pc >= l.low && pc < l.high);
        return ` ${v.name} ${v.type.name} ${here ? [...here.expression].join('.') : '-'}`;
      });
      const text = dwarf ? `${at?.line}${calls}${shown}` : `${at?.line}`;
      if (text !== last) lines.push(`  +${pc - f.entry} ${text}`);
      last = text;
    }
  }
  if (dwarf)
    lines.push(`total ${typeText(program.dwarf!.globalNamed('total', program.functionNamed('sum')!.entry)!.type)}`);
  return lines.join('\n');
}

describe.runIf(hasGcc)('C', () => {
  const FORMS = [
    ['DWARF 5', '-gdwarf-5'],
    ['DWARF 3', '-gdwarf-3'],
    ['type units of version 4', '-gdwarf-4', '-fdebug-types-section'],
    ['type units of version 5', '-gdwarf-5', '-fdebug-types-section'],
    ['64-bit DWARF', '-gdwarf-5', '-gdwarf64'],
    ['zlib', '-gdwarf-5', '-gz=zlib'],
    ['the older form of zlib', '-gdwarf-4', '-gz=zlib-gnu'],
  ];
  describe.each(['-O0', '-O2'])('%s', level => {
    const plain = build(`plain${level}`, level, '-gdwarf-4')!;
    const all = knowledge(plain);

    test('version 4 tells what the source says', () => {
      expect(all).toMatch(/sum forms\.c:10/);
      expect(all).toContain(
        'argument l pointer struct list * 8 → struct list 24 {at@0 struct point 8 {x@0 int int 4; y@4 int int 4}; next@8',
      );
      expect(all).toContain('argument by int int 4');
      expect(all).toContain('total int int 4');
      if (level === '-O2') expect(all).toMatch(/ in weigh called on 13/);
    });

    test.each(FORMS)('%s', (name, ...options) => {
      const program = build(name.replaceAll(' ', '-') + level, level, ...options);
      if (program) expect(knowledge(program)).toBe(all);
    });

    test('Zstandard', () => {
      const name = `zstd${level}`;
      const made = spawnSync('objcopy', ['--compress-debug-sections=zstd', `plain${level}`, name], { cwd: folder });
      if (made.status === 0) expect(knowledge(loadProgram(read(name)))).toBe(all);
    });

    test('in another file, by link', () => {
      const run = (...args: string[]) => execFileSync('objcopy', args, { cwd: folder });
      run('--only-keep-debug', `plain${level}`, `own${level}.debug`);
      run('--strip-debug', `--add-gnu-debuglink=own${level}.debug`, `plain${level}`, `bare${level}`);
      const bare = parseElf(read(`bare${level}`));
      expect(loadProgram(bare).hasDwarf).toBe(false);
      const names = debugFileNames(bare, `${folder}/bare${level}`);
      expect(names.map(({ path }) => path).filter(path => !path.includes('.build-id'))).toEqual([
        `${folder}/own${level}.debug`,
        `${folder}/.debug/own${level}.debug`,
        `/usr/lib/debug${folder}/own${level}.debug`,
      ]);
      const file = read(`own${level}.debug`);
      const link = names.find(({ path }) => path === `${folder}/own${level}.debug`)!;
      expect(knowledge(loadProgram(withDebugFile(bare, link.open(file))))).toBe(all);
      // Another build's file is refused, and so is one of another program.
      const other = file.slice();
      other[other.length - 1] ^= 1;
      expect(() => link.open(other)).toThrow(/another build/);
      expect(() => withDebugFile(bare, parseElf(read(`plain${level}`)))).not.toThrow();
      const hello = parseElf(new Uint8Array(readFileSync(join(import.meta.dirname, '../../samples/bin/hello'))));
      expect(() => withDebugFile(bare, hello)).toThrow(/stands elsewhere/);
      // A program that has its own looks for none.
      expect(debugFileNames(parseElf(read(`plain${level}`)), '/x')).toEqual([]);
    });
  });

  test('by build id, and through the adapter', async () => {
    if (!build('identified', '-O0', '-g', '-Wl,--build-id=0x0123456789abcdef')) return;
    execFileSync('objcopy', ['--only-keep-debug', 'identified', 'identified.debug'], { cwd: folder });
    execFileSync('objcopy', ['--strip-all', 'identified', 'identified-bare'], { cwd: folder });
    const [name] = debugFileNames(parseElf(read('identified-bare')), join(folder, 'identified-bare'));
    expect(name.path).toBe('/usr/lib/debug/.build-id/01/23456789abcdef.debug');
    expect(() => name.open(read('plain-O0'))).toThrow(/another build/);
    const env = adapterEnvironment({ folder });
    const away = (path: string): string => (path === name.path ? join(folder, 'identified.debug') : path);
    const c = converse({ ...env, look: path => env.look(away(path)), readFile: path => env.readFile(away(path)) });
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('launch', { program: 'identified-bare', stopOnEntry: 'main' });
    await c.ask('configurationDone');
    const { threadId } = await c.event('stopped');
    expect(c.output('console')).toContain(`Debug information comes from ${name.path}.`);
    const [frame] = (await c.ask('stackTrace', { threadId })).stackFrames;
    expect(frame).toMatchObject({ name: 'main', line: 21 });
    expect((await c.ask('evaluate', { expression: 'one.at.x + 0', frameId: frame.id })).result).toMatch(/^\d|-/);
    c.close();
  });

  test('split: lines without the other file, and a word about it', async () => {
    const program = build('split', '-O0', '-gdwarf-5', '-gsplit-dwarf', '-dumpdir', 'split')!;
    const plain = loadProgram(read('plain-O0'));
    expect(knowledge(program, false)).toBe(knowledge(plain, false));
    expect(program.dwarf!.splitFile(program.functionNamed('sum')!.entry)).toMatch(/\.dwo$/);
    expect(plain.dwarf!.splitFile(plain.functionNamed('sum')!.entry)).toBeUndefined();
    const c = converse(adapterEnvironment({ folder }));
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('launch', { program: 'split', stopOnEntry: 'main' });
    await c.ask('configurationDone');
    const { threadId } = await c.event('stopped');
    const [{ id: frameId, line }] = (await c.ask('stackTrace', { threadId })).stackFrames;
    expect(line).toBe(21);
    await c.ask('scopes', { frameId });
    await c.ask('scopes', { frameId });
    expect(c.output('important').match(/split DWARF/g)).toHaveLength(1);
    c.close();
  });
});

test('Zstandard in a section: a frame with a block as it is, and one of a repeated byte', () => {
  const header = new Uint8Array(24);
  const view = new DataView(header.buffer);
  view.setUint32(0, 2, true);
  view.setUint32(8, 9, true);
  // Magic; a frame of one segment with its size in a byte; a raw block of 4, a last block that repeats a byte 5 times.
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, 4 << 3, 0, 0, 1, 2, 3, 4, (5 << 3) | 3, 0, 0, 7];
  const section = Uint8Array.from([...header, ...frame]);
  expect([...inflateSection(section, '.debug_info')]).toEqual([1, 2, 3, 4, 7, 7, 7, 7, 7]);
  for (let i = 0; i < section.length; i++)
    for (const bit of [1, 0x80]) {
      const broken = section.slice();
      broken[i] ^= bit;
      try {
        inflateSection(broken, '.debug_info');
      } catch (error) {
        expect((error as Error).name).toBe('SymbolError');
      }
    }
});

test("sections are inflated beside other work by the host's decompressor", async () => {
  const elf = parseElf(new Uint8Array(readFileSync(join(import.meta.dirname, '../../samples/bin/hello'))));
  const compressed = elf.sections.filter(({ flags, name }) => name.startsWith('.debug_') && flags & 0x800);
  expect(compressed.length).toBeGreaterThan(3);
  const fresh = parseElf(new Uint8Array(readFileSync(join(import.meta.dirname, '../../samples/bin/hello'))));
  await fresh.inflateAhead();
  for (const section of compressed)
    expect(Buffer.compare(fresh.data(fresh.sections[section.index]), elf.data(section))).toBe(0);
});

test('the CRC is that of zlib', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});
