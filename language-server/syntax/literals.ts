/** Numbers, characters and strings as the assembler takes them, which is as Go does (strconv). */

/** As strconv.ParseUint with base 0 reads it; undefined for what it refuses. */
export function parseInteger(text: string): bigint | undefined {
  if (/^(?:0|[1-9](?:_?\d)*)$/.test(text)) return BigInt(text.replaceAll('_', ''));
  if (/^0[xX](?:_?[\da-fA-F])+$|^0[bB](?:_?[01])+$|^0[oO](?:_?[0-7])+$/.test(text)) {
    return BigInt(text.replaceAll('_', '').toLowerCase());
  }
  if (/^0(?:_?[0-7])+$/.test(text)) return BigInt(`0o${text.replaceAll('_', '').slice(1)}`);
  return undefined;
}

const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34 };
const ESCAPE = String.raw`\\(?:[abfnrtv\\'"]|x[\da-fA-F]{2}|[0-7]{3}|u[\da-fA-F]{4}|U[\da-fA-F]{8})`;
const CHAR = new RegExp(`^'(?:${ESCAPE}|[^'\\\\])'$`, 'u');
const STRING = new RegExp(`^"(?:${ESCAPE}|[^"\\\\])*"$`, 'u');

export function charValue(text: string): bigint | undefined {
  if (!CHAR.test(text)) return undefined;
  const inside = text.slice(1, -1);
  if (!inside.startsWith('\\')) return BigInt(inside.codePointAt(0)!);
  const rest = inside.slice(1);
  if (rest.length === 1) return BigInt(ESCAPES[rest] ?? 0);
  return /^[xuU]/.test(rest) ? BigInt(`0x${rest.slice(1)}`) : BigInt(`0o${rest}`);
}

export const isQuoted = (text: string) => STRING.test(text);
