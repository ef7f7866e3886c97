/** Small remarks in the text: an argument's type, a constant's value, the name of a syscall before its instruction. */
import { type InlayHint, InlayHintKind, type Range } from 'vscode-languageserver';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { conventionsOf } from '../../emulator/abi/conventions.ts';
import { type Column, syscallByNumber } from '../../emulator/abi/syscalls.ts';
import type { Frame } from '../go/frame.ts';
import { type AssemblyFile, isFor } from '../syntax/file.ts';
import { parseInteger } from '../syntax/literals.ts';
import { modelOf, namedOperand } from '../syntax/model.ts';
import { positionAt, type Statement } from '../syntax/tree.ts';
import type { World } from '../workspace.ts';
import { goSideOfFunction } from './go-side.ts';

/** How the number of a syscall gets into its register, and which instruction makes the call. */
interface Calling {
  readonly column: Column;
  readonly instruction: string;
  readonly register: string | undefined;
}

/** arm64 has no table of registers yet: its number is in R8. */
const ARM64_NUMBER = 'R8';

function callingOf(file: AssemblyFile): Calling | undefined {
  if (isFor(file, 'amd64')) {
    const number = conventionsOf('amd64')?.syscall.number;
    const register = amd64.registers.find(({ name }) => name === number)?.go;
    return { column: 'amd64', instruction: 'SYSCALL', register };
  }
  return isFor(file, 'arm64') ? { column: 'arm64', instruction: 'SVC', register: ARM64_NUMBER } : undefined;
}

export function inlayHints(world: World, file: AssemblyFile, range: Range): InlayHint[] {
  const { source } = file;
  const { tokens, items } = source;
  const hints: InlayHint[] = [];
  const calling = file.targets.every(({ system }) => system === undefined || system === 'linux')
    ? callingOf(file)
    : undefined;
  for (const fn of modelOf(file).functions) {
    const start = positionAt(source, tokens[items[fn.firstItem].from].start).line;
    const end = positionAt(source, tokens[items[fn.lastItem].to - 1].end).line;
    if (end < range.start.line || start > range.end.line) continue;
    const frame = goSideOfFunction(world, file, fn)?.frame;
    let number: number | undefined;
    for (let index = fn.firstItem; index <= fn.lastItem; index++) {
      const item = items[index];
      if (item.is !== 'statement') continue;
      // A label may be come to from anywhere.
      if (item.labels.length > 0) number = undefined;
      if (item.word === undefined) continue;
      const { line } = positionAt(source, tokens[item.from].start);
      const shown = line >= range.start.line && line <= range.end.line;
      if (shown && frame) hints.push(...argumentHints(file, item, frame));
      if (!calling) continue;
      const word = tokens[item.word].text;
      if (word === calling.instruction) {
        const name = number === undefined ? undefined : syscallByNumber(calling.column, number);
        if (shown && name !== undefined) {
          hints.push({
            position: positionAt(source, tokens[item.to - 1].end),
            label: name,
            kind: InlayHintKind.Type,
            paddingLeft: true,
          });
        }
        number = undefined;
      } else number = numberAfter(file, item, calling.register, number);
    }
  }
  return hints;
}

/** What the number's register holds behind a statement; undefined for what nobody knows. */
function numberAfter(
  file: AssemblyFile,
  item: Statement,
  register: string | undefined,
  before: number | undefined,
): number | undefined {
  const { tokens } = file.source;
  const last = item.operands.at(-1);
  if (!last || last.to - last.from !== 1 || tokens[last.from].text !== register) {
    // A call may change anything.
    return /^(CALL|BL)$/.test(tokens[item.word!].text) ? undefined : before;
  }
  const [first] = item.operands;
  const isMove = /^MOV[LQDW]?$/.test(tokens[item.word!].text) && item.operands.length === 2;
  if (!isMove || tokens[first.from]?.text !== '$') return undefined;
  let text = tokens[first.from + 1]?.text ?? '';
  const macro = modelOf(file).macros.get(text);
  if (macro?.body && macro.body.to - macro.body.from === 1) text = tokens[macro.body.from].text;
  if (first.to - first.from !== 2) return undefined;
  const value = parseInteger(text);
  return value === undefined ? undefined : Number(value);
}

function argumentHints(file: AssemblyFile, item: Statement, frame: Frame): InlayHint[] {
  const { source } = file;
  return item.operands.flatMap(operand => {
    const at = source.tokens[operand.from]?.text === '$' ? operand.from + 1 : operand.from;
    if (source.tokens[at]?.kind !== 'name') return [];
    const named = namedOperand(source, operand, at);
    if (named?.pseudo !== 'FP') return [];
    const variable = frame.variables.get(source.tokens[at].text);
    if (!variable || variable.offset !== named.offset) return [];
    return [
      {
        position: positionAt(source, source.tokens[operand.to - 1].end),
        label: variable.type,
        kind: InlayHintKind.Type,
        paddingLeft: true,
      },
    ];
  });
}
