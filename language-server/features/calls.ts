/** Who calls whom: functions of the folder's assembly, and the Go functions that they call. */
import {
  type CallHierarchyIncomingCall,
  type CallHierarchyItem,
  type CallHierarchyOutgoingCall,
  type Range,
  SymbolKind,
} from 'vscode-languageserver';
import { checkedTargets } from '../check/check.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type FunctionText, modelOf } from '../syntax/model.ts';
import { folderOf } from '../uri.ts';
import { assemblyAt, assemblyIn, folderAssembly, sameSymbol, type World } from '../workspace.ts';
import { type Asked, declaration, meaningAt } from './navigation.ts';
import { rangeOf } from './symbols.ts';

/** `data` of an item: the symbol as the linker knows it. */
interface Data {
  readonly symbol: string;
}

function itemOf(file: AssemblyFile, fn: FunctionText): CallHierarchyItem {
  const { items } = file.source;
  const name = fn.symbol.replace(/<>$/, '').replace(/^\./, '');
  const whole = { from: items[fn.firstItem].from, to: items[fn.lastItem].to };
  return {
    name,
    kind: SymbolKind.Function,
    uri: file.uri,
    range: rangeOf(file.source, whole),
    selectionRange: rangeOf(file.source, { from: fn.at, to: fn.at + 1 }),
    data: { symbol: fn.symbol } satisfies Data,
  };
}

/** Jumps and calls of a function to a symbol: the token of each. */
function callsOf(file: AssemblyFile, fn: FunctionText): { symbol: string; token: number }[] {
  const { tokens, items } = file.source;
  const jumps = checkedTargets(file).map(({ architecture }) => assemblerOf(architecture).jumps);
  const found: { symbol: string; token: number }[] = [];
  for (let index = fn.firstItem + 1; index <= fn.lastItem; index++) {
    const item = items[index];
    if (item.is !== 'statement' || item.word === undefined) continue;
    const word = tokens[item.word].text;
    if (word !== 'CALL' && !jumps.some(set => set.has(word))) continue;
    const target = item.operands.at(-1)?.from;
    const meaning = target === undefined ? undefined : modelOf(file).meaning(target);
    if (target !== undefined && meaning?.is === 'symbol') found.push({ symbol: meaning.name, token: target });
  }
  return found;
}

export function prepareCalls(asked: Asked): CallHierarchyItem[] {
  const { world, file } = asked;
  const found = meaningAt(asked);
  if (found?.meaning.is !== 'symbol') return [];
  return definitionsOf(world, file, found.meaning.name, asked);
}

function definitionsOf(world: World, file: AssemblyFile, symbol: string, asked?: Asked): CallHierarchyItem[] {
  const folder = folderOf(file.uri);
  const files = symbol.endsWith('<>') ? [file] : folderAssembly(world, file);
  const items = files.flatMap(each =>
    modelOf(each)
      .functions.filter(fn => sameSymbol(world, folder, fn.symbol, symbol))
      .map(fn => itemOf(each, fn)),
  );
  if (items.length > 0 || !asked) return items;
  // A function that is Go's.
  return declaration(asked).map(({ uri, range }) => ({
    name: symbol.replace(/^\./, ''),
    kind: SymbolKind.Function,
    uri,
    range,
    selectionRange: range,
    data: { symbol } satisfies Data,
  }));
}

export function incomingCalls(world: World, item: CallHierarchyItem): CallHierarchyIncomingCall[] {
  const { symbol } = item.data as Data;
  const folder = folderOf(item.uri);
  return assemblyIn(world, folder)
    .filter(({ uri }) => !symbol.endsWith('<>') || uri === item.uri)
    .flatMap(file =>
      modelOf(file).functions.flatMap(fn => {
        const ranges = callsOf(file, fn)
          .filter(call => sameSymbol(world, folder, call.symbol, symbol))
          .map(({ token }) => rangeOf(file.source, { from: token, to: token + 1 }));
        return ranges.length ? [{ from: itemOf(file, fn), fromRanges: ranges }] : [];
      }),
    );
}

export function outgoingCalls(
  world: World,
  item: CallHierarchyItem,
  file: AssemblyFile | undefined,
): CallHierarchyOutgoingCall[] {
  const { symbol } = item.data as Data;
  const own = file ?? assemblyAt(world, item.uri);
  const fn = own && modelOf(own).functions.find(each => each.symbol === symbol);
  if (!own || !fn) return [];
  const ranges = new Map<string, { token: number; ranges: Range[] }>();
  for (const { symbol: called, token } of callsOf(own, fn)) {
    const known = ranges.get(called) ?? { token, ranges: [] };
    known.ranges.push(rangeOf(own.source, { from: token, to: token + 1 }));
    ranges.set(called, known);
  }
  return [...ranges].flatMap(([called, { token, ranges: fromRanges }]) => {
    const { start } = rangeOf(own.source, { from: token, to: token + 1 });
    const to = definitionsOf(world, own, called, {
      world,
      file: own,
      position: { ...start, character: start.character + 1 },
    });
    return to.slice(0, 1).map(each => ({ to: each, fromRanges }));
  });
}
