/**
 * The initial stack as Linux builds it (fs/exec.c, create_elf_tables in fs/binfmt_elf.c), from the top downwards: a
 * zero word, the path of the program, the environment's strings, the arguments', the platform's name, 16 random
 * bytes; then, from the stack pointer upwards: argc, argv, NULL, envp, NULL, the auxiliary vector.
 */
import { type AddressSpace, PAGE_SIZE, PROT } from '../memory/types.ts';
import { E2BIG } from './errors.ts';
import { pageFloor } from './memory.ts';

export const AT = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  PLATFORM: 15,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  HWCAP2: 26,
  RSEQ_FEATURE_SIZE: 27,
  RSEQ_ALIGN: 28,
  EXECFN: 31,
  SYSINFO_EHDR: 33,
  MINSIGSTKSZ: 51,
} as const;

/** Room below the stack pointer that is mapped from the start (setup_arg_pages). */
const STACK_EXPAND = 128 * 1024;
/** MAX_ARG_STRLEN: one string with its NUL. */
const STRING_LIMIT = 32 * PAGE_SIZE;

export interface StackContents {
  top: number;
  /** Where the mapping may reach down to: RLIMIT_STACK. */
  limit: bigint;
  executable: boolean;
  path: Uint8Array;
  args: readonly Uint8Array[];
  env: readonly Uint8Array[];
  platform: string;
  random: Uint8Array;
  /** In order; the entries whose values are addresses on the stack are filled in here. */
  auxv: readonly (readonly [type: number, value: bigint | 'execfn' | 'platform' | 'random'])[];
}

export interface BuiltStack {
  sp: number;
  argStart: number;
  argEnd: number;
  envEnd: number;
  auxv: Uint8Array;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0));

/** Maps the stack and writes it. Throws E2BIG where execve does. */
export function buildStack(space: AddressSpace, contents: StackContents): BuiltStack {
  const { top, args, env } = contents;
  const pieces: { address: number; bytes: Uint8Array }[] = [];
  let at = top - 8;
  const push = (bytes: Uint8Array): number => {
    at -= bytes.length;
    pieces.push({ address: at, bytes });
    return at;
  };
  const pushString = (text: Uint8Array): number => {
    if (text.length + 1 > STRING_LIMIT) throw E2BIG;
    at -= 1;
    return push(text);
  };
  const pushAll = (strings: readonly Uint8Array[]): number[] => {
    const addresses: number[] = [];
    for (let i = strings.length - 1; i >= 0; i--) addresses[i] = pushString(strings[i]!);
    return addresses;
  };

  const words = 8 * (args.length + env.length);
  const strings = [...args, ...env].reduce((sum, s) => sum + s.length + 1, 0);
  // A quarter of the stack's limit, at most 6 MB, at least 128 KiB (bprm_stack_limits).
  const quarter = Math.max(128 * 1024, Math.min(6 * 1024 * 1024, Number(contents.limit) / 4));
  if (words + strings > quarter) throw E2BIG;

  const execfn = pushString(contents.path);
  const envEnd = at;
  const envAddresses = pushAll(env);
  const argEnd = at;
  const argAddresses = pushAll(args);
  const argStart = at;
  at = Math.floor(at / 16) * 16;
  const platform = pushString(ascii(contents.platform));
  const random = push(contents.random);

  const own = { execfn, platform, random };
  const auxv = new Uint8Array(16 * (contents.auxv.length + 1));
  const view = new DataView(auxv.buffer);
  contents.auxv.forEach(([type, value], i) => {
    view.setBigUint64(16 * i, BigInt(type), true);
    view.setBigUint64(16 * i + 8, typeof value === 'bigint' ? value : BigInt(own[value]), true);
  });
  const pointers = [args.length, ...argAddresses, 0, ...envAddresses, 0];
  const sp = Math.floor((at - auxv.length - 8 * pointers.length) / 16) * 16;
  const table = new Uint8Array(8 * pointers.length);
  const tableView = new DataView(table.buffer);
  pointers.forEach((value, i) => {
    tableView.setBigUint64(8 * i, BigInt(value), true);
  });
  pieces.push({ address: sp, bytes: table }, { address: sp + table.length, bytes: auxv });

  space.map({
    start: pageFloor(sp - STACK_EXPAND),
    end: top,
    prot: PROT.READ | PROT.WRITE | (contents.executable ? PROT.EXEC : 0),
    backing: { is: 'anonymous' },
    shared: false,
    name: '[stack]',
    growsDown: true,
  });
  for (const { address, bytes } of pieces) if (bytes.length > 0) space.write(address, bytes);
  return { sp, argStart, argEnd, envEnd, auxv };
}
