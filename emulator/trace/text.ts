/**
 * The smallest pieces of a trace: numbers, names, sets of bits and quoted bytes, spelt as strace 6.1 spells them.
 */
import type { Names } from '../abi/types.ts';

/** `%#x`: zero has no prefix. */
export function hex(n: bigint | number): string {
  const number = Number(n);
  if (number === 0) return '0';
  return `0x${(Number.isSafeInteger(number) ? number : n).toString(16)}`;
}

/** A number's digits. A BigInt's own way to them is slow, and hardly any number needs it. */
export function decimal(n: bigint): string {
  const number = Number(n);
  return Number.isSafeInteger(number) ? String(number) : n.toString();
}

/** A pointer that is not followed: NULL or the number. */
export function pointer(raw: bigint | number): string {
  const number = Number(raw);
  if (number === 0) return 'NULL';
  if (number > 0 && Number.isSafeInteger(number)) return `0x${number.toString(16)}`;
  return `0x${BigInt.asUintN(64, BigInt(raw)).toString(16)}`;
}

/** `%#03o`: permissions. */
export const permissions = (mode: number): string => {
  const digits = mode.toString(8);
  return mode === 0 ? '000' : `0${digits}`.padStart(3, '0');
};

const comment = (prefix: string): string => (prefix === '' ? '' : ` /* ${prefix} */`);

interface NameTable {
  readonly byValue: ReadonlyMap<bigint, string>;
  /** With more than one bit or none set, in the table's order. */
  readonly bits: readonly (readonly [string, bigint])[];
  readonly zero: string | undefined;
  /** Sets that were spelt out before: programs use few of them, again and again. */
  readonly spelt: Map<bigint, string>;
}

/** More different sets than a program has reason to use: then somebody plays. */
const MOST_SPELT = 256;

const TABLES = new WeakMap<Names, NameTable>();

function tableOf(names: Names): NameTable {
  const known = TABLES.get(names);
  if (known) return known;
  const byValue = new Map<bigint, string>();
  const bits: [string, bigint][] = [];
  for (const [name, given] of Object.entries(names)) {
    const value = BigInt.asUintN(64, BigInt(given));
    if (!byValue.has(value)) byValue.set(value, name);
    if (value !== 0n) bits.push([name, value]);
  }
  const table = { byValue, bits, zero: byValue.get(0n), spelt: new Map<bigint, string>() };
  TABLES.set(names, table);
  return table;
}

/** The name of exactly this value. Negative constants are matched in `width` bits. */
export function nameOf(names: Names, value: bigint, width = 64): string | undefined {
  const { byValue } = tableOf(names);
  return byValue.get(value) ?? byValue.get(BigInt.asUintN(64, BigInt.asIntN(width, value)));
}

/** One name, or the number with the family that it is not in: `0x63 /* CLOCK_??? *\/`. */
export function choice(names: Names, value: bigint, prefix: string, width = 64): string {
  return nameOf(names, value, width) ?? `${hex(BigInt.asUintN(width, value))}${comment(prefix)}`;
}

/** Names joined by "|", what remains as a number; nothing known at all is explained by the family's prefix. */
export function bits(names: Names, value: bigint, prefix: string): string {
  const table = tableOf(names);
  if (value === 0n) return table.zero ?? '0';
  const known = table.spelt.get(value);
  if (known !== undefined) return known;
  const parts: string[] = [];
  let rest = value;
  for (const [name, bit] of table.bits) {
    if ((rest & bit) !== bit) continue;
    parts.push(name);
    rest &= ~bit;
    if (rest === 0n) break;
  }
  // The prefix depends on the place, not on the table.
  if (parts.length === 0) return `${hex(value)}${comment(prefix)}`;
  if (rest !== 0n) parts.push(hex(rest));
  const text = parts.join('|');
  if (table.spelt.size < MOST_SPELT) table.spelt.set(value, text);
  return text;
}

const NAMED_ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

const isOctalDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x37;

/** How bytes are quoted: `escapes` (the default), `hex-if-needed` (-x), `hex` (-xx). */
export type Quoting = 'escapes' | 'hex-if-needed' | 'hex';

const needsHex = (bytes: Uint8Array): boolean =>
  bytes.some(byte => (byte < 0x20 && (byte < 9 || byte > 13)) || byte > 0x7e);

/** So few that they fit a call's arguments, and nothing to escape. */
function isPlain(bytes: Uint8Array): boolean {
  if (bytes.length > 4096) return false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte > 0x7e || byte === 34 || byte === 92) return false;
  }
  return true;
}

/** Bytes between double quotes. Octal escapes are as short as the next character allows. */
export function quote(bytes: Uint8Array, quoting: Quoting = 'escapes'): string {
  if (quoting === 'hex' || (quoting === 'hex-if-needed' && needsHex(bytes))) {
    let text = '"';
    for (const byte of bytes) text += `\\x${byte.toString(16).padStart(2, '0')}`;
    return `${text}"`;
  }
  if (isPlain(bytes)) return `"${String.fromCharCode.apply(null, bytes as unknown as number[])}"`;
  let text = '"';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    const named = NAMED_ESCAPES[byte];
    if (named !== undefined) text += named;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${isOctalDigit(bytes[i + 1]) ? byte.toString(8).padStart(3, '0') : byte.toString(8)}`;
  }
  return `${text}"`;
}

/** The C text in a fixed-size field: up to the first NUL. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** A string of ours as the guest has it in memory. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(bytes);
}
