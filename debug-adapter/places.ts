/**
 * From what a user wrote to addresses: lines, function names, patterns, syscalls.
 */

import type { CodeFunction, Program } from '../emulator/symbols/program.ts';
import type { Breakpoint, Spot, Wish } from './breakpoints.ts';
import { EXCEPTION_FILTERS } from './exceptions.ts';
import { returnsOf } from './function-code.ts';
import { findSyscall, noSuchSyscall, SYSCALL_SPELLING, syscallsOfClass } from './syscalls.ts';

type Place = Pick<Breakpoint, 'spot' | 'message' | 'line'>;

/** More functions than this under one pattern are a mistake more often than a wish. */
const MATCH_LIMIT = 200;
/** The same for a trace, which stops nowhere. */
const TRACE_LIMIT = 1000;
/** More places of one function are those of a helper that nobody means. */
const INLINED_LIMIT = 1000;

const nowhere = (message: string): Place => ({ spot: { is: 'nowhere' }, message });
const at = (addresses: readonly number[], rest: Omit<Place, 'spot'> = {}): Place => ({
  spot: { is: 'addresses', addresses: [...addresses] },
  ...rest,
});

type Substitution = { from: string; to: string };

export function placeOf(program: Program, wish: Wish, substitute: readonly Substitution[]): Place {
  switch (wish.is) {
    case 'line':
      return placeOfLine(program, wish.path, wish.line, substitute);
    case 'function':
      return placeOfName(program, wish.name, substitute);
    case 'trace':
      return placeOfCalls(program, wish.name);
    case 'instruction':
      if (wish.address === undefined) return nowhere('There is no instruction at or after this line.');
      if (!Number.isSafeInteger(wish.address) || wish.address < 0) return nowhere('This is no address.');
      return at([wish.address]);
    case 'syscall':
      return placeOfSyscall(wish.name, wish.when);
    case 'data':
      if (!wish.range) return nowhere('This is no data that was asked for before.');
      return { spot: { is: 'data', ...wish.range, access: wish.access } };
    case 'exception':
      return placeOfFilter(program, wish.filter, wish.when);
  }
}

/** The path as the program's line table has it, when the configuration says so. */
export function substituted(path: string, substitute: readonly Substitution[]): string {
  const rule = substitute.find(({ from }) => path === from || path.startsWith(from.endsWith('/') ? from : `${from}/`));
  return rule ? rule.to + path.slice(rule.from.length) : path;
}

function placeOfLine(program: Program, path: string, line: number, substitute: readonly Substitution[]): Place {
  const wanted = substituted(path, substitute);
  if (program.matchFile(wanted).length === 0) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (program.sourceFiles().length === 0)
      return nowhere(
        'The program has no line table (it was stripped, or built without -g): break at a function or an instruction.',
      );
    return nowhere(
      `No code of the program comes from ${name}; if it is known under another path, set "substitutePath".`,
    );
  }
  const found = program.pcsForLine(wanted, line);
  if (!found) return nowhere(`There is no code at or after line ${line} of this file.`);
  if (found.line === line) return at(found.addresses, { line });
  // The next statement, but not one of another function far below.
  const previous = program.linesWithCode(wanted).findLast(candidate => candidate < line);
  const above = previous === undefined ? undefined : program.pcsForLine(wanted, previous)?.addresses[0];
  const inside =
    above !== undefined && program.functionAt(above)?.entry === program.functionAt(found.addresses[0])?.entry;
  if (!inside && found.line - line > 20)
    return nowhere(`There is no code near line ${line}; the next is on line ${found.line}.`);
  return at(found.addresses, { line: found.line, message: `Line ${line} has no code; moved to line ${found.line}.` });
}

function placeOfName(program: Program, name: string, substitute: readonly Substitution[]): Place {
  if (name === '')
    return nowhere(
      'Write a function (main.main, main.main:return), a pattern (main.*, /^main\\./), an address (0x401000), syscall:write, or trace:main.* to log calls.',
    );
  const syscall = /^syscall:([^:]+)(?::(enter|exit))?$/.exec(name);
  if (syscall) return placeOfSyscall(syscall[1].trim(), syscall[2] === 'exit' ? 'exit' : 'enter');
  if (name.startsWith('syscall:')) return nowhere(`This is no syscall breakpoint. ${SYSCALL_SPELLING}`);
  const address = /^\*?(0x[0-9a-f]+)$/i.exec(name);
  if (address) return at([Number(address[1])]);
  const line = /^(.+\.\w+):(\d+)$/.exec(name);
  if (line && !name.startsWith('/^')) return placeOfLine(program, line[1], Number(line[2]), substitute);

  const atReturn = name.endsWith(':return');
  const wanted = atReturn ? name.slice(0, -':return'.length) : name;
  const functions = functionsMeant(program, wanted, MATCH_LIMIT);
  const inlined = atReturn || patternIn(wanted) !== undefined ? [] : inlinedCalls(program, wanted, functions);
  if (typeof functions === 'string')
    return inlined.length > 0
      ? at(inlined, { message: `Every call was inlined: ${inlined.length}.` })
      : nowhere(functions);
  const rest = patternIn(wanted) === undefined ? {} : { message: `${functions.length} functions` };
  if (inlined.length > 0)
    return at([...functions.map(program.prologueEnd), ...inlined], {
      message: `With ${calls(inlined.length)} inlined.`,
    });
  if (!atReturn) return at(functions.map(program.prologueEnd), rest);
  const returns = functions.flatMap(fn => returnsOf(program, fn));
  return returns.length > 0 ? at(returns, rest) : nowhere(`${wanted} never returns: it has no RET.`);
}

