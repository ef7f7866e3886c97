/**
 * The constructor every row is made with. Its last argument is the meaning, so that a row reads like a manual page:
 * name, sentence, flags, encodings, what it does.
 */
import type { Feature, Form, Lift, Row } from './row.ts';

export interface Properties {
  /** Default `base`. */
  readonly feature?: Feature;
  /** Flags as letters of `oszapcd`. */
  readonly writes?: string;
  readonly reads?: string;
  readonly undefined?: string;
  readonly lockable?: boolean;
  readonly repeatable?: boolean;
  readonly operandSize?: 'd64' | 'f64';
}

/** Pairs of encoding and operand codes, both as the SDM writes them (see `Form`). */
export type FormText = readonly [encoding: string, operands: string];

export function row(
  name: string,
  sentence: string,
  properties: Properties,
  formTexts: readonly FormText[],
  lift?: Lift,
): Row {
  const forms: Form[] = [];
  const result: Row = {
    name,
    sentence,
    feature: properties.feature ?? 'base',
    forms,
    flags: {
      writes: properties.writes ?? '',
      reads: properties.reads ?? '',
      undefined: properties.undefined ?? '',
    },
    lockable: properties.lockable ?? false,
    repeatable: properties.repeatable ?? false,
    operandSize: properties.operandSize ?? 'normal',
    lift,
  };
  for (const [encoding, operands] of formTexts) forms.push({ row: result, encoding, operands });
  return result;
}
