import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { explain, explainInsn } from '../../emulator/isa/x64/explain.ts';
import { goInstruction, rowOfGoName } from '../../emulator/isa/x64/go-names.ts';
import { print, type Syntax } from '../../emulator/isa/x64/print.ts';
import {
  go,
  itNeeds,
  nodeIsElf,
  objdump,
  objdumpLines,
  objdumpVersion,
  random,
  type Text,
  textOf,
  withGoProgram,
} from './oracles.ts';

const symbols: Record<number, string> = {
  4198400: 'main.main',
  4198416: 'main.main+0x10',
  5242880: 'runtime.x',
  5242888: 'runtime.x+0x8',
};
const resolve = (address: number) => symbols[address];
const text = (hex: string, syntax: Syntax, names = false): string => {
  const insn = decode(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), 0, 0x400ff0);
  if ('is' in insn) throw new Error(`${hex} is ${insn.is}`);
  return print(insn, syntax, names ? resolve : undefined).replace(/ +/g, ' ');
};

/** Bytes, then the same instruction in Go's, Intel's and GNU's syntax. */
const table: [string, string, string, string][] = [
  ['48 89 e5', 'MOVQ SP, BP', 'mov rbp,rsp', 'mov %rsp,%rbp'],
  ['48 83 ec 18', 'SUBQ $0x18, SP', 'sub rsp,0x18', 'sub $0x18,%rsp'],
  ['48 83 c4 80', 'ADDQ $-0x80, SP', 'add rsp,0xffffffffffffff80', 'add $0xffffffffffffff80,%rsp'],
  ['49 3b 66 10', 'CMPQ SP, 0x10(R14)', 'cmp rsp,QWORD PTR [r14+0x10]', 'cmp 0x10(%r14),%rsp'],
  [
    '64 48 8b 0c 25 f8 ff ff ff',
    'MOVQ -0x8(FS), CX',
    'mov rcx,QWORD PTR fs:0xfffffffffffffff8',
    'mov %fs:0xfffffffffffffff8,%rcx',
  ],
  ['8b 44 cb 10', 'MOVL 0x10(BX)(CX*8), AX', 'mov eax,DWORD PTR [rbx+rcx*8+0x10]', 'mov 0x10(%rbx,%rcx,8),%eax'],
  ['0f b6 00', 'MOVBLZX (AX), AX', 'movzx eax,BYTE PTR [rax]', 'movzbl (%rax),%eax'],
  ['48 63 c8', 'MOVLQSX AX, CX', 'movsxd rcx,eax', 'movslq %eax,%rcx'],
  ['48 d3 e0', 'SHLQ CX, AX', 'shl rax,cl', 'shl %cl,%rax'],
  ['d1 e0', 'SHLL $0x1, AX', 'shl eax,1', 'shl %eax'],
  ['f0 48 0f b1 0a', 'LOCK; CMPXCHGQ CX, (DX)', 'lock cmpxchg QWORD PTR [rdx],rcx', 'lock cmpxchg %rcx,(%rdx)'],
  ['f3 48 a5', 'REP; MOVSQ', 'rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]', 'rep movsq %ds:(%rsi),%es:(%rdi)'],
  ['48 98', 'CDQE', 'cdqe', 'cltq'],
  ['48 99', 'CQO', 'cqo', 'cqto'],
  ['0f 92 c0', 'SETCS AL', 'setb al', 'setb %al'],
  ['48 0f 43 c1', 'CMOVQCC CX, AX', 'cmovae rax,rcx', 'cmovae %rcx,%rax'],
  ['f2 48 0f 2a c0', 'CVTSQ2SD AX, X0', 'cvtsi2sd xmm0,rax', 'cvtsi2sd %rax,%xmm0'],
  ['66 0f 6f 00', 'MOVO (AX), X0', 'movdqa xmm0,XMMWORD PTR [rax]', 'movdqa (%rax),%xmm0'],
  ['66 0f fe c1', 'PADDL X1, X0', 'paddd xmm0,xmm1', 'paddd %xmm1,%xmm0'],
  ['f2 0f c2 c1 01', 'CMPSD X1, X0, $0x1', 'cmpltsd xmm0,xmm1', 'cmpltsd %xmm1,%xmm0'],
  ['dc e9', 'FSUBD F0, F1', 'fsub st(1),st', 'fsubr %st,%st(1)'],
  ['c5 f5 fe c2', 'VPADDD Y2, Y1, Y0', 'vpaddd ymm0,ymm1,ymm2', 'vpaddd %ymm2,%ymm1,%ymm0'],
  [
    '62 f1 fd 5a 58 00',
    'VADDPD.BCST (AX), Z0, K2, Z0',
    'vaddpd zmm0{k2},zmm0,QWORD BCST [rax]',
    'vaddpd (%rax){1to8},%zmm0,%zmm0{%k2}',
  ],
  [
    '62 f1 ed 99 58 cb',
    'VADDPD.RN_SAE.Z Z3, Z2, K1, Z1',
    'vaddpd zmm1{k1}{z},zmm2,zmm3{rn-sae}',
    'vaddpd {rn-sae},%zmm3,%zmm2,%zmm1{%k1}{z}',
  ],
];

