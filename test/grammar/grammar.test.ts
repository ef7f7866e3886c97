import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ASSEMBLER, assemblerText, readAssembler } from '../../scripts/assembler-tables.ts';
import {
  committedTables,
  DISASSEMBLY_GRAMMAR,
  disassemblyText,
  GRAMMAR,
  goToolchain,
  grammarText,
  STRACE_GRAMMAR,
  straceText,
} from '../../scripts/grammar.ts';
import { trie } from '../../syntaxes/go-asm.ts';
import { corpus } from '../language-server/corpus.ts';
import { scopesOfFile } from '../language-server/measure.ts';
import { loadGrammar, scopesOf } from './tokenize.ts';

const ci = process.env.CI === 'true' || process.env.CI === '1';
const go = goToolchain();
const committed = committedTables();

test('the grammar file is what its source says', () => {
  expect(readFileSync(GRAMMAR, 'utf8') === grammarText(committed), 'run `npm run grammar`').toBe(true);
});

test('the tables are those of the Go toolchain', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  expect(go, 'Go on the PATH').toBeDefined();
  if (go!.version !== committed.go) return context.skip(`they were read from ${committed.go}; here is ${go!.version}`);
  expect(readFileSync(ASSEMBLER, 'utf8') === assemblerText(readAssembler(go!)), 'run `npm run grammar`').toBe(true);
});

test('a trie matches its words and nothing else', () => {
  const list = ['MOV', 'MOVB', 'MOVBLSX', 'MOVQ', 'ADD', 'B', 'BL'];
  const pattern = new RegExp(`^(?:${trie(list)})$`);
  for (const word of list) expect(pattern.test(word), word).toBe(true);
  for (const word of ['MO', 'MOVBL', 'MOVX', 'AD', 'ADDQ', 'L', '']) expect(pattern.test(word), word).toBe(false);
});

test('a function', async () => {
  const text = `
#include "textflag.h"

// func Add(a, b int64) int64
TEXT ·Add<ABIInternal>(SB), NOSPLIT|NOFRAME, $16-24
	MOVQ a+0(FP), AX
	MOVQ b+8(FP), BX  /* second */
	ADDQ	BX, AX
	MOVQ AX, tmp-8(SP)
	CALL runtime∕internal·check(SB)
	CMPQ AX, $-0x1f
	JLT  done
	LEAQ table<>+8(SB)(BX*8), R11
done:
	MOVQ AX, ret+16(FP)
	RET
`;
  expect(await scopesOf(text)).toMatchInlineSnapshot(`
    [
      "#include  keyword.control.directive.include",
      ""textflag.h"  string.quoted.double.include",
      "// func Add(a, b int64) int64  comment.line.double-slash",
      "TEXT  keyword.control.directive.text",
      "·Add  entity.name.function",
      "<ABIInternal>  storage.modifier.abi",
      "SB  constant.language.pseudo-register",
      "NOSPLIT  constant.language.flag",
      "NOFRAME  constant.language.flag",
      "16  constant.numeric",
      "24  constant.numeric",
      "MOVQ  keyword.other.instruction.386.amd64",
      "a  variable.parameter",
      "0  constant.numeric",
      "FP  constant.language.pseudo-register",
      "AX  variable.language.register",
      "MOVQ  keyword.other.instruction.386.amd64",
      "b  variable.parameter",
      "8  constant.numeric",
      "FP  constant.language.pseudo-register",
      "BX  variable.language.register",
      "/*  comment.block",
      "second  comment.block",
      "*/  comment.block",
      "ADDQ  keyword.other.instruction.386.amd64",
      "BX  variable.language.register",
      "AX  variable.language.register",
      "MOVQ  keyword.other.instruction.386.amd64",
      "AX  variable.language.register",
      "tmp  variable.parameter",
      "8  constant.numeric",
      "SP  variable.language.register",
      "CALL  keyword.other.instruction.branch",
      "runtime∕internal·check  entity.name.function.call",
      "SB  constant.language.pseudo-register",
      "CMPQ  keyword.other.instruction.386.amd64",
      "AX  variable.language.register",
      "0x1f  constant.numeric",
      "JLT  keyword.other.instruction.386.amd64",
      "done  variable.other",
      "LEAQ  keyword.other.instruction.386.amd64",
      "table  variable.other.global",
      "<>  storage.modifier.abi",
      "8  constant.numeric",
      "SB  constant.language.pseudo-register",
      "BX  variable.language.register",
      "8  constant.numeric",
      "R11  variable.language.register",
      "done  entity.name.label",
      "MOVQ  keyword.other.instruction.386.amd64",
      "AX  variable.language.register",
      "ret  variable.parameter",
      "16  constant.numeric",
      "FP  constant.language.pseudo-register",
      "RET  keyword.other.instruction.386.amd64.arm.arm64.loong64.mips.mips64.ppc64.riscv64.s390x.wasm",
    ]
  `);
});

