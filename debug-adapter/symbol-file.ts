/**
 * A program's symbols, read while the machine is made: its debug sections are decompressed beside other work, and what a
 * distribution ships in a file of its own is looked for. Progress is shown for programs that take longer.
 */
import { type Elf, parseElf } from '../emulator/symbols/elf.ts';
import { debugFileNames, withDebugFile } from '../emulator/symbols/separate-debug.ts';
import { whyNot } from './errors.ts';
import { type Session, say } from './session.ts';

/** What is larger may take longer than a moment. */
const LARGE = 16 << 20;

/** Throws SymbolError if the file is no ELF file. */
export async function openSymbols(session: Session, path: string, file: Uint8Array): Promise<Elf> {
  const elf = parseElf(file);
  elf.inflateAhead();
  for (const name of debugFileNames(elf, path)) {
    const { environment } = session;
    if ((await environment.look(name.path).catch(() => undefined))?.is !== 'file') continue;
    try {
      const both = withDebugFile(elf, name.open(await environment.readFile(name.path)));
      both.inflateAhead();
      say(session, `Debug information comes from ${name.path}.`);
      return both;
    } catch (error) {
      say(session, `The debug information in ${name.path} is not used: ${whyNot(error)}.`, 'important');
    }
  }
  return elf;
}

/** Tells the client that a large program is being loaded; returns the end of that. */
export function loadingProgress({ client, emit, run }: Session, path: string, size: number): () => void {
  if (!client.progress || size < LARGE) return () => {};
  const progressId = `load-${run}`;
  const message = `${path.slice(path.lastIndexOf('/') + 1)}, ${Math.round(size / 2 ** 20)} MiB`;
  emit('progressStart', { progressId, title: 'Loading the program', message, cancellable: false });
  return () => emit('progressEnd', { progressId });
}
