/** Which files Ring 3 runs, and for each that it does not, a sentence that says what it is and what to do. */
import { fileKind } from '../emulator/symbols/elf.ts';

const MACHINES: Readonly<Record<number, string>> = {
  3: '32-bit x86',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 's390x',
  40: '32-bit ARM',
  183: 'arm64',
  243: 'RISC-V',
  258: 'LoongArch',
};
const AMD64 = 62;
const REBUILD = 'Build it for linux/amd64 (for Go: GOOS=linux GOARCH=amd64 go build).';

export interface FileProblem {
  /** `object`: code for this processor that is not linked yet. */
  readonly kind: 'no ELF' | 'other machine' | 'object' | 'core' | 'nothing to load' | 'damaged';
  /** A sentence that says what to do. */
  readonly message: string;
}

const is = (kind: FileProblem['kind'], message: string): FileProblem => ({ kind, message });

/** What keeps a file from being run; undefined when it looks as if it could. */
export function problemWith(file: Uint8Array, name: string): FileProblem | undefined {
  switch (fileKind(file)) {
    case 'elf':
      return problemWithElf(file, name);
    case 'empty':
      return is('no ELF', `${name} is empty. Ring 3 runs ELF executables for linux/amd64.`);
    case 'script': {
      const line = new TextDecoder().decode(file.subarray(2, 82)).split('\n')[0].trim();
      return is(
        'no ELF',
        `${name} is a script (for ${line || 'an interpreter'}). Ring 3 runs machine code: name the interpreter as the program, if it is a static ELF executable, and the script among "args".`,
      );
    }
    case 'mach-o':
      return is('other machine', `${name} is a macOS executable (Mach-O). ${REBUILD}`);
    case 'pe':
      return is('other machine', `${name} is a Windows executable (PE). ${REBUILD}`);
    case 'archive':
      return is('no ELF', `${name} is an archive of object files, not an executable. Link it first.`);
    case 'unknown':
      return is(
        'no ELF',
        `${name} is no ELF executable, and nothing else that Ring 3 knows. It runs ELF executables for linux/amd64, .go files and folders of Go packages.`,
      );
  }
}

function problemWithElf(file: Uint8Array, name: string): FileProblem | undefined {
  if (file.length < 64)
    return is('damaged', `${name} is a damaged ELF file: it ends within its header. Build or copy it again.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [elfClass, encoding] = [file[4], file[5]];
  if (encoding !== 1) return is('other machine', `${name} is an ELF file for a big-endian machine. ${REBUILD}`);
  const machine = view.getUint16(18, true);
  if (machine !== AMD64 || elfClass !== 2) {
    const what = machine === AMD64 ? 'the x32 ABI' : (MACHINES[machine] ?? `machine number ${machine}`);
    return is('other machine', `${name} is an ELF file for ${what}; Ring 3 runs 64-bit x86 (amd64) so far. ${REBUILD}`);
  }
  const type = view.getUint16(16, true);
  if (type === 1) return is('object', `${name} is an object file, not yet an executable. Link it first.`);
  if (type === 4) return is('core', `${name} is a core dump. Name the executable that made it.`);
  if (type !== 2 && type !== 3)
    return is('damaged', `${name} is a damaged ELF file (type ${type}). Build or copy it again.`);
  const at = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0)
    return is(
      'nothing to load',
      `${name} is an ELF file without program headers, so there is nothing to load. Link it as an executable.`,
    );
  if (size !== 56 || at + size * count > file.length)
    return is(
      'damaged',
      `${name} is a damaged ELF file: its program headers lie outside of it. Build or copy it again.`,
    );
  let loads = 0;
  for (let i = 0; i < count; i++) {
    const header = at + i * size;
    const kind = view.getUint32(header, true);
    const offset = Number(view.getBigUint64(header + 8, true));
    const length = Number(view.getBigUint64(header + 32, true));
    if ((kind === 1 || kind === 3) && offset + length > file.length)
      return is('damaged', `${name} is a damaged ELF file: it ends before its contents do. Build or copy it again.`);
    if (kind === 1) loads++;
  }
  if (loads === 0)
    return is('nothing to load', `${name} is an ELF file with nothing to load. Link it as an executable.`);
  return undefined;
}
