/**
 * What amd64's registers are for, in the two ABIs that a Go program lives in, and in C's.
 *
 * Sources: Linux, arch/x86/entry/entry_64.S (entry_SYSCALL_64); "Go internal ABI specification"
 * (src/cmd/compile/abi-internal.md), section "amd64 architecture"; System V ABI, AMD64 supplement, 3.2.3.
 */
import type { Conventions, RegisterRoles } from '../conventions.ts';

const GO_INTEGERS = ['rax', 'rbx', 'rcx', 'rdi', 'rsi', 'r8', 'r9', 'r10', 'r11'];
const GO_FLOATS = Array.from({ length: 15 }, (_, i) => `xmm${i}`);
const ORDINALS = '1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th 13th 14th 15th'.split(' ');

/** register, role in the syscall ABI, role in ABIInternal. */
const ROWS: readonly (readonly [string, string, string])[] = [
  ['rax', 'number; result', ''],
  ['rdi', '1st argument', ''],
  ['rsi', '2nd argument', ''],
  ['rdx', '3rd argument', 'closure context'],
  ['r10', '4th argument', ''],
  ['r8', '5th argument', ''],
  ['r9', '6th argument', ''],
  ['rcx', 'overwritten with the return address', ''],
  ['r11', 'overwritten with RFLAGS', ''],
  ['rbx', '', ''],
  ['rsp', '', 'stack pointer'],
  ['rbp', '', 'frame pointer'],
  ['r12', '', 'scratch'],
  ['r13', '', 'scratch'],
  ['r14', '', 'current goroutine (g)'],
  ['r15', '', 'GOT when dynamically linked, else scratch'],
  ['xmm15', '', 'always zero'],
  ['fs_base', '', 'thread-local storage; g at −8'],
];

function roles(): Map<string, RegisterRoles> {
  const map = new Map<string, RegisterRoles>(ROWS.map(([name, syscall, go]) => [name, { syscall, go }]));
  GO_INTEGERS.forEach((name, i) => {
    map.set(name, { syscall: map.get(name)?.syscall ?? '', go: `${ORDINALS[i]} integer argument, result` });
  });
  GO_FLOATS.forEach((name, i) => {
    map.set(name, { syscall: '', go: `${ORDINALS[i]} float argument, result` });
  });
  return map;
}

/** Offset of `gregs` in the ucontext (uc_flags, uc_link, uc_stack before it) and the order within. */
const GREGS = 40;

/** CALL rel32, and CALL r/m64 in its lengths (Intel SDM vol. 2, CALL: E8 and FF /2). */
function callBefore(code: Uint8Array, address: number): number | 'indirect' | undefined {
  const end = code.length;
  if (end >= 5 && code[end - 5] === 0xe8) {
    const distance = new DataView(code.buffer, code.byteOffset + end - 4, 4).getInt32(0, true);
    return address + distance;
  }
  const isCall = (modrm: number): boolean => ((modrm >> 3) & 7) === 2;
  for (const [length, form] of INDIRECT_CALLS) {
    const at = end - length;
    if (at >= 0 && code[at] === 0xff && isCall(code[at + 1]) && form(code[at + 1], code[at + 2])) return 'indirect';
  }
  return undefined;
}

const mod = (modrm: number): number => modrm >> 6;
const hasSib = (modrm: number): boolean => (modrm & 7) === 4;
/** Lengths of FF /2 without prefixes, by what its ModRM and SIB bytes say. */
const INDIRECT_CALLS: readonly (readonly [number, (modrm: number, sib: number) => boolean])[] = [
  [2, modrm => mod(modrm) === 3 || (mod(modrm) === 0 && !hasSib(modrm) && (modrm & 7) !== 5)],
  [3, modrm => (mod(modrm) === 1 && !hasSib(modrm)) || (mod(modrm) === 0 && hasSib(modrm))],
  [4, modrm => mod(modrm) === 1 && hasSib(modrm)],
  [6, modrm => (mod(modrm) === 2 && !hasSib(modrm)) || (mod(modrm) === 0 && (modrm & 7) === 5)],
  [7, (modrm, sib) => hasSib(modrm) && (mod(modrm) === 2 || (mod(modrm) === 0 && (sib & 7) === 5))],
];

export const amd64Conventions: Conventions = {
  roles: roles(),
  syscall: {
    number: 'rax',
    args: ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'],
    result: 'rax',
    clobbered: [
      { register: 'rcx', with: 'return address' },
      { register: 'r11', with: 'RFLAGS' },
    ],
  },
  goInternal: {
    integers: GO_INTEGERS,
    floats: GO_FLOATS,
    closure: 'rdx',
    g: 'r14',
    zero: 'xmm15',
    scratch: ['r12', 'r13'],
    setsFramePointer: 3,
  },
  c: {
    integers: ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'],
    floats: GO_FLOATS.slice(0, 8),
    results: ['rax', 'rdx'],
    vectorCount: 'rax',
  },
  stack: {
    pointer: 'rsp',
    framePointer: 'rbp',
    link: undefined,
    callBefore,
    longestCall: 7,
    abi0Arguments: 8,
  },
  goThreadLocal: { base: 'fs_base', offset: -8 },
  signalFrame: { pc: GREGS + 16 * 8, sp: GREGS + 15 * 8, framePointer: GREGS + 10 * 8 },
};
