/** The assignment of ABIInternal: by hand for the rules, and against what the compiler wrote into real binaries. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { amd64Conventions } from '../../emulator/abi/amd64/roles.ts';
import { assignValues, NO_REGISTERS, type Value, type ValueType } from '../../emulator/abi/go-abi.ts';
import { evaluateLocation } from '../../emulator/symbols/dwarf/locations.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';
import { goBuild, hasGo } from '../go.ts';
import { loadSample } from './guest.ts';

const int: ValueType = { kind: 'int', name: 'int', size: 8 };
const int8: ValueType = { kind: 'int', name: 'int8', size: 1 };
const float64: ValueType = { kind: 'float', name: 'float64', size: 8 };
const string: ValueType = { kind: 'string', name: 'string', size: 16 };
const array = (length: number, of: ValueType): ValueType => ({
  kind: 'array',
  name: `[${length}]${of.name}`,
  size: of.size * length,
  length,
  element: () => of,
});
const struct = (...types: ValueType[]): ValueType => {
  let offset = 0;
  const fields = types.map((type, i) => {
    const at = offset;
    offset += type.size;
    return { name: `f${i}`, offset: at, type };
  });
  return { kind: 'struct', name: 'struct', size: offset, fields };
};

const signature = (args: ValueType[], results: ValueType[] = []): Value[] => [
  ...args.map((type, i) => ({ name: `a${i}`, type, isResult: false })),
  ...results.map((type, i) => ({ name: `r${i}`, type, isResult: true })),
];

const places = (values: Value[], registers = amd64Conventions.goInternal) =>
  assignValues(values, registers).map(a =>
    a.registers ? a.registers.map(r => r.register).join(' ') : `stack ${a.stackOffset}`,
  );

test('integers, strings and floats take registers in order; results start anew', () => {
  expect(places(signature([int, string, float64, int8], [string, float64]))).toEqual([
    'rax',
    'rbx rcx',
    'xmm0',
    'rdi',
    'rax rbx',
    'xmm0',
  ]);
});

test('structs by field, arrays of one by their element, longer ones on the stack', () => {
  expect(places(signature([struct(int, float64, string), array(1, int), array(2, int), array(0, int), int]))).toEqual([
    'rax xmm0 rbx rcx',
    'rdi',
    'stack 0',
    '',
    'rsi',
  ]);
});

test('a value that does not fit goes to the stack whole, and smaller ones behind it still get registers', () => {
  const four = struct(string, string);
  expect(places(signature([four, four, string, int]))).toEqual(['rax rbx rcx rdi', 'rsi r8 r9 r10', 'stack 0', 'r11']);
});

test('stack order: arguments, results, then the spill area', () => {
  const values = signature([array(2, int8), int8, int], [array(3, int8)]);
  const assigned = assignValues(values, amd64Conventions.goInternal);
  expect(assigned.map(a => a.stackOffset)).toEqual([0, 16, 24, 8]);
});

test('ABI0: every value in its slot, results aligned behind the arguments', () => {
  expect(places(signature([int8, int, int8], [int, int8]), NO_REGISTERS as never)).toEqual([
    'stack 0',
    'stack 8',
    'stack 16',
    'stack 24',
    'stack 32',
  ]);
});

/** What the compiler's location lists say of arguments at the entries of functions, beside our assignment. */
interface Agreement {
  functions: number;
  arguments: number;
  /** In the same registers, or in the same slot of the stack. */
  same: number;
  /** The compiler names the slot that the function will copy the registers to, for its whole life. */
  home: number;
  /** The compiler says nothing at the entry: why. */
  unsaid: Record<Silence, string[]>;
  /** What the compiler says is not so: by hand, one by one. */
  mistaken: string[];
  different: string[];
}

/** Why the compiler tells no place of an argument at the entry. */
type Silence =
  /** The dictionary of a function compiled for many types: not in debug information at all. */
  | 'dictionary'
  /** A type without bytes is nowhere. */
  | 'no bytes'
  /** The source gives it no name, so that no instruction can use it: it has no place anywhere. */
  | 'unnamed'
  /** It has a name, and no instruction uses it. */
  | 'unused'
  /** Its list begins behind the entry: it says nothing of the instructions before. */
  | 'later';

