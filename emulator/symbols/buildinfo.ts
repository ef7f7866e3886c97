/**
 * What `go version -m` prints: the toolchain's version and the module information that the linker leaves in
 * `.go.buildinfo`. Source: debug/buildinfo; two forms, pointers to strings (1.13–1.17) and inline strings (1.18+).
 */
import { Cursor, decodeUtf8, SymbolError } from './bytes.ts';
import type { Elf } from './elf.ts';

export interface BuildInfo {
  /** "go1.26.8". */
  readonly goVersion: string;
  /** Path of the main package ("command-line-arguments" for loose files). */
  readonly path: string | undefined;
  /** The main module. */
  readonly main: { path: string; version: string } | undefined;
  readonly dependencies: readonly { path: string; version: string }[];
  /** "GOARCH", "-trimpath", "CGO_ENABLED", "vcs.revision" … */
  readonly settings: ReadonlyMap<string, string>;
}

const MAGIC = '\xff Go buildinf:';
/** The runtime's markers around the module information. */
const MARKER = 16;

export function readBuildInfo(elf: Elf): BuildInfo | undefined {
  try {
    const section = elf.section('.go.buildinfo');
    const blob = section ? elf.read(section.address, section.size) : searchBlob(elf);
    if (!blob || blob.length < 32 || latin1(blob, 14) !== MAGIC) return undefined;
    const flags = blob[15];
    let version: string;
    let modules: string;
    if (flags & 2) {
      const c = new Cursor(blob, '.go.buildinfo', 32);
      version = decodeUtf8(c.take(c.uleb()));
      modules = stripMarkers(c.take(c.uleb()));
    } else {
      const c = new Cursor(blob, '.go.buildinfo', 16);
      version = decodeUtf8(goString(elf, c.u64()));
      modules = stripMarkers(goString(elf, c.u64()));
    }
    return version === '' ? undefined : { goVersion: version, ...parseModules(modules) };
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** Go's minor version from "go1.26.8", "go1.27rc1 X:…" or "devel go1.28-…": 26. Undefined if it does not say. */
export function goMinor(version: string | undefined): number | undefined {
  const match = version?.match(/go1\.(\d+)/);
  return match ? Number(match[1]) : undefined;
}

function latin1(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** Without a section table: the blob stands 16-aligned at the start of the data segment. */
function searchBlob(elf: Elf): Uint8Array | undefined {
  for (const segment of elf.segments) {
    if (segment.type !== 1 || (segment.flags & 2) === 0) continue;
    const bytes = elf.read(segment.address, Math.min(segment.fileSize, 1 << 20));
    for (let at = 0; at + 32 <= bytes.length; at += 16) {
      if (bytes[at] === 0xff && latin1(bytes.subarray(at), 14) === MAGIC) return bytes.subarray(at);
    }
  }
  return undefined;
}

/** Empty when the header lies in .bss, as the module information of a program without modules does. */
function goString(elf: Elf, header: number): Uint8Array {
  const words = elf.read(header, 16);
  if (words.length < 16) return words.subarray(0, 0);
  const c = new Cursor(words, 'Go string');
  const pointer = c.u64();
  const length = c.u64();
  return elf.read(pointer, Math.min(length, 1 << 20));
}

function stripMarkers(bytes: Uint8Array): string {
  const text = bytes.length >= 2 * MARKER + 1 ? bytes.subarray(MARKER, bytes.length - MARKER) : new Uint8Array(0);
  return decodeUtf8(text);
}

function parseModules(text: string): Omit<BuildInfo, 'goVersion'> {
  let path: string | undefined;
  let main: { path: string; version: string } | undefined;
  const dependencies: { path: string; version: string }[] = [];
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [key, a = '', b = ''] = line.split('\t');
    if (key === 'path') path = a;
    else if (key === 'mod') main = { path: a, version: b };
    else if (key === 'dep') dependencies.push({ path: a, version: b });
    else if (key === '=>' && dependencies.length > 0) dependencies[dependencies.length - 1] = { path: a, version: b };
    else if (key === 'build') {
      const equals = a.indexOf('=');
      if (equals > 0) settings.set(a.slice(0, equals), a.slice(equals + 1).replace(/^"(.*)"$/, '$1'));
    }
  }
  return { path, main, dependencies, settings };
}
