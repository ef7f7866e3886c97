/** Damaged files: clear errors or less knowledge, never another exception, never a hang. */
import { expect, test } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { formatValue } from '../../emulator/abi/go-values.ts';
import { SymbolError } from '../../emulator/symbols/bytes.ts';
import { readLineHeader, runLineProgram } from '../../emulator/symbols/dwarf/line.ts';
import { evaluateLocation, readLocations } from '../../emulator/symbols/dwarf/locations.ts';
import { openTypes } from '../../emulator/symbols/dwarf/types.ts';
import { type DwarfSections, openUnits } from '../../emulator/symbols/dwarf/units.ts';
import { parseElf } from '../../emulator/symbols/elf.ts';
import { channelContent, mapEntries } from '../../emulator/symbols/go-containers.ts';
import { parsePclntab } from '../../emulator/symbols/pclntab.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';
import { valueContext } from '../../emulator/symbols/value-context.ts';
import { bytesOf, frameVariables, locate, packageVariables } from '../../emulator/symbols/variables.ts';
import { sample } from './guest.ts';

/** mulberry32: the same damage in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];

/** Asks everything once; only a SymbolError may come out. */
function exercise(file: Uint8Array): 'refused' | 'read' {
  try {
    const p = loadProgram(file, 0);
    const main = p.functionNamed('main.main') ?? p.functionNamed('_start');
    p.searchFunctions('Syscall6', 3);
    for (const f of [main, p.functionAt(p.entry), p.functionNamed('runtime.casgstatus')]) {
      if (!f) continue;
      p.prologueEnd(f);
      p.lineAt(f.entry);
      p.lineRange(f.entry);
      p.inlinedAt(f.entry + 8);
      p.spDelta(f.entry + 8);
      p.parameters(f)?.map(q => [q.type.name, q.type.fields?.length, q.type.element?.()?.name]);
      p.symbolAt(f.entry + 1);
      showVariables(p, f.entry + 24);
    }
    p.pcsForLine('main.go', 6);
    p.sourceFiles();
    p.goroutines({ read: p.readImage });
    return 'read';
  } catch (error) {
    if (error instanceof SymbolError && error.message.length > 10) return 'refused';
    throw error;
  }
}

/** Every variable there, as far as it has a place, with its text: memory is the file's own. */
function showVariables(program: Program, pc: number): void {
  const registers = new BigUint64Array(amd64.registerCells);
  amd64.setPc(registers, pc);
  amd64.setSp(registers, program.elf.segments[0]?.address ?? 0x400000);
  const memory = { read: program.readImage };
  const values = valueContext(program, memory);
  for (const frame of program.unwind(amd64, registers, memory, 4)) {
    const context = { program, arch: amd64, memory, frame, registers };
    for (const variable of [...frameVariables(context), ...packageVariables(context).slice(0, 50)]) {
      const located = locate(variable, context);
      if (located.is !== 'pieces') continue;
      const bytes = bytesOf(located.pieces, Math.min(variable.type.size, 1 << 16), context);
      if (bytes) formatValue(variable.type, bytes, { ...values, follow: true });
    }
  }
}

/** Damages a few bytes within `ranges` of a copy, or cuts the file. */
function mutate(original: Uint8Array, ranges: readonly (readonly [number, number])[], next: () => number): Uint8Array {
  if (next() < 0.05) return original.subarray(0, Math.floor(next() * original.length));
  const file = original.slice();
  const count = 1 + Math.floor(next() * 12);
  for (let i = 0; i < count; i++) {
    const [start, end] = ranges[Math.floor(next() * ranges.length)];
    const at = Math.min(file.length - 9, start + Math.floor(next() * (end - start)));
    if (next() < 0.3) for (let k = 0; k < 8; k++) file[at + k] = next() < 0.5 ? 0xff : Math.floor(next() * 256);
    else file[at] = next() < 0.5 ? INTERESTING[Math.floor(next() * INTERESTING.length)] : Math.floor(next() * 256);
  }
  return file;
}

function rangesOf(file: Uint8Array, names: readonly string[]): [number, number][] {
  const elf = parseElf(file);
  return elf.sections.filter(s => names.includes(s.name)).map(s => [s.offset, s.offset + s.size]);
}