/** Go 1.26 says of this one's `max` that it is where `minimum` is: the code assigns one to the other further down. */
const MISTAKEN = 'runtime.(*pallocData).findScavengeCandidate max ';

function compare(p: Program, pattern: RegExp): Agreement {
  const unsaid = { dictionary: [], 'no bytes': [], unnamed: [], unused: [], later: [] };
  const found: Agreement = { functions: 0, arguments: 0, same: 0, home: 0, unsaid, mistaken: [], different: [] };
  for (const f of p.searchFunctions(pattern, 1e6)) {
    if (f.language !== 'go' || f.convention.abi !== 'ABIInternal') continue;
    found.functions++;
    const described = p.parameters(f) ?? [];
    const assigned = assignValues(described, amd64Conventions.goInternal);
    described.forEach((parameter, i) => {
      if (parameter.isResult) return;
      found.arguments++;
      const here = parameter.locations.find(l => f.entry >= l.low && f.entry < l.high);
      const context = { register: () => 0n, cfa: 0, read: () => new Uint8Array(0), bias: 0 };
      const pieces = here && evaluateLocation(here.expression, context);
      if (!pieces || pieces.length === 0) {
        const why: Silence =
          parameter.name === '.dict'
            ? 'dictionary'
            : parameter.type.size === 0
              ? 'no bytes'
              : parameter.locations.length > 0
                ? 'later'
                : /^(~p\d+|_)$/.test(parameter.name)
                  ? 'unnamed'
                  : 'unused';
        found.unsaid[why].push(`${f.name} ${parameter.name} ${parameter.type.name}`);
        return;
      }
      // A piece that the function never uses is left out.
      const theirs = pieces.map((piece, k) =>
        piece.is === 'register'
          ? amd64.registers.find(r => r.dwarf === piece.register)?.name
          : piece.is === 'memory' && k === 0
            ? `stack ${piece.address}`
            : undefined,
      );
      const { registers, stackOffset } = assigned[i];
      const ours = registers ? registers.map(r => r.register) : [`stack ${stackOffset}`];
      if (theirs.every((place, k) => place === undefined || place === ours[k])) found.same++;
      else if (here.high === Number.POSITIVE_INFINITY && theirs[0] === `stack ${stackOffset}`) found.home++;
      else
        found.different.push(
          `${f.name} ${parameter.name} ${parameter.type.name}: ours ${ours.join(' ')}, DWARF ${theirs.join(' ')}`,
        );
    });
  }
  found.mistaken = found.different.filter(line => line.startsWith(MISTAKEN));
  found.different = found.different.filter(line => !line.startsWith(MISTAKEN));
  return found;
}

test.each(['println', 'goroutines', 'uname'])(
  '%s: the compiler agrees at the entry of every function that it describes',
  name => {
    const { same, different } = compare(loadSample(name), /./);
    expect(different).toEqual([]);
    expect(same).toBeGreaterThan(500);
  },
);

const SERVER = `package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, strings.ToUpper(r.URL.Path)) })
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":8080", nil))
}
`;

test.skipIf(!hasGo)(
  'a web server: the compiler agrees in runtime, syscall, os, strings and net/http',
  () => {
    const p = loadProgram(new Uint8Array(readFileSync(goBuild('server', SERVER))));
    const table = ['runtime', 'syscall', 'os', 'strings', 'net/http'].map(name => ({
      name,
      ...compare(p, new RegExp(`^${name}\\.`)),
    }));
    const lines = table.map(({ name, functions, arguments: all, same, home, unsaid, mistaken }) => {
      const silent = Object.entries(unsaid).flatMap(([why, list]) => (list.length > 0 ? `${list.length} ${why}` : []));
      return `${name}: ${functions} functions, ${all} arguments: ${same} the same, ${home} with their home, ${mistaken.length} mistaken, unsaid: ${silent.join(', ') || 'none'}`;
    });
    console.log(lines.join('\n'));
    expect(table.flatMap(row => row.different)).toEqual([]);
    // Whatever is not the same has its reason: the compiler could have said it of none of them.
    for (const { unsaid } of table) expect([...unsaid.unused, ...unsaid.later]).toEqual([]);
    for (const { same, arguments: all } of table) expect(same / all).toBeGreaterThan(0.9);
  },
  300_000,
);
