/** What can be written here: instructions, directives and macros where a statement begins; operands by what is before. */
import { type CompletionItem, CompletionItemKind, InsertTextFormat, type Position } from 'vscode-languageserver';
import { explain } from '../../emulator/isa/x64/explain.ts';
import { goInstruction } from '../../emulator/isa/x64/go-names.ts';
import { frameOf } from '../go/frame.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import { type AssemblyFile, isFor } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { offsetAt, type Place, placeAt } from '../syntax/tree.ts';
import {
  DIRECTIVES,
  FUNCDATA_MACROS,
  isFuncdataMacro,
  isPseudoRegister,
  isTextFlag,
  PREPROCESSOR,
  PSEUDO_REGISTERS,
  TEXT_FLAGS,
} from '../syntax/words.ts';
import { folderOf } from '../uri.ts';
import { folderAssembly, type World } from '../workspace.ts';
import { goPackageOf, goSideOfFunction, isShown, mainTarget } from './go-side.ts';
import { macrosOf } from './macros.ts';
import { skeleton } from './stub.ts';

const HEADERS = ['textflag.h', 'funcdata.h', 'go_asm.h'];

export function completion(world: World, file: AssemblyFile, position: Position): CompletionItem[] {
  const { source } = file;
  const offset = offsetAt(source, position);
  const place = placeAt(source, offset);
  switch (place.is) {
    case 'comment':
      return [];
    case 'directive name':
      return PREPROCESSOR.map(name => ({ label: name, kind: CompletionItemKind.Keyword }));
    case 'directive':
      if (place.name === 'include') return place.written.startsWith('"') ? headers(world, file) : [];
      return ['ifdef', 'ifndef', 'undef'].includes(place.name) ? macros(world, file) : [];
    case 'word':
      return [...words(file), ...macros(world, file), ...(place.isBare ? skeletons(world, file) : [])];
    case 'operand':
      return place.word === '' ? [] : operands(world, file, position, place);
  }
}

function words(file: AssemblyFile): CompletionItem[] {
  const target = mainTarget(file);
  if (!target) return [];
  const isX86 = isFor(file, 'amd64');
  const directives = Object.entries(DIRECTIVES).map(
    ([label, documentation]): CompletionItem => ({ label, documentation, kind: CompletionItemKind.Keyword }),
  );
  const instructions = [...assemblerOf(target.architecture).instructions].map((label): CompletionItem => {
    const found = isX86 ? goInstruction(label) : undefined;
    return { label, kind: CompletionItemKind.Operator, ...(found ? { detail: explain(found.row, found.cond) } : {}) };
  });
  return [...directives, ...instructions];
}

function macros(world: World, file: AssemblyFile): CompletionItem[] {
  return [...macrosOf(world, file).values()]
    .filter(({ name, place }) => !isTextFlag(name) && (place || isFuncdataMacro(name)))
    .map(
      ({ name, parameters, body }): CompletionItem => ({
        label: name,
        kind: parameters ? CompletionItemKind.Method : CompletionItemKind.Constant,
        detail: parameters ? `(${parameters.join(', ')})` : undefined,
        documentation: isFuncdataMacro(name)
          ? FUNCDATA_MACROS[name]
          : body === undefined
            ? undefined
            : { kind: 'markdown', value: `\`\`\`go.asm\n${body}\n\`\`\`` },
        insertText: parameters ? `${name}($0)` : name,
        insertTextFormat: parameters ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
      }),
    );
}

/** Go functions without a body that have no TEXT in this folder. */
function waiting(world: World, file: AssemblyFile): { name: string; declaration: string; size: number }[] {
  const goPackage = goPackageOf(world, file);
  const target = mainTarget(file);
  if (!goPackage || !target) return [];
  const there = new Set(
    folderAssembly(world, file)
      .filter(each => isFor(each, target.architecture))
      .flatMap(each => modelOf(each).functions.map(fn => fn.symbol.replace(/^.*\./, ''))),
  );
  return goPackage.files.flatMap(go =>
    go.functions
      .filter(fn => !fn.hasBody && !fn.receiver && !there.has(fn.name))
      .map(fn => ({
        name: fn.name,
        declaration: go.text.slice(fn.from, fn.to),
        size: frameOf(fn, goPackage, target.architecture)?.size ?? 0,
      })),
  );
}

/** A TEXT for every Go function that has none in this folder. */
function skeletons(world: World, file: AssemblyFile): CompletionItem[] {
  return waiting(world, file).map(({ name, declaration, size }) => ({
    label: `TEXT ·${name}`,
    kind: CompletionItemKind.Snippet,
    detail: declaration,
    insertText: skeleton(name, declaration, size).replaceAll('$', '\\$').replace('\tRET', '\t$0\n\tRET'),
    insertTextFormat: InsertTextFormat.Snippet,
    sortText: `0${name}`,
  }));
}