/** A copy with its compressed sections stored plainly at the end, so that damage reaches DWARF and not only zlib. */
function inflated(file: Uint8Array): Uint8Array {
  const elf = parseElf(file);
  const view = new DataView(file.buffer, file.byteOffset);
  const table = Number(view.getBigUint64(40, true));
  const parts: Uint8Array[] = [];
  const headers: { at: number; offset: number; size: number }[] = [];
  let length = file.length;
  for (const s of elf.sections) {
    if (!(s.flags & 0x800)) continue;
    const bytes = elf.data(s);
    headers.push({ at: table + s.index * 64, offset: length, size: bytes.length });
    parts.push(bytes);
    length += bytes.length;
  }
  const result = new Uint8Array(length);
  result.set(file);
  let at = file.length;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  const out = new DataView(result.buffer);
  for (const h of headers) {
    out.setBigUint64(h.at + 8, 0n, true);
    out.setBigUint64(h.at + 24, BigInt(h.offset), true);
    out.setBigUint64(h.at + 32, BigInt(h.size), true);
  }
  return result;
}

/** Whole programs take tens of milliseconds each; the parsers alone are fuzzed far more below. */
const ROUNDS = Number(process.env.RING3_FUZZ_ROUNDS ?? 25);
const PARSER_ROUNDS = ROUNDS * 40;

const plain = inflated(sample('hello'));
const areas: [string, Uint8Array, (file: Uint8Array) => [number, number][]][] = [
  [
    'ELF headers',
    sample('asm-hello'),
    f => [
      [0, 64],
      [64, 400],
      [f.length - 700, f.length],
    ],
  ],
  [
    'compressed sections',
    sample('hello'),
    f => rangesOf(f, ['.debug_info', '.debug_line', '.debug_abbrev', '.symtab', '.strtab']),
  ],
  ['pclntab', plain, f => rangesOf(f, ['.gopclntab']).map(([start, end]) => [start, Math.min(end, start + 120_000)])],
  ['pclntab header', plain, f => rangesOf(f, ['.gopclntab']).map(([start]) => [start, start + 80])],
  ['module data and build information', plain, f => rangesOf(f, ['.go.module', '.go.buildinfo', '.noptrdata'])],
  ['abbreviations', plain, f => rangesOf(f, ['.debug_abbrev'])],
  ['debug entries', plain, f => rangesOf(f, ['.debug_info'])],
  ['line programs', plain, f => rangesOf(f, ['.debug_line'])],
  ['lists and addresses', plain, f => rangesOf(f, ['.debug_loclists', '.debug_rnglists', '.debug_addr'])],
];

test.each(areas)('damaged %s', (name, file, ranges) => {
  expect(exercise(file)).toBe('read');
  const next = random(name.length * 7919);
  const where = ranges(file);
  expect(where.length).toBeGreaterThan(0);
  let slowest = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const started = performance.now();
    exercise(mutate(file, where, next));
    slowest = Math.max(slowest, performance.now() - started);
  }
  // Generous: the machine may be busy. What it must not do is hang.
  expect(slowest).toBeLessThan(20_000);
});

// The parsers by themselves, on damaged tables.

const elf = parseElf(plain);
const pclntab = elf.data(elf.section('.gopclntab')!);
const textStart = elf.section('.text')!.address;

/** Damage near the start and here and there; the whole is copied only where it is damaged. */
function damage(bytes: Uint8Array, next: () => number, count = 4): () => void {
  const undo: [number, number][] = [];
  for (let i = 0; i < count; i++) {
    const at = Math.floor((next() < 0.3 ? Math.min(128, bytes.length) : bytes.length) * next());
    undo.push([at, bytes[at]]);
    bytes[at] = next() < 0.5 ? INTERESTING[Math.floor(next() * INTERESTING.length)] : Math.floor(next() * 256);
  }
  return () => {
    for (const [at, value] of undo.reverse()) bytes[at] = value;
  };
}

function survives(rounds: number, bytes: Uint8Array, use: (next: () => number) => void): void {
  const next = random(rounds + bytes.length);
  for (let i = 0; i < rounds; i++) {
    const restore = damage(bytes, next, 1 + Math.floor(next() * 6));
    try {
      use(next);
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
    } finally {
      restore();
    }
  }
}

test('pclntab by itself', () => {
  // Enough of the table for a few hundred functions; the rest lies outside, as in a cut file.
  const part = pclntab.slice(0, 150_000);
  new DataView(part.buffer).setBigUint64(8, 400n, true);
  survives(PARSER_ROUNDS, part, next => {
    const table = parsePclntab(part, textStart);
    for (let i = 0; i < 12; i++) {
      const f = table.function(Math.floor(next() * table.count));
      const pc = f.entry + Math.floor(next() * 64);
      table.functionAt(pc);
      table.name(f);
      table.file(f, pc);
      table.line(f, pc);
      table.spDelta(f, pc);
      table.inlined(f, pc, textStart, elf.read);
      if (i === 0) table.rows(f);
    }
  });
});

