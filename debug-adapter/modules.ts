/**
 * The files whose code is in the program's memory: the program itself with its sections and symbols, its dynamic linker and
 * libraries, the kernel's vDSO.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type ElfSection, SHF } from '../emulator/symbols/elf.ts';
import type { Program } from '../emulator/symbols/program.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { nameOf } from './sources.ts';

/** What DAP has no columns of its own for. */
export const MODULE_COLUMNS: DebugProtocol.ColumnDescriptor[] = [
  { attributeName: 'sections', label: 'Sections', type: 'string' },
  { attributeName: 'buildId', label: 'Build ID', type: 'string' },
];

interface Module extends DebugProtocol.Module {
  /** ".text 0x401000-0x47c7a0, .rodata …": where those that are loaded lie in memory. */
  sections?: string;
  buildId?: string;
}

/** The program's own; other files are known by their paths. */
const PROGRAM = 1;
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

export function modules(session: Session, args: DebugProtocol.ModulesArguments): DebugProtocol.ModulesResponse['body'] {
  const all = modulesOf(session, targetOf(session));
  session.modulesTold = new Map(all.map(module => [module.id, JSON.stringify(module)]));
  const from = Math.max(0, Math.trunc(Number(args.startModule)) || 0);
  const count = Math.max(0, Math.trunc(Number(args.moduleCount)) || 0) || all.length;
  return { modules: all.slice(from, from + count), totalModules: all.length };
}

/** At a stop: what was mapped, unmapped or replaced since the client asked for modules, if it ever has. */
export function tellModules(session: Session): void {
  const told = session.modulesTold;
  if (!told) return;
  const now = modulesOf(session, targetOf(session));
  for (const module of now) {
    const before = told.get(module.id);
    const text = JSON.stringify(module);
    if (before !== text) session.emit('module', { reason: before === undefined ? 'new' : 'changed', module });
    told.set(module.id, text);
  }
  for (const [id, text] of told)
    if (!now.some(module => module.id === id)) {
      session.emit('module', { reason: 'removed', module: JSON.parse(text) });
      told.delete(id);
    }
}

/** The module that an address is in, as the client knows it. */
export function moduleIdAt(session: Session, target: Target, address: number): number | string | undefined {
  const own = imageOf(target.program);
  if (address >= own.start && address < own.end) return PROGRAM;
  return othersOf(session, target).find(({ start, end }) => address >= start && address < end)?.name;
}

function modulesOf(session: Session, target: Target): Module[] {
  const { program } = target;
  const path = session.launch?.program ?? '';
  const { start, end } = imageOf(program);
  return [
    {
      id: PROGRAM,
      name: nameOf(path),
      path,
      addressRange: range(start, end),
      symbolStatus: program.hasDwarf
        ? 'Symbols and DWARF'
        : program.hasSymbols || program.isGo
          ? 'Symbols'
          : 'No symbols',
      ...(program.goVersion ? { version: program.goVersion } : {}),
      isUserCode: true,
      sections: sectionsOf(program).join(', '),
      ...(program.buildId ? { buildId: program.buildId } : {}),
    },
    ...othersOf(session, target).map(({ name, start: from, end: to }) => ({
      id: name,
      name: nameOf(name),
      path: name,
      addressRange: range(from, to),
      symbolStatus: 'Not read: only the program itself has symbols',
      isUserCode: false,
    })),
  ];
}

const range = (start: number, end: number): string => `0x${start.toString(16)}-0x${end.toString(16)}`;

function imageOf({ elf, bias }: Program): { start: number; end: number } {
  const PT_LOAD = 1;
  const loaded = elf.segments.filter(segment => segment.type === PT_LOAD);
  return {
    start: Math.min(...loaded.map(segment => segment.address)) + bias,
    end: Math.max(...loaded.map(segment => segment.address + segment.memorySize)) + bias,
  };
}

const sectionsOf = ({ elf, bias }: Program): string[] =>
  elf.sections
    .filter(({ flags, address }: ElfSection) => flags & SHF.ALLOC && address !== 0)
    .map(({ name, address, size }) => `${name} ${range(address + bias, address + bias + size)}`);

/** Files beside the program that have been mapped from their first byte on, by their place. */
function othersOf(session: Session, { machine, program }: Target): { name: string; start: number; end: number }[] {
  const task = session.stop?.task ?? machine.current;
  if (task === undefined) return [];
  const own = imageOf(program);
  const found = new Map<string, { name: string; start: number; end: number }>();
  for (const { name, start, end } of machine.mappings(task)) {
    if (name === '' || (name.startsWith('[') && name !== '[vdso]') || (start < own.end && end > own.start)) continue;
    const known = found.get(name);
    if (known) {
      known.start = Math.min(known.start, start);
      known.end = Math.max(known.end, end);
    } else found.set(name, { name, start, end });
  }
  return [...found.values()].filter(({ start }) => {
    const bytes = machine.read(task, start, ELF_MAGIC.length);
    return ELF_MAGIC.every((byte, i) => bytes[i] === byte);
  });
}
