/** Where two outcomes differ, in words; undefined flags and what is known to be open are left out. */
import type { Case, Outcome } from './case.ts';

const FLAG_BIT: Record<string, bigint> = { c: 1n, p: 4n, a: 0x10n, z: 0x40n, s: 0x80n, o: 0x800n, d: 0x400n };
const NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];
const ARITHMETIC = 0xcd5n;

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;

/** Branches: with an operand-size prefix AMD cuts the target to 16 bits; Intel ignores the prefix, and so do we. */
const BRANCH = /^(jmp|jcc|call|ret|loop|loope|loopne|jrcxz)$/;

/**
 * Why a case's answer is not compared: the manual leaves it undefined, the profile differs from the real CPU's, or the
 * difference is known and open. Undefined otherwise.
 */
export function leftOut(c: Case, real: Outcome): string | undefined {
  const name = c.form.row.name;
  const code = [...c.code];
  const opcodeAt = code.findIndex(b => ![0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65].includes(b));
  const prefixes = code.slice(0, opcodeAt);
  if (BRANCH.test(name) && prefixes.includes(0x66)) return 'operand-size prefix on a near branch';
  if ((name === 'shld' || name === 'shrd') && prefixes.includes(0x66)) return 'counts above 16 are undefined';
  if (name === 'lzcnt' || name === 'tzcnt') return 'the default profile runs them as BSR and BSF';
  if (name === 'pause' && prefixes.includes(0xf3) && (code[opcodeAt] & 0xf1) === 0x41)
    return 'REX.B makes it XCHG on some CPUs';
  if (name === 'enter') return 'nesting levels: open';
  if (name === 'pop' && c.form.operands.length === 2) return 'loading a segment register: open';
  if (name === 'nop' && c.form.encoding.startsWith('0F 0D'))
    return 'PREFETCH with a register: #UD on AMD, NOP on Intel';
  if (real.signal === 7 && real.trap === 12) return '#SS instead of #GP for a base of RSP or RBP: open';
  return undefined;
}

export function differences(c: Case, real: Outcome, ours: Outcome): string[] {
  const list: string[] = [];
  const check = (what: string, a: bigint | number, b: bigint | number) => {
    if (a !== b) list.push(`${what}: real ${hex(a)} ours ${hex(b)}`);
  };
  check('signal', real.signal, ours.signal);
  if (list.length) return list;
  check('trap', real.trap, ours.trap);
  check('rip', real.rip, ours.rip);
  if (real.trap === 14) check('address', real.address, ours.address);
  for (let i = 0; i < 16; i++) check(NAMES[i], real.gpr[i], ours.gpr[i]);
  let mask = ARITHMETIC;
  for (const letter of c.form.row.flags.undefined) mask &= ~FLAG_BIT[letter];
  check('flags', real.flags & mask, ours.flags & mask);
  for (let i = 0; i < 16; i++) {
    const a = Buffer.from(real.xmm.subarray(i * 16, i * 16 + 16))
      .reverse()
      .toString('hex');
    const b = Buffer.from(ours.xmm.subarray(i * 16, i * 16 + 16))
      .reverse()
      .toString('hex');
    if (a !== b) list.push(`xmm${i}: real ${a} ours ${b}`);
  }
  check('x87 control', real.x87.control, ours.x87.control);
  check('x87 status', real.x87.status, ours.x87.status);
  check('x87 tags', real.x87.tags, ours.x87.tags);
  for (let i = 0; i < 8; i++) {
    const a = Buffer.from(real.x87.st.subarray(i * 16, i * 16 + 10))
      .reverse()
      .toString('hex');
    const b = Buffer.from(ours.x87.st.subarray(i * 16, i * 16 + 10))
      .reverse()
      .toString('hex');
    if (a !== b) list.push(`st${i}: real ${a} ours ${b}`);
  }
  if (real.first !== ours.first || Buffer.compare(real.data, ours.data)) {
    list.push(
      `memory: real ${real.first} ${Buffer.from(real.data.subarray(0, 64)).toString('hex')} ours ${ours.first} ${Buffer.from(ours.data.subarray(0, 64)).toString('hex')}`,
    );
  }
  return list;
}