test('directives, data and strings', async () => {
  const text = `
DATA  message<>+0(SB)/8, $"hello\\n\\x00"
GLOBL message<>(SB), RODATA, $8
DATA ·pi(SB)/8, $3.14e0
	FUNCDATA $FUNCDATA_ArgsPointerMaps, args(SB)
	NO_LOCAL_POINTERS
	PCALIGN $32
	BYTE $0x0f; BYTE $0x05
	MOVB $'a', AL
`;
  expect(await scopesOf(text)).toMatchInlineSnapshot(`
    [
      "DATA  keyword.control.directive.data",
      "message  entity.name.variable",
      "<>  storage.modifier.abi",
      "0  constant.numeric",
      "SB  constant.language.pseudo-register",
      "8  constant.numeric",
      ""hello\\n\\x00"  string.quoted.double",
      "GLOBL  keyword.control.directive.data",
      "message  entity.name.variable",
      "<>  storage.modifier.abi",
      "SB  constant.language.pseudo-register",
      "RODATA  constant.language.flag",
      "8  constant.numeric",
      "DATA  keyword.control.directive.data",
      "·pi  entity.name.variable",
      "SB  constant.language.pseudo-register",
      "8  constant.numeric",
      "3.14e0  constant.numeric",
      "FUNCDATA  keyword.control.directive.funcdata",
      "FUNCDATA_ArgsPointerMaps  constant.other.funcdata",
      "args  variable.other.global",
      "SB  constant.language.pseudo-register",
      "NO_LOCAL_POINTERS  support.function.macro",
      "PCALIGN  keyword.control.directive.funcdata",
      "32  constant.numeric",
      "BYTE  keyword.other.instruction.386.amd64.s390x",
      "0x0f  constant.numeric",
      "BYTE  keyword.other.instruction.386.amd64.s390x",
      "0x05  constant.numeric",
      "MOVB  keyword.other.instruction.386.amd64.arm.arm64.loong64.mips.mips64.ppc64.riscv64.s390x.wasm",
      "'a'  string.quoted.single",
      "AL  variable.language.register",
    ]
  `);
});

test('macros: definitions over several lines, calls, conditions', async () => {
  const text = `
#ifdef GOAMD64_v3
#define ROUND(a, b) \\
	MOVL a, R8;   \\
	RORXL $6, b, R9
#endif
	ROUND(AX, BX)
loop:	LOCK; XADDQ CX, 8(DI)
`;
  expect(await scopesOf(text)).toMatchInlineSnapshot(`
    [
      "#ifdef  keyword.control.directive.conditional",
      "GOAMD64_v3  entity.name.function.preprocessor",
      "#define  keyword.control.directive.define",
      "ROUND  entity.name.function.preprocessor",
      "a, b  variable.parameter.preprocessor",
      "\\  constant.character.escape.line-continuation",
      "MOVL  keyword.other.instruction.386.amd64",
      "a  variable.other",
      "R8  variable.language.register",
      "RORXL  keyword.other.instruction.386.amd64",
      "6  constant.numeric",
      "b  variable.other",
      "R9  variable.language.register",
      "#endif  keyword.control.directive.conditional",
      "ROUND  support.function.macro",
      "AX  variable.language.register",
      "BX  variable.language.register",
      "loop  entity.name.label",
      "LOCK  keyword.other.instruction.386.amd64",
      "XADDQ  keyword.other.instruction.386.amd64",
      "CX  variable.language.register",
      "8  constant.numeric",
      "DI  variable.language.register",
    ]
  `);
});