function operands(
  world: World,
  file: AssemblyFile,
  position: Position,
  { word: mnemonic, index: operandIndex, written: operand }: Extract<Place, { is: 'operand' }>,
): CompletionItem[] {
  const target = mainTarget(file);
  if (!target) return [];
  const assembler = assemblerOf(target.architecture);
  const { source } = file;
  const index = source.items.findLastIndex(item => source.tokens[item.from].start <= offsetAt(source, position));
  const fn = index < 0 ? undefined : modelOf(file).functionOf(index);

  if ((mnemonic === 'TEXT' || mnemonic === 'GLOBL') && operandIndex > 0 && !operand.startsWith('$')) {
    return Object.entries(TEXT_FLAGS).map(([label, { sentence, value }]) => ({
      label,
      detail: String(value),
      documentation: sentence,
      kind: CompletionItemKind.EnumMember,
    }));
  }
  if (mnemonic === 'TEXT') {
    return waiting(world, file).map(({ name, declaration, size }) => ({
      label: `·${name}`,
      kind: CompletionItemKind.Function,
      detail: declaration,
      insertText: `·${name}(SB), NOSPLIT, $0-${size}`,
    }));
  }
  if (mnemonic === 'GLOBL' || mnemonic === 'DATA') return symbols(world, file);
  // Inside of parentheses only a register fits.
  const inside = /\($|\([A-Za-z]\w*$/.test(operand);
  const registers = [...assembler.registers]
    .filter(name => inside || name === 'SP' || !isPseudoRegister(name))
    .map(
      (label): CompletionItem => ({
        label,
        kind: CompletionItemKind.Variable,
        sortText: `2${label.replace(/\d+$/, digits => digits.padStart(3, '0'))}`,
      }),
    );
  if (inside)
    return [
      ...registers,
      ...Object.keys(PSEUDO_REGISTERS)
        .filter(name => !assembler.registers.has(name))
        .map(label => ({ label, kind: CompletionItemKind.Variable })),
    ];
  if (operand.startsWith('$')) return [...constants(world, file), ...symbols(world, file)];
  const frame = goSideOfFunction(world, file, fn)?.frame;
  const args = frame
    ? [...frame.variables.values()].filter(isShown).map(
        (variable): CompletionItem => ({
          label: `${variable.name}+${variable.offset}(FP)`,
          kind: CompletionItemKind.Field,
          detail: variable.isResult ? `${variable.type} (result)` : variable.type,
          sortText: `1${String(variable.offset).padStart(5, '0')}`,
        }),
      )
    : [];
  const isJump = assembler.jumps.has(mnemonic);
  const labels =
    isJump && fn
      ? [...fn.labels.keys()].map(
          (label): CompletionItem => ({ label, kind: CompletionItemKind.Reference, sortText: `0${label}` }),
        )
      : [];
  const special = [...assembler.special].map(
    (label): CompletionItem => ({ label, kind: CompletionItemKind.EnumMember, sortText: `3${label}` }),
  );
  return [
    ...labels,
    ...args,
    ...registers,
    ...(isJump ? symbols(world, file) : []),
    ...macros(world, file),
    ...special,
  ];
}

/** Macros that are one value, those of go_asm.h too. */
function constants(world: World, file: AssemblyFile): CompletionItem[] {
  return [...macrosOf(world, file).values()]
    .filter(({ name, parameters }) => !parameters && !isTextFlag(name) && !isFuncdataMacro(name))
    .map(({ name, body }) => ({ label: name, kind: CompletionItemKind.Constant, detail: body?.split('\n')[0] }));
}

/** Symbols of the folder's assembly, and Go functions, as this file would write them. */
function symbols(world: World, file: AssemblyFile): CompletionItem[] {
  const found = new Map<string, CompletionItem>();
  const add = (label: string, kind: CompletionItemKind, detail?: string) => {
    if (!found.has(label)) found.set(label, { label: `${label}(SB)`, kind, detail });
  };
  for (const each of folderAssembly(world, file)) {
    const { tokens, items } = each.source;
    for (const item of items) {
      if (item.is !== 'statement' || item.word === undefined) continue;
      const word = tokens[item.word].text;
      if ((word !== 'TEXT' && word !== 'GLOBL') || item.operands.length === 0) continue;
      const { from } = item.operands[0];
      const isStatic = tokens[from + 1]?.text === '<' && tokens[from + 2]?.text === '>';
      if (isStatic && each !== file) continue;
      add(
        tokens[from].text + (isStatic ? '<>' : ''),
        word === 'TEXT' ? CompletionItemKind.Function : CompletionItemKind.Variable,
      );
    }
  }
  for (const go of goPackageOf(world, file)?.files ?? []) {
    for (const fn of go.functions)
      if (!fn.receiver) add(`·${fn.name}`, CompletionItemKind.Function, go.text.slice(fn.from, fn.to));
    for (const { name } of go.variables) add(`·${name}`, CompletionItemKind.Variable);
  }
  return [...found.values()];
}

function headers(world: World, file: AssemblyFile): CompletionItem[] {
  const own = (world.files.list(folderOf(file.uri)) ?? []).filter(name => name.endsWith('.h'));
  return [...new Set([...HEADERS, ...own])].map(label => ({ label, kind: CompletionItemKind.File }));
}
