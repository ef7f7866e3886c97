/** Values as text. */
import { type Data, dataText } from './data.ts';
import type { Value } from './operands.ts';
import { escapeText } from './text.ts';

export interface Format {
  /** Numbers in hexadecimal only. */
  hex?: boolean;
  /** Numbers in decimal only: in the middle of a sentence. */
  decimal?: boolean;
  /** Characters of a string that are shown. */
  textLimit?: number;
  /** What an address is, if anything: "main.main+0x12". */
  label?: (address: number) => string | undefined;
}

/** The result of an expression: `14 (0xe)`, `0x401000 <main.main>`, `"text"`. */
export function formatValue(value: Value, format: Format): string {
  // The program's own values are written as their language does, numbers with what they are in hexadecimal.
  if ('data' in value && value.data && (value.is !== 'integer' || isOdd(value.data)))
    return dataText(value.data, format.textLimit);
  switch (value.is) {
    case 'data':
      return dataText(value.data, format.textLimit);
    case 'boolean':
      return String(value.value);
    case 'float':
      return String(value.value);
    case 'string':
      // In the middle of a sentence it is part of it.
      return format.decimal && !value.data ? value.value : escapeText(value.value);
    case 'integer': {
      if (format.decimal) return value.text === undefined ? value.value.toString() : escapeText(value.text);
      const bits = BigInt.asUintN(value.data ? value.data.type.size * 8 : 64, value.value);
      const hex = `0x${bits.toString(16)}`;
      const label = bits > 0xffffn && bits < 1n << 53n ? format.label?.(Number(bits)) : undefined;
      if (label !== undefined) return `${hex} <${label}>`;
      const text = value.text === undefined ? '' : ` ${escapeText(value.text)}`;
      if (format.hex || (value.type && value.type.pointers > 0)) return hex + text;
      return value.value >= 0n && value.value < 10n ? `${value.value}${text}` : `${value.value} (${hex})${text}`;
    }
  }
}

/** Integers that say more than their number: pointers, enumerations, error numbers, durations. */
const isOdd = ({ type }: Data): boolean =>
  (type.kind !== 'int' && type.kind !== 'uint') || type.enumerators !== undefined || /\w\.|^char$/.test(type.name);
