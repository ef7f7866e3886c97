/** What stands under the pointer: an instruction's meaning and encodings, a register's part in each ABI. */
import type { Hover } from 'vscode-languageserver';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { conventionsOf } from '../../emulator/abi/conventions.ts';
import { explain } from '../../emulator/isa/x64/explain.ts';
import { goInstruction } from '../../emulator/isa/x64/go-names.ts';
import type { Row } from '../../emulator/isa/x64/row.ts';
import { rows } from '../../emulator/isa/x64/rows.ts';
import { type AssemblyFile, isFor } from '../syntax/file.ts';
import { parseInteger } from '../syntax/literals.ts';
import { modelOf } from '../syntax/model.ts';
import { offsetAt, tokenAt } from '../syntax/tree.ts';
import {
  ASSEMBLER_WORDS,
  DIRECTIVES,
  FUNCDATA_MACROS,
  isDirective,
  isFuncdataMacro,
  isPseudoRegister,
  isTextFlag,
  PSEUDO_REGISTERS,
  TEXT_FLAGS,
} from '../syntax/words.ts';
import { nameOf } from '../uri.ts';
import type { World } from '../workspace.ts';
import { frameTable, goSideOf, goSideOfFunction, goVariableOf } from './go-side.ts';
import { macrosOf } from './macros.ts';
import { rangeOf } from './symbols.ts';
import { gnuName, intelName } from './x86-names.ts';

export function hover(world: World, file: AssemblyFile, position: { line: number; character: number }): Hover | null {
  const { source } = file;
  const at = tokenAt(source, offsetAt(source, position));
  const token = source.tokens[at];
  if (!token) return null;
  const text = token.kind === 'int' ? number(token.text) : textFor(world, file, at);
  return text === undefined
    ? null
    : { contents: { kind: 'markdown', value: text }, range: rangeOf(source, { from: at, to: at + 1 }) };
}

function textFor(world: World, file: AssemblyFile, at: number): string | undefined {
  const { source } = file;
  const { text } = source.tokens[at];
  const meaning = modelOf(file).meaning(at);
  switch (meaning?.is) {
    case 'instruction':
      return (
        headerWord(text) ??
        macro(world, file, text) ??
        instruction(file, text, meaning.statement.operands.length) ??
        directive(text)
      );
    case 'macro':
      return macro(world, file, text);
    case 'symbol': {
      const side = goSideOf(world, file, meaning.name);
      if (!side) {
        const variable = goVariableOf(world, file, meaning.name);
        return variable && `\`\`\`go\n${variable}\n\`\`\``;
      }
      const table = side.frame && side.frame.size > 0 ? `\n\n\`\`\`text\n${frameTable(side.frame)}\n\`\`\`` : '';
      return `\`\`\`go\n${side.declaration}\n\`\`\`${table}`;
    }
    case 'argument': {
      const variable = goSideOfFunction(world, file, meaning.fn)?.frame?.variables.get(meaning.name);
      if (!variable) return undefined;
      const { name, offset, type, size, isResult } = variable;
      return `**${name}+${offset}(FP)** — ${isResult ? 'result' : 'argument'}: \`${type}\`, ${size} bytes`;
    }
    case 'label':
      return undefined;
    default:
      return headerWord(text) ?? macro(world, file, text) ?? register(file, at);
  }
}

/** In the bases one thinks in. */
function number(text: string): string | undefined {
  const value = parseInteger(text);
  if (value === undefined || value < 10n) return undefined;
  const ascii = value >= 32n && value < 127n ? `, '${String.fromCharCode(Number(value))}'` : '';
  const negative = value >> 63n ? `, −${(1n << 64n) - value}` : '';
  return `${value} = 0x${value.toString(16)}${negative}${ascii}`;
}

function directive(word: string): string | undefined {
  const sentence = isDirective(word)
    ? DIRECTIVES[word]
    : Object.hasOwn(ASSEMBLER_WORDS, word)
      ? ASSEMBLER_WORDS[word]
      : undefined;
  return sentence === undefined ? undefined : `**${word}** — ${sentence}`;
}

/** Flags and macros of textflag.h and funcdata.h. */
function headerWord(word: string): string | undefined {
  if (isTextFlag(word)) {
    const { value, sentence } = TEXT_FLAGS[word];
    return `**${word}** = ${value} — ${sentence}`;
  }
  return isFuncdataMacro(word) ? `**${word}** — ${FUNCDATA_MACROS[word]}` : undefined;
}

