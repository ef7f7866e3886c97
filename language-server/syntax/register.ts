/** Registers by name, by number as in `R(10)`, in pairs, and with a scale. */
import type { Cursor } from './cursor.ts';

export function isRegister(c: Cursor, at = c.at): boolean {
  if (at >= c.to || c.tokens[at].kind !== 'name') return false;
  const { text } = c.tokens[at];
  const { assembler } = c.context;
  return (
    assembler.registers.has(text) || (assembler.numbered.has(text) && c.tokens[at + 1]?.text === '(' && at + 1 < c.to)
  );
}

/** Tokens of the register here: one, or four of `R(10)`. */
export function registerLength(c: Cursor): number {
  return c.context.assembler.registers.has(c.text()) ? 1 : 4;
}

/** A register's name, or `R(10)`. */
export function reference(c: Cursor): string | undefined {
  const { assembler } = c.context;
  const name = c.text();
  if (c.kind() === 'name' && assembler.registers.has(name)) {
    c.at++;
    return name;
  }
  const most = assembler.numbered.get(name);
  if (most === undefined || c.kind() !== 'name') {
    c.problem(`expected register; found ${c.found()}`);
    return undefined;
  }
  const start = c.at++;
  if (!c.get('(')) return undefined;
  if (c.kind() !== 'int') {
    c.problem(`expected integer constant, found ${c.found()}`);
    return undefined;
  }
  const number = Number.parseInt(c.text(), 10);
  c.at++;
  if (!c.get(')')) return undefined;
  if (number > most) c.problem(`illegal register ${name}(${number})`, start);
  return `${name}${number}`;
}

export function fullRegister(
  c: Cursor,
  prefix: string,
): { first?: string; second?: string; scale: number } | undefined {
  const { family } = c.context.assembler;
  const start = c.at;
  const name = c.text();
  const first = reference(c);
  if (first === undefined) return undefined;
  if (prefix === '$') c.problem(`prefix ${prefix} not allowed for register: ${prefix}${name}`, start);
  let second: string | undefined;
  if (c.isMark(':') || c.isMark(',') || c.isMark('+')) {
    const mark = c.text();
    if (mark === ',' && family !== 'arm' && family !== 'arm64') {
      c.problem('(register,register) not supported on this architecture');
    }
    if (mark === '+' && family !== 'ppc64') c.problem('(register+register) not supported on this architecture');
    c.at++;
    second = reference(c);
    if (second === undefined) return undefined;
  }
  let scale = 0;
  if (c.isMark('*')) {
    c.at++;
    if (/^[1248]$/.test(c.text())) scale = Number(c.text());
    else c.problem(`bad scale: ${c.found()}`);
    c.at++;
  }
  return { first, second, scale };
}