test('units, entries, types and locations by themselves', () => {
  const full = Object.fromEntries(
    (
      [
        'info',
        'abbrev',
        'line',
        'lineStr',
        'str',
        'strOffsets',
        'addr',
        'loc',
        'loclists',
        'ranges',
        'rnglists',
      ] as const
    ).map(name => [
      name,
      (elf.debugSection(name.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`)) ?? new Uint8Array(0)).slice(),
    ]),
  ) as unknown as DwarfSections;
  // The first units only: an index of all of them would be built anew in every round.
  const first = openUnits(full).units;
  const sections = { ...full, info: full.info.slice(0, first[Math.min(2, first.length - 1)].end) };
  for (const bytes of [sections.info, sections.abbrev, sections.loclists, sections.rnglists, sections.addr]) {
    if (bytes.length === 0) continue;
    survives(PARSER_ROUNDS / 5, bytes, () => {
      const units = openUnits(sections);
      const typeOf = openTypes(units);
      let seen = 0;
      for (const unit of units.units) {
        const root = units.root(unit);
        if (!root) continue;
        units.ranges(root);
        for (const die of units.children(root)) {
          if (seen++ > 60) break;
          units.ranges(die);
          for (const child of units.children(die)) {
            if (seen++ > 60) break;
            for (const { expression } of readLocations(units, child).slice(0, 4)) {
              evaluateLocation(expression, { register: () => 1n, cfa: 4096, read: () => new Uint8Array(8), bias: 0 });
            }
            typeOf(units.reference(child, 0x49));
          }
        }
      }
    });
  }
});

test('values of every type of a program, in memory that is nonsense', () => {
  const program = loadProgram(plain);
  const next = random(11);
  const address = (): number => Math.floor(next() * 64) * 8;
  // A small memory of small numbers: most words are addresses in it, so that pointers lead round and round.
  const bytes = new Uint8Array(1024);
  const memory = {
    read: (at: number, length: number) => (at < 0 ? new Uint8Array(0) : bytes.slice(at, Math.min(at + length, 1024))),
  };
  const values = valueContext(program, memory);
  const names = [
    'main.main',
    'runtime.g',
    'runtime.m',
    'runtime.mheap',
    'runtime.schedt',
    'runtime.sudog',
    'runtime._defer',
  ];
  const types = names
    .map(name => program.dwarf?.typeNamed(name, program.entry))
    .concat((program.dwarf?.globalsAt(program.functionNamed('runtime.casgstatus')!.entry) ?? []).map(v => v.type))
    .filter(type => type !== undefined);
  expect(types.length).toBeGreaterThan(100);
  let entries = 0;
  for (let i = 0; i < PARSER_ROUNDS; i++) {
    for (let k = 0; k < 1024; k += 8) {
      new DataView(bytes.buffer).setBigUint64(
        k,
        next() < 0.9 ? BigInt(address()) : BigInt(Math.floor(next() * 2 ** 52)),
        true,
      );
    }
    const type = types[Math.floor(next() * types.length)];
    const text = formatValue(type, memory.read(address(), type.size), { ...values, follow: next() < 0.5 });
    expect(text.length).toBeLessThan(100_000);
    if (type.kind === 'map') for (const _ of mapEntries(memory, type, address())) if (entries++ % 1000 === 999) break;
    if (type.kind === 'chan') channelContent(memory, type, address())?.items(0, 100);
  }
});

test('line programs by themselves', () => {
  const sections = {
    line: elf.debugSection('line')!.slice(0, 40_000),
    lineStr: new Uint8Array(0),
    str: new Uint8Array(0),
  } as DwarfSections;
  survives(PARSER_ROUNDS, sections.line, () => {
    const header = readLineHeader(sections, 0, '/', 8);
    if (header) runLineProgram(sections, header);
  });
});

test('location expressions by themselves', () => {
  const next = random(5);
  for (let i = 0; i < PARSER_ROUNDS * 5; i++) {
    const expression = Uint8Array.from({ length: 1 + Math.floor(next() * 24) }, () => Math.floor(next() * 256));
    evaluateLocation(expression, {
      register: n => (n < 17 ? BigInt(n) : undefined),
      cfa: 64,
      frameBase: expression,
      read: (_, n) => new Uint8Array(Math.min(n, 4)),
      bias: 0,
    });
  }
});

test('no file at all', () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array([0x7f, 0x45, 0x4c, 0x46]), new Uint8Array(64).fill(255)]) {
    expect(() => loadProgram(bytes)).toThrow(SymbolError);
  }
});
