/**
 * Documents and modules. Where a source file is missing, a frame shows a document made for its function: the disassembly,
 * with the file and line of every stretch.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { functionRows, rowText } from './disassemble.ts';
import { Refusal } from './errors.ts';
import { clientLine, type Session, type Target, targetOf } from './session.ts';
import { nameOf, sourceFor } from './sources.ts';

/** The document of a function, and the line (from 1) on which an address stands in it. */
export function documentFor(
  session: Session,
  fn: CodeFunction,
  address: number,
): { source: DebugProtocol.Source; line: number } {
  let index = session.documents.findIndex(document => document.address === fn.entry);
  if (index < 0) index = session.documents.push({ name: `${fn.name}.s`, address: fn.entry }) - 1;
  const target = targetOf(session);
  const { lineOf } = documentText(session, target, fn);
  const at = target.program.lineAt(address);
  return {
    source: {
      name: `${fn.name} (assembly)`,
      sourceReference: index + 1,
      ...(at ? { origin: `${nameOf(at.file)}:${at.line}` } : {}),
    },
    line: lineOf.get(address) ?? [...lineOf].findLast(([at]) => at <= address)?.[1] ?? 1,
  };
}

/** The lines of a document that are instructions, in order. */
export function documentRows(session: Session, address: number): { line: number; address: number }[] {
  const target = targetOf(session);
  const fn = target.program.functionAt(address);
  if (!fn) return [];
  return [...documentText(session, target, fn).lineOf].map(([at, line]) => ({ line, address: at }));
}

function documentText(
  session: Session,
  target: Target,
  fn: CodeFunction,
): { text: string; lineOf: Map<number, number> } {
  const { program, machine } = target;
  const task = session.stop?.task ?? machine.current ?? 0;
  const lines = [`// ${fn.name}${fn.file ? `, from ${fn.file}, which is not on this computer` : ''}`];
  const lineOf = new Map<number, number>();
  let last = '';
  for (const row of functionRows(target, task, fn)) {
    const at = program.lineAt(row.address);
    const position = at ? `${nameOf(at.file)}:${at.line}` : '';
    if (position !== last && position !== '') lines.push(`// ${position}`);
    last = position;
    lines.push(`${row.address.toString(16).padStart(8)}  ${rowText(target, row, session.launch?.syntax ?? 'go')}`);
    lineOf.set(row.address, lines.length);
  }
  return { text: `${lines.join('\n')}\n`, lineOf };
}

export function source(session: Session, args: DebugProtocol.SourceArguments): DebugProtocol.SourceResponse['body'] {
  const reference = args.source?.sourceReference || args.sourceReference;
  const document = session.documents[reference - 1];
  const target = targetOf(session);
  const fn = document && target.program.functionAt(document.address);
  if (!fn) throw new Refusal('There is no such document: documents are made for frames without a source file.');
  // Each has its language in the extension's package.json.
  const mimeType = (session.launch?.syntax ?? 'go') === 'go' ? 'text/x-go-asm' : 'text/x-ring3-disassembly';
  return { content: documentText(session, target, fn).text, mimeType };
}

/** Where the function begins that a value leads to, or where a variable is declared. */
export async function locations(
  session: Session,
  args: DebugProtocol.LocationsArguments,
): Promise<DebugProtocol.LocationsResponse['body']> {
  const place = session.locations[Number(args.locationReference) - 1];
  const found = place && (await sourceFor(session, place.file));
  if (!place || !found) throw new Refusal('There is no source for this value on this computer.');
  return { source: found, line: clientLine(session, place.line) };
}

export async function loadedSources(session: Session): Promise<DebugProtocol.LoadedSourcesResponse['body']> {
  const { program } = targetOf(session);
  const sources = await Promise.all(program.sourceFiles().map(file => sourceFor(session, file)));
  return { sources: sources.filter(found => found !== undefined) };
}
