/**
 * Colours for the debug console, where the client shows them (`supportsANSIStyling`): of what the adapter says, of the
 * result of an expression typed there, never of a value in a view or on its way to the clipboard, where the codes would
 * be text. Only a terminal's own colours are used (ECMA-48, Select Graphic Rendition): the client's theme says what they
 * look like. Texts from the guest have their escape characters written out before they come here (text.ts).
 */
import type { Client } from './session.ts';

/** What a text is, which says what is coloured in it. */
export type Kind = 'value' | 'trace' | 'assembly' | 'remark' | 'error';

type Tone = 'text' | 'number' | 'name' | 'instruction' | 'error' | 'remark';

const CODES: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  text: [32, 39],
  number: [36, 39],
  name: [34, 39],
  instruction: [33, 39],
  error: [31, 39],
  remark: [2, 22],
};

const TEXT = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const NUMBER = String.raw`(?<![\w.])-?(?:0x[\da-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b`;

/** What has a colour in a text, the first that fits at a place. */
const TOKENS: Readonly<Record<Exclude<Kind, 'remark' | 'error'>, readonly (readonly [string, Tone])[]>> = {
  value: [
    [TEXT, 'text'],
    [String.raw`<[^<>\s]+>`, 'name'],
    [NUMBER, 'number'],
    [String.raw`\b(?:true|false|nil|NULL)\b`, 'number'],
  ],
  trace: [
    [TEXT, 'text'],
    [String.raw`(?<==\s)-1 E[A-Z\d]+(?: \(.*?\))?|(?<=\? )ERESTART\w+.*|^(?:---|\+\+\+).*`, 'error'],
    [String.raw`(?<=[\u2192\u2190] )(?:[^\s(:[]|\[\.\.\.\]|\(\*?[^()\s]+\)(?=\.))+|[\w.]+(?=\()`, 'name'],
    [NUMBER, 'number'],
    [String.raw`\b[A-Z][A-Z\d]*_[A-Z\d_]+\b|\b(?:true|false|nil|NULL)\b`, 'number'],
  ],
  assembly: [
    ['^//.*', 'remark'],
    [TEXT, 'text'],
    [String.raw`(?<=^[ >]*)[\da-f]{4,}(?= )`, 'remark'],
    [String.raw`(?<=^[ >]*[\da-f]{4,} +)[a-zA-Z][\w.]*`, 'instruction'],
    [String.raw`<[^<>\s]+>|[\w./\xb7*()-]+\(SB\)`, 'name'],
    [String.raw`\$?${NUMBER}`, 'number'],
  ],
};

const PATTERNS = new Map<Kind, RegExp>(
  Object.entries(TOKENS).map(([kind, tokens]) => [
    kind as Kind,
    new RegExp(tokens.map(([source]) => `(${source})`).join('|'), 'gmu'),
  ]),
);

/** The text with colours, if the client shows any; else as it is. */
export function styled({ ansiStyling }: Pick<Client, 'ansiStyling'>, kind: Kind, text: string): string {
  if (!ansiStyling) return text;
  if (kind === 'remark' || kind === 'error') return painted(text, kind);
  return text.replace(PATTERNS.get(kind)!, (found, ...groups) => {
    const token = groups.slice(0, TOKENS[kind].length).findIndex(group => group !== undefined);
    return painted(found, TOKENS[kind][token][1]);
  });
}

function painted(text: string, tone: Tone): string {
  const [on, off] = CODES[tone];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