test('arm64 with its suffixes and arrangements', async () => {
  const text = `
TEXT runtime·x(SB),NOSPLIT,$0
	MOVD.P  8(R0), R1
	VADD	V0.B16, V1.B16, V2.B16
	CBZ	R0, out
	BL	runtime·y(SB)
	MRS	CNTVCT_EL0, R0
	MOVD	g_m(g), ZR
`;
  expect(await scopesOf(text)).toMatchInlineSnapshot(`
    [
      "TEXT  keyword.control.directive.text",
      "runtime·x  entity.name.function",
      "SB  constant.language.pseudo-register",
      "NOSPLIT  constant.language.flag",
      "0  constant.numeric",
      "MOVD  keyword.other.instruction.386.amd64.arm.arm64.loong64.mips.mips64.ppc64.riscv64.s390x.wasm",
      ".P  keyword.other.instruction.suffix",
      "8  constant.numeric",
      "R0  variable.language.register",
      "R1  variable.language.register",
      "VADD  keyword.other.instruction.arm64",
      "V0  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "V1  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "V2  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "CBZ  keyword.other.instruction.arm64",
      "R0  variable.language.register",
      "out  variable.other",
      "BL  keyword.other.instruction.branch",
      "runtime·y  entity.name.function.call",
      "SB  constant.language.pseudo-register",
      "MRS  keyword.other.instruction.arm64",
      "CNTVCT_EL0  variable.language.register",
      "R0  variable.language.register",
      "MOVD  keyword.other.instruction.386.amd64.arm.arm64.loong64.mips.mips64.ppc64.riscv64.s390x.wasm",
      "g_m  variable.other",
      "g  variable.language.register",
      "ZR  variable.language.register",
    ]
  `);
});

test("the debugger's listings", async () => {
  const text = `
// asm_linux_amd64.s:35
  40810c  SYSCALL
  40810e  CMPQ AX, $-0xfff
  40813b  CALL main.main(SB)
`;
  expect(await scopesOf(text)).toMatchInlineSnapshot(`
    [
      "// asm_linux_amd64.s:35  comment.line.double-slash",
      "40810c  constant.numeric.address",
      "SYSCALL  keyword.other.instruction.386.amd64.loong64.mips.mips64.ppc64.s390x",
      "40810e  constant.numeric.address",
      "CMPQ  keyword.other.instruction.386.amd64",
      "AX  variable.language.register",
      "0xfff  constant.numeric",
      "40813b  constant.numeric.address",
      "CALL  keyword.other.instruction.386.amd64.arm.arm64.loong64.mips.mips64.ppc64.riscv64.s390x.wasm",
      "main  variable.other",
      "main  variable.other.global",
      "SB  constant.language.pseudo-register",
    ]
  `);
});

test('instructions by the architectures that have them', async () => {
  const text = '\tMOVQ AX, BX\n\tMADD R1, R2\n\tADD R1, R2\n\tNONESUCH R1\n';
  const scopes = (await scopesOf(text)).filter(scope => /instruction|macro/.test(scope));
  const owners = (word: string) =>
    committed.tables
      .filter(({ instructions }) => instructions.split(' ').includes(word))
      .map(({ architectures }) => architectures[0])
      .join('.');
  expect(owners('MOVQ')).toBe('386.amd64');
  expect(scopes).toEqual([
    `MOVQ  keyword.other.instruction.${owners('MOVQ')}`,
    `MADD  keyword.other.instruction.${owners('MADD')}`,
    `ADD  keyword.other.instruction.${owners('ADD')}`,
    'NONESUCH  support.function.macro',
  ]);
});

test("Go's own assembly: every mnemonic is one of the file's architecture, and nothing is without a scope", {
  timeout: 240_000,
}, async context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const table = new Map<string, { files: number; mnemonics: number; macros: number; text: number; unscoped: number }>();
  const wrong: string[] = [];
  for (const each of corpus()) {
    const scopes = await scopesOfFile(each);
    wrong.push(...scopes.wrong);
    const name = each.file.targets[0].architecture;
    const row = table.get(name) ?? { files: 0, mnemonics: 0, macros: 0, text: 0, unscoped: 0 };
    table.set(name, row);
    row.files++;
    row.mnemonics += scopes.mnemonics;
    row.macros += scopes.macros;
    row.text += scopes.text;
    row.unscoped += scopes.unscoped;
  }
  console.table(Object.fromEntries(table));
  expect(wrong.slice(0, 40)).toEqual([]);
  for (const [name, { text, unscoped, mnemonics, macros }] of table) {
    expect(unscoped / text, name).toBeLessThan(0.01);
    expect(mnemonics, name).toBeGreaterThan(macros);
  }
  expect(table.get('amd64')!.mnemonics).toBeGreaterThan(20_000);
  expect(table.size).toBeGreaterThanOrEqual(11);
});