/** What a macro stands for. */
function macro(world: World, file: AssemblyFile, name: string): string | undefined {
  const found = macrosOf(world, file).get(name);
  if (found?.body === undefined) return undefined;
  const { parameters, place } = found;
  // A value that the build computes.
  if (!place) return `**${name}** = ${found.body}${number(found.body) ? ` (${number(found.body)})` : ''}`;
  const body = found.body.split('\n');
  const shown = body.length > MOST_LINES ? [...body.slice(0, MOST_LINES), '…'] : body;
  const from = place.file === file ? '' : `\n\n${nameOf(place.file.uri)}`;
  const head = `#define ${name}${parameters ? `(${parameters.join(', ')})` : ''}`;
  return `\`\`\`go.asm\n${head}\n${shown.join('\n')}\n\`\`\`${from}`;
}

const MOST_LINES = 40;

const FLAG_NAMES: Record<string, string> = { o: 'OF', s: 'SF', z: 'ZF', a: 'AF', p: 'PF', c: 'CF', d: 'DF' };
const flagList = (letters: string) => [...letters].map(letter => FLAG_NAMES[letter] ?? letter).join(' ');

/** Go and GNU write what is read first, but for this one. */
const order = (name: string) => (name === 'cmp' ? 'operands the other way round' : 'operands as here');

/** Encodings that a hover shows before it only counts. */
const MOST_FORMS = 12;

/** Of rows that share a name (IMUL's two), the one that takes so many operands; `row` where none does. */
function rowWith(row: Row, operands: number): Row {
  const takes = (each: Row) => each.forms.some(form => form.operands.split(',').length === operands);
  if (operands === 0 || takes(row)) return row;
  return rows.find(each => each.name === row.name && takes(each)) ?? row;
}

/** The text of a mnemonic's hover; undefined for a word whose meaning no row tells. */
function instruction(file: AssemblyFile, mnemonic: string, operands: number): string | undefined {
  if (!isFor(file, 'amd64')) return undefined;
  const known = goInstruction(mnemonic);
  if (!known) return undefined;
  const found = { ...known, row: rowWith(known.row, operands) };
  const { row, cond } = found;
  const lines = [`**${mnemonic}** — ${explain(row, cond)}`];
  const { writes, reads } = row.flags;
  const flags = [
    reads && `reads ${flagList(reads)}`,
    writes && `writes ${flagList(writes)}`,
    row.flags.undefined && `leaves ${flagList(row.flags.undefined)} undefined`,
  ].filter(Boolean);
  lines.push(flags.length ? `Flags: ${flags.join(', ')}.` : 'Flags: untouched.');
  const forms = row.forms
    .slice(0, MOST_FORMS)
    .map(form => `${form.encoding.padEnd(28)} ${form.operands || '(no operands)'}`);
  if (row.forms.length > MOST_FORMS) forms.push(`… and ${row.forms.length - MOST_FORMS} more`);
  lines.push(
    `Intel: \`${intelName(found)}\`; GNU: \`${gnuName(mnemonic, found)}\`, ${order(row.name)}` +
      `${row.feature === 'base' ? '' : `; needs ${row.feature}`}. ` +
      'Encodings, with operands as in the manual (destination first):',
    `\`\`\`text\n${forms.join('\n')}\n\`\`\``,
  );
  return lines.join('\n\n');
}

function register(file: AssemblyFile, at: number): string | undefined {
  const { tokens } = file.source;
  const name = tokens[at].text;
  const inParentheses = tokens[at - 1]?.text === '(';
  if (isPseudoRegister(name) && (inParentheses || name === 'SB' || name === 'FP')) {
    return `**${name}** — ${PSEUDO_REGISTERS[name]}`;
  }
  if (!isFor(file, 'amd64')) return undefined;
  const whole = name.replace(/^([ABCD])[HL]$/, '$1X').replace(/^(SP|BP|SI|DI|R\d+)B$/, '$1');
  const vector = whole.replace(/^[YZ](?=\d)/, 'X');
  const row = amd64.registers.find(candidate => candidate.go === whole || candidate.go === vector);
  if (!row) return undefined;
  const conventions = conventionsOf('amd64')!;
  const roles = conventions.roles.get(row.name);
  const abi0 =
    row.name === conventions.stack.pointer
      ? 'stack pointer; arguments and results are above it'
      : 'free: arguments and results are on the stack';
  const none = '–';
  const part =
    row.go === name ? '' : row.group === 'vector' ? `; ${row.go} is its low half` : `; ${name} is a part of ${row.go}`;
  return [
    `**${name}** — ${row.name}, ${row.bits} bits${part}`,
    '| ABI | role |\n| --- | --- |',
    `| Go ABIInternal | ${roles?.go || none} |`,
    `| Go ABI0 | ${abi0} |`,
    `| Linux syscall | ${roles?.syscall || none} |`,
  ]
    .join('\n')
    .replace('\n|', '\n\n|');
}
