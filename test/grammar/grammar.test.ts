import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ASSEMBLER, assemblerText, readAssembler } from '../../scripts/assembler-tables.ts';
import {
  committedTables,
  GRAMMAR,
  goToolchain,
  grammarText,
  STRACE_GRAMMAR,
  straceText,
} from '../../scripts/grammar.ts';
import { trie } from '../../syntaxes/go-asm.ts';
import { loadGrammar, scopesOf, tokenize } from './tokenize.ts';

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
      "MOVQ  keyword.other.instruction",
      "a  variable.parameter",
      "0  constant.numeric",
      "FP  constant.language.pseudo-register",
      "AX  variable.language.register",
      "MOVQ  keyword.other.instruction",
      "b  variable.parameter",
      "8  constant.numeric",
      "FP  constant.language.pseudo-register",
      "BX  variable.language.register",
      "/*  comment.block",
      "second  comment.block",
      "*/  comment.block",
      "ADDQ  keyword.other.instruction",
      "BX  variable.language.register",
      "AX  variable.language.register",
      "MOVQ  keyword.other.instruction",
      "AX  variable.language.register",
      "tmp  variable.parameter",
      "8  constant.numeric",
      "SP  variable.language.register",
      "CALL  keyword.other.instruction.branch",
      "runtime∕internal·check  entity.name.function.call",
      "SB  constant.language.pseudo-register",
      "CMPQ  keyword.other.instruction",
      "AX  variable.language.register",
      "0x1f  constant.numeric",
      "JLT  keyword.other.instruction",
      "done  variable.other",
      "LEAQ  keyword.other.instruction",
      "table  variable.other.global",
      "<>  storage.modifier.abi",
      "8  constant.numeric",
      "SB  constant.language.pseudo-register",
      "BX  variable.language.register",
      "8  constant.numeric",
      "R11  variable.language.register",
      "done  entity.name.label",
      "MOVQ  keyword.other.instruction",
      "AX  variable.language.register",
      "ret  variable.parameter",
      "16  constant.numeric",
      "FP  constant.language.pseudo-register",
      "RET  keyword.other.instruction",
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
      "BYTE  keyword.other.instruction",
      "0x0f  constant.numeric",
      "BYTE  keyword.other.instruction",
      "0x05  constant.numeric",
      "MOVB  keyword.other.instruction",
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
      "MOVL  keyword.other.instruction",
      "a  variable.other",
      "R8  variable.language.register",
      "RORXL  keyword.other.instruction",
      "6  constant.numeric",
      "b  variable.other",
      "R9  variable.language.register",
      "#endif  keyword.control.directive.conditional",
      "ROUND  support.function.macro",
      "AX  variable.language.register",
      "BX  variable.language.register",
      "loop  entity.name.label",
      "LOCK  keyword.other.instruction",
      "XADDQ  keyword.other.instruction",
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
      "MOVD  keyword.other.instruction",
      ".P  keyword.other.instruction.suffix",
      "8  constant.numeric",
      "R0  variable.language.register",
      "R1  variable.language.register",
      "VADD  keyword.other.instruction",
      "V0  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "V1  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "V2  variable.language.register",
      ".B16  storage.modifier.arrangement",
      "CBZ  keyword.other.instruction",
      "R0  variable.language.register",
      "out  variable.other",
      "BL  keyword.other.instruction.branch",
      "runtime·y  entity.name.function.call",
      "SB  constant.language.pseudo-register",
      "MRS  keyword.other.instruction",
      "CNTVCT_EL0  variable.language.register",
      "R0  variable.language.register",
      "MOVD  keyword.other.instruction",
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
      "SYSCALL  keyword.other.instruction",
      "40810e  constant.numeric.address",
      "CMPQ  keyword.other.instruction",
      "AX  variable.language.register",
      "0xfff  constant.numeric",
      "40813b  constant.numeric.address",
      "CALL  keyword.other.instruction",
      "main  variable.other",
      "main  variable.other.global",
      "SB  constant.language.pseudo-register",
    ]
  `);
});

test("Go's own assembly: every file ends where it began, and instructions are known", {
  timeout: 120_000,
}, async context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const files = ['runtime', 'internal/bytealg', 'internal/runtime/atomic', 'crypto/internal/fips140/sha256']
    .map(folder => join(go!.root, 'src', ...folder.split('/')))
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .filter(name => name.endsWith('.s'));
  expect(files.length).toBeGreaterThan(100);

  let instructions = 0;
  const unknown = new Map<string, number>();
  for (const file of files) {
    const { lines, depth, stoppedEarly } = await tokenize(readFileSync(file, 'utf8'));
    expect([file, depth, stoppedEarly]).toEqual([file, 1, false]);
    for (const token of lines.flat()) {
      expect(token.scope, `${file}: ${token.text}`).not.toContain('invalid');
      if (token.scope.includes('keyword.other.instruction')) instructions++;
      // A macro in capitals might be an instruction that the grammar misses.
      else if (token.scope.includes('support.function.macro')) {
        unknown.set(token.text.trim(), (unknown.get(token.text.trim()) ?? 0) + 1);
      }
    }
  }
  expect(instructions).toBeGreaterThan(15_000);
  const headers = ['runtime', join('runtime', 'cgo')].flatMap(folder =>
    readdirSync(join(go!.root, 'src', folder))
      .filter(name => name.endsWith('.h'))
      .map(name => join(go!.root, 'src', folder, name)),
  );
  const defined = new Set(
    [...files, ...headers].flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/^\s*#\s*define\s+(\w+)/gm)].map(match => match[1]),
    ),
  );
  const missed = [...unknown].filter(([name]) => !defined.has(name));
  const share = missed.reduce((sum, [, count]) => sum + count, 0) / instructions;
  expect(share, JSON.stringify(missed.slice(0, 40))).toBeLessThan(0.003);
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