test('strace’s output: calls, results, errors, signals, ends', async () => {
  expect(readFileSync(STRACE_GRAMMAR, 'utf8') === straceText(), 'run `npm run grammar`').toBe(true);
  const text = `[pid  4711] 12:00:01.5 openat(AT_FDCWD, "/etc/\\x41", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
7 read(3<pipe:[1]>, "a\\n"..., 4096) = 2 <0.000012>
write(1, NULL, 0) = ? ERESTARTSYS (To be restarted)
<... futex resumed>) = 0
--- SIGURG {si_signo=SIGURG, si_pid=1} ---
+++ exited with 3 +++
`;
  expect(await scopesOf(text, loadGrammar(STRACE_GRAMMAR, 'source.strace'))).toMatchInlineSnapshot(`
    [
      "4711  constant.numeric.process",
      "12:00:01.5  comment.line.time",
      "openat  entity.name.function",
      "AT_FDCWD  constant.other.flag",
      ""  string.quoted.double",
      "/etc/  string.quoted.double",
      "\\x41  string.quoted.double constant.character.escape",
      ""  string.quoted.double",
      "O_RDONLY  constant.other.flag",
      "O_CLOEXEC  constant.other.flag",
      "-1  invalid.illegal.result",
      "ENOENT  invalid.illegal.errno",
      "(No such file or directory)  comment.line",
      "7  constant.numeric.process",
      "read  entity.name.function",
      "3  constant.numeric",
      "<pipe:[1]>  string.other.descriptor",
      ""  string.quoted.double",
      "a  string.quoted.double",
      "\\n  string.quoted.double constant.character.escape",
      ""...  string.quoted.double",
      "4096  constant.numeric",
      "2  constant.numeric.result",
      "<0.000012>  comment.line.time",
      "write  entity.name.function",
      "1  constant.numeric",
      "NULL  constant.language.null",
      "0  constant.numeric",
      "?  constant.language",
      "ERESTARTSYS  constant.language.errno",
      "(To be restarted)  comment.line",
      "futex  entity.name.function",
      "0  constant.numeric.result",
      "---  markup.italic.signal",
      "SIGURG  markup.italic.signal constant.language.signal",
      "  markup.italic.signal",
      "{si_signo=SIGURG, si_pid=1}  markup.italic.signal",
      "---  markup.italic.signal",
      "+++  markup.bold.end",
      "exited with  markup.bold.end keyword.control",
      "  markup.bold.end",
      "3  markup.bold.end constant.numeric",
      "+++  markup.bold.end",
    ]
  `);
});

test('documents in Intel’s and GNU’s syntax: addresses, instructions, registers, places', async () => {
  expect(readFileSync(DISASSEMBLY_GRAMMAR, 'utf8') === disassemblyText(), 'run `npm run grammar`').toBe(true);
  const text = `// main.f[go.shape.int], from f.go, which is not on this computer
  401000  mov    rax,QWORD PTR [rsp+rcx*8+0x28]
  401005  lock cmpxchg DWORD PTR fs:[r8d],ecx
  40100b  jne    0x401000 <main.f[go.shape.int]+0x12>
  401010  rep stosq
  401013  (bad)
  401014  mov    %fs:0xfffffff8,%r14
  40101d  call   0x47de40 <runtime.memmove>
  401022  movdqu xmm15,XMMWORD PTR [rip+0x20]
`;
  expect(await scopesOf(text, loadGrammar(DISASSEMBLY_GRAMMAR, 'source.disassembly'))).toMatchInlineSnapshot(`
    [
      "// main.f[go.shape.int], from f.go, which is not on this computer  comment.line.double-slash",
      "401000  constant.numeric.address",
      "mov  keyword.other.instruction",
      "rax  variable.language.register",
      "QWORD PTR  storage.type.size",
      "rsp  variable.language.register",
      "rcx  variable.language.register",
      "8  constant.numeric",
      "0x28  constant.numeric",
      "401005  constant.numeric.address",
      "lock  keyword.other.instruction.prefix",
      "cmpxchg  keyword.other.instruction",
      "DWORD PTR  storage.type.size",
      "fs  variable.language.register",
      "r8d  variable.language.register",
      "ecx  variable.language.register",
      "40100b  constant.numeric.address",
      "jne  keyword.other.instruction.branch",
      "0x401000  constant.numeric",
      "main.f[go.shape.int]  entity.name.function",
      "0x12  constant.numeric",
      "401010  constant.numeric.address",
      "rep  keyword.other.instruction.prefix",
      "stosq  keyword.other.instruction",
      "401013  constant.numeric.address",
      "(bad)  invalid.illegal",
      "401014  constant.numeric.address",
      "mov  keyword.other.instruction",
      "%fs  variable.language.register",
      "0xfffffff8  constant.numeric",
      "%r14  variable.language.register",
      "40101d  constant.numeric.address",
      "call  keyword.other.instruction.branch",
      "0x47de40  constant.numeric",
      "runtime.memmove  entity.name.function",
      "401022  constant.numeric.address",
      "movdqu  keyword.other.instruction",
      "xmm15  variable.language.register",
      "XMMWORD PTR  storage.type.size",
      "rip  variable.language.register",
      "0x20  constant.numeric",
    ]
  `);
});