/** Where functions begin and return, for `trace:`. */
function placeOfCalls(program: Program, name: string): Place {
  if (name === '') return nowhere('Write trace: and a function or a pattern: trace:main.work, trace:main.*.');
  const functions = functionsMeant(program, name, TRACE_LIMIT);
  if (typeof functions === 'string') return nowhere(functions);
  const addresses = functions.flatMap(fn => [program.prologueEnd(fn), ...returnsOf(program, fn)]);
  const inlined = patternIn(name) === undefined ? inlinedCalls(program, name, functions).length : 0;
  const unseen = inlined > 0 ? `; ${calls(inlined)} of it inlined, which ${inlined === 1 ? 'is' : 'are'} not seen` : '';
  const message = `${functions.length} function${functions.length === 1 ? '' : 's'}${unseen}`;
  return at([...new Set(addresses)], { message });
}

const calls = (count: number): string => (count === 1 ? 'one call' : `${count} calls`);

/** Where the code of a function of that name stands in its callers; `functions` are those of its own. */
function inlinedCalls(program: Program, name: string, functions: CodeFunction[] | string): number[] {
  const isExact = typeof functions !== 'string' && functions[0]?.name === name;
  const found = program.inlinedCallsOf(name).filter(call => !isExact || call.name === name);
  return found.slice(0, INLINED_LIMIT).map(call => call.address);
}

/** The functions of a name or a pattern; or a sentence. */
function functionsMeant(program: Program, wanted: string, limit: number): CodeFunction[] | string {
  const pattern = patternIn(wanted);
  return pattern === undefined ? functionsNamed(program, wanted, limit) : functionsLike(program, pattern, limit);
}

/** The regular expression that `/…/` and `main.*` mean; a star after a parenthesis is a pointer's: os.(*File).Write. */
function patternIn(name: string): string | undefined {
  const written = /^\/(.+)\/$/.exec(name)?.[1];
  if (written !== undefined || !/(?<!\()\*/.test(name)) return written;
  return `^${name
    .split(/(?<!\()\*/)
    .map(escaped)
    .join('.*')}$`;
}

/** "Println" for fmt.Println, "os.(*File).Write" for …/os.(*File).Write; or a sentence. */
function functionsNamed(program: Program, name: string, limit: number): CodeFunction[] | string {
  const exact = program.functionNamed(name);
  const functions = exact?.name === name ? [exact] : program.searchFunctions(name, limit + 1);
  if (functions.length > limit) return `More than ${limit} functions are called so: name the package too.`;
  if (functions.length > 0) return functions;
  const close = program.searchFunctions(new RegExp(`${escaped(name)}$`, 'i'), 1)[0];
  return `The program has no function ${name}${close ? `; did you mean ${close.name}?` : ' (the linker drops what is never called, the compiler inlines what is small).'}`;
}

function functionsLike(program: Program, source: string, limit: number): CodeFunction[] | string {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source);
  } catch (error) {
    return `This is no regular expression: ${(error as Error).message}`;
  }
  const functions = program.searchFunctions(pattern, limit + 1);
  if (functions.length === 0) return `No function's name matches ${pattern}.`;
  if (functions.length > limit) return `More than ${limit} functions match ${pattern}: make it narrower.`;
  return functions;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function placeOfSyscall(name: string | number, when: 'enter' | 'exit'): Place {
  if (name === '*') return { spot: { is: 'syscalls', numbers: undefined, when } };
  const row = findSyscall(name);
  if (row) return { spot: { is: 'syscalls', numbers: [row.number], when } };
  return nowhere(noSuchSyscall(name));
}

function placeOfFilter(program: Program, id: string, when: 'enter' | 'exit'): Place {
  const row = EXCEPTION_FILTERS.find(filter => filter.id === id);
  if (!row) return nowhere(`There is no exception filter ${JSON.stringify(id)}.`);
  switch (row.spot.is) {
    case 'signals':
      return { spot: { is: 'signals', signals: [...row.spot.signals] } };
    case 'syscalls':
      return { spot: { is: 'syscalls', numbers: syscallsOfClass(row.spot.class), when } satisfies Spot };
    case 'functions': {
      const { names } = row.spot;
      const functions = row.spot.names.map(program.functionNamed).filter((f, i) => f?.name === names[i]);
      return at(functions.map(f => f!.entry));
    }
  }
}