describe('print', () => {
  it.each(table)('%s is %s', (hex, inGo, inIntel, inGnu) => {
    expect(text(hex, 'go')).toBe(inGo);
    expect(text(hex, 'intel')).toBe(inIntel);
    expect(text(hex, 'gnu')).toBe(inGnu);
  });

  it('names what it can', () => {
    expect(text('e8 0b 00 00 00', 'go', true)).toBe('CALL main.main(SB)');
    expect(text('e8 0b 00 00 00', 'gnu', true)).toBe('call 0x401000 <main.main>');
    // A place inside a function stays an address in Go's syntax.
    expect(text('75 1e', 'go', true)).toBe('JNE 0x401010');
    expect(text('75 1e', 'intel', true)).toBe('jne 0x401010 <main.main+0x10>');
    expect(text('48 8d 05 09 f0 0f 00', 'go', true)).toBe('LEAQ runtime.x(SB), AX');
    expect(text('48 8b 05 11 f0 0f 00', 'go', true)).toBe('MOVQ runtime.x+8(SB), AX');
    expect(text('48 8b 05 11 f0 0f 00', 'gnu', true)).toBe('mov 0xff011(%rip),%rax # 0x500008 <runtime.x+0x8>');
    expect(text('ff 15 0a f0 0f 00', 'go', true)).toBe('CALL *runtime.x(SB)');
    expect(text('48 8b 05 11 f0 0f 00', 'go')).toBe('MOVQ 0xff011(IP), AX');
  });

  it("finds the row of a mnemonic in Go's assembler", () => {
    for (const [name, row] of [
      ['MOVQ', 'mov'],
      ['MOVOU', 'movdqu'],
      ['JHI', 'jcc'],
      ['JZ', 'jcc'],
      ['SETEQ', 'setcc'],
      ['CMOVQCC', 'cmovcc'],
      ['IMUL3Q', 'imul'],
      ['SHLQ', 'shl'],
      ['MOVBLZX', 'movzx'],
      ['CVTTSD2SQ', 'cvttsd2si'],
      ['PADDL', 'paddd'],
      ['CMPXCHG16B', 'cmpxchg8b'],
      ['VPADDD', 'vpaddd'],
      ['FMOVD', 'fld'],
    ]) {
      expect(rowOfGoName(name)?.name, name).toBe(row);
    }
    expect(rowOfGoName('NOSUCH')).toBeUndefined();
    expect(goInstruction('JHI')?.cond).toBe(7);
    expect(goInstruction('MOVQ')?.cond).toBe(-1);
  });

  itNeeds(go, 'the Go toolchain', "knows the mnemonics of Go's assembler for amd64", () => {
    const file = join(
      execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(),
      'src/cmd/internal/obj/x86/anames.go',
    );
    const missing = [...readFileSync(file, 'utf8').matchAll(/"([A-Z0-9]+)",/g)]
      .map(m => m[1])
      .filter(n => !goInstruction(n));
    // What is left is no instruction of 64-bit mode: data directives, prefixes, other spellings, 32-bit relics.
    const others =
      'ADJSP BYTE WORD LONG QUAD LOCK REP REPN XACQUIRE XRELEASE LAST ' +
      'AAA AAD AAM AAS ARPL BOUNDL BOUNDW DAA DAS INTO LEAVEL POPAL POPAW POPFL POPL PUSHAL PUSHAW PUSHFL PUSHL ' +
      'FMOVB FMOVBP JCXZW MOVQL';
    expect(missing.filter(n => !others.split(' ').includes(n))).toEqual([]);
  });

  it('prints whatever decodes, without undefined parts', () => {
    const next = random(42);
    const odd = new Set<string>();
    const b = new Uint8Array(16);
    const view = new DataView(b.buffer);
    for (let n = 0; n < 60_000; n++) {
      for (let i = 0; i < 16; i += 4) view.setUint32(i, next(), true);
      if (n % 4 === 1) b[0] = 0x0f;
      else if (n % 4 === 2) b[0] = n & 8 ? 0xc5 : 0xc4;
      else if (n % 4 === 3) b.set([0x62, (b[1] & 0xf0) | (1 + (n % 3)), b[2] | 4]);
      const insn = decode(b, 0, 0x400000);
      if ('is' in insn) continue;
      for (const syntax of ['go', 'intel', 'gnu'] as const) {
        const line = print(insn, syntax, resolve);
        if (/undefined|NaN|null|\[object| $|^ |,,/.test(line)) odd.add(`${syntax}: ${line}`);
      }
    }
    expect([...odd].slice(0, 20)).toEqual([]);
  });

  it('says what happens in a sentence', () => {
    const jhi = goInstruction('JHI')!;
    expect(explain(jhi.row, jhi.cond)).toBe('Goes on at the target if above, unsigned (CF = 0 and ZF = 0).');
    const insn = decode(Uint8Array.of(0x0f, 0x94, 0xc0), 0, 0);
    expect('is' in insn || explainInsn(insn)).toBe('Sets the byte to 1 if equal or zero (ZF = 1), otherwise to 0.');
  });
});

/**
 * Both sides without what only one of them knows: padding, symbols, and prefixes that change nothing (objdump prints
 * them as words of their own).
 */
const comparable = (line: string): string =>
  line
    .replace(/ <[^>]*>.*$/, '')
    .replace(/(# )(0x)?([0-9a-f]+)$/, '$1$3')
    .replace(/^((?:bnd |notrack )?(?:j\w+|call|loop\w*|xbegin)(?:,p[nt])? +)(?:0x)?([0-9a-f]+)$/, '$1$2')
    .replace(/\b(data16|cs|ds|es|ss|bnd|notrack|rex(\.[WRXB]+)?) (?!:)|,p[nt](?= )|repz (?=ret)/g, '')
    // objdump writes RIP-relative displacements of Intel syntax as unsigned; a sign says more.
    .replace(/\[rip\+0x[0-9a-f]+\]|\[rip-0x[0-9a-f]+\]/, '[rip]')
    .replace(/ +/g, ' ');

function compareText(from: Text, syntax: 'intel' | 'gnu'): void {
  const different = new Map<string, string>();
  let lines = 0;
  for (const line of objdumpLines(from, syntax)) {
    const p = line.address - from.address;
    if (p + 15 > from.bytes.length || line.text.includes('(bad)')) continue;
    lines++;
    const insn = decode(from.bytes, p, line.address);
    const ours = 'is' in insn ? insn.is : print(insn, syntax);
    const theirs = line.text;
    if (comparable(ours) !== comparable(theirs)) different.set(`${theirs} | ${ours}`, line.hex);
  }
  expect(lines).toBeGreaterThan(10_000);
  // The text is that of binutils 2.40; others may spell a few things their own way.
  if (objdumpVersion === '2.40') expect([...different]).toEqual([]);
  else expect(different.size).toBeLessThan(lines / 200);
}

describe('beside GNU objdump: the text', () => {
  for (const syntax of ['gnu', 'intel'] as const) {
    itNeeds(objdump && nodeIsElf, 'objdump', `Node's own text, 512 KB, ${syntax}`, () =>
      compareText(textOf(process.execPath, 1 << 19), syntax),
    );
    itNeeds(
      objdump && go,
      'objdump or the Go toolchain',
      `a Go program's text, ${syntax}`,
      () => withGoProgram(file => compareText(textOf(file), syntax)),
      120_000,
    );
  }
});
