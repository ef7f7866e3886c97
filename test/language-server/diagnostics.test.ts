import { expect, test } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver';
import { connect, memory } from './client.ts';

const URI = 'file:///work/f_amd64.s';

/** `line:column–column message`, counted from 1. */
async function problems(text: string, others: Record<string, string> = {}, uri = URI): Promise<string[]> {
  const client = await connect(memory({ 'go.mod': 'module example.com/work\n', ...others }));
  const told = client.diagnostics(uri);
  await client.open(uri, text);
  const list = await told;
  await client.close();
  return list.map(({ range: { start, end }, message, severity }: Diagnostic) => {
    const place = `${start.line + 1}:${start.character + 1}–${end.character + 1}`;
    return `${place} ${severity === 1 ? '' : `(${severity}) `}${message}`;
  });
}

test('a function against its Go declaration', async () => {
  const go =
    'package work\n\ntype Pair struct{ a, b int32 }\n\nfunc Sum(p *Pair, list []int64) (total int64, err error)\n';
  const text = `#include "textflag.h"
TEXT ·Sum(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), AX
	MOVQ list_len+24(FP), CX
	MOVL list_base+8(FP), DX
	MOVQ CX, sum+32(FP)
	RET
`;
  expect(await problems(text, { 'sum.go': go })).toEqual([
    '2:1–30 (2) [amd64] Sum: wrong argument size 40; expected $...-56',
    '4:7–22 (2) [amd64] Sum: invalid offset list_len+24(FP); expected list_len+16(FP)',
    '5:7–22 (2) [amd64] Sum: invalid MOVL of list_base+8(FP); slice base is 8-byte value',
    '6:11–21 (2) [amd64] Sum: unknown variable sum; offset 32 is total+32(FP)',
  ]);
});

test('words that are none, labels, operands', async () => {
  const text = `TEXT f(SB), 4, $0
again:
	MOVX AX, BX
	MOVQ $1(SP, AX
	MOVQ AX,, BX
	JMP nowhere
again:
	JMP again
	MOVQ SB, AX
	MOVQ 8(FP), AX
	MOVQ (AX)(BX*3), CX
	RET
`;
  expect(await problems(text)).toEqual([
    '3:2–6 unrecognized instruction "MOVX"',
    '4:12–13 (register,register) not supported on this architecture',
    '5:10–11 missing operand',
    '6:6–13 undefined label nowhere',
    '7:1–6 label "again" multiply defined',
    '9:7–9 illegal use of pseudo-register in MOVQ',
    '10:9–11 cannot reference FP without a symbol',
    '11:15–16 bad scale: 3',
  ]);
});

test('the preprocessor: macros, conditions, headers', async () => {
  const text = `#define TWO(a, b) MOVQ a, b
#define TWO 2
#ifdef GOARCH_amd64
#define WIDE 1
#else
NONSENSE here
#endif
#undef NEVER
#foo
TEXT f(SB), 4, $0
	TWO(AX)
	TWO(AX, (BX)
#ifdef OPEN
	RET
`;
  expect(await problems(text)).toEqual([
    '2:9–12 redefinition of macro: TWO',
    '8:8–13 #undef for undefined macro: NEVER',
    "9:2–5 unexpected token after '#': foo",
    '11:2–5 wrong arg count for macro TWO',
    '12:2–5 unterminated arg list invoking macro: TWO',
    '13:2–7 unclosed #ifdef or #ifndef',
  ]);
});

test('TEXT, DATA and GLOBL', async () => {
  const text = `TEXT f<ABIInternal>(SB), 4, $0
	RET
TEXT k(SB), NOSPLIT, $8-a
	RET
TEXT h(SB), 4, $0
	RET
TEXT h(SB), 4, $0
	RET
DATA t<>+0(SB)/8, $1
DATA t<>+4(SB)/8, $1
DATA u(SB)/3, $1
DATA v(SB)/4, $f(SB)
GLOBL t<>+8(SB), 8, $16
`;
  expect(await problems(text)).toEqual([
    '1:8–19 ABI selector only permitted when compiling runtime, reference was to "f"',
    '3:13–20 illegal or missing addressing mode for symbol NOSPLIT',
    '7:6–7 symbol h redeclared',
    '10:6–17 overlapping DATA entry for t',
    '11:12–13 bad int size for DATA argument: 3',
    '12:12–13 bad addr size for DATA argument: 4',
    '13:7–16 GLOBL symbol "t" must not be offset from SB',
  ]);
});

test('a frame pointer that is overwritten', async () => {
  const text = 'TEXT ·f(SB), 4, $0\n\tMOVQ $0, BP\n\tRET\n';
  expect(await problems(text, { 'f.go': 'package work\nfunc f()\n' })).toEqual([
    '2:2–13 (2) frame pointer is clobbered before saving',
  ]);
});

test('constants of go_asm.h come from the package', async () => {
  const go =
    'package work\n\nconst size = 1 << iota\n\ntype T struct {\n\ta byte\n\tb [size + 2]uint32\n\tc string\n}\n\nfunc f()\n';
  const text = `#include "go_asm.h"
TEXT ·f(SB), 4, $0
	MOVQ $const_size, AX
	MOVQ T_c(AX), BX
	MOVQ $(T__size+T_b), CX
	MOVQ $const_none, DX
	RET
`;
  expect(await problems(text, { 'f.go': go })).toEqual([
    '6:8–18 illegal or missing addressing mode for symbol const_none',
  ]);
});

test('Go that needs itself, or itself twice at every level, has no size and takes no time', async () => {
  const levels = Array.from(
    { length: 60 },
    (_, n) => `type T${n} struct { a, b T${n + 1} }\nconst C${n} = C${n + 1} + C${n + 1}`,
  );
  const go = `package work\n${levels.join('\n')}\ntype T60 byte\nconst C60 = 1\nconst A = A + A\ntype S struct { a, b S }\nfunc f(x T50, y S)\n`;
  const text = '#include "go_asm.h"\nTEXT ·f(SB), 4, $0\n\tMOVQ $const_C50, AX\n\tMOVQ $const_A, AX\n\tRET\n';
  expect(await problems(text, { 'f.go': go })).toEqual([]);
}, 2000);

test('macros that grow without end are stopped', async () => {
  const lines = ['#define A0 AX, AX'];
  for (let n = 1; n < 60; n++) lines.push(`#define A${n} A${n - 1}, A${n - 1}, A${n - 1}`);
  const found = await problems(`${lines.join('\n')}\n#define LOOP LOOP\nTEXT f(SB), 4, $0\n\tLOOP\n\tMOVQ A59\n`);
  expect(found.some(problem => problem.includes('input recursion'))).toBe(true);
}, 60_000);

test('what nothing reaches, and locals outside of the frame', async () => {
  const text = `TEXT f(SB), 4, $16
	MOVQ AX, x-8(SP)
	MOVQ AX, y-24(SP)
	JMP out
	MOVQ BX, CX
	MOVQ BX, DX
out:
	RET
	BYTE $0
`;
  expect(await problems(text)).toEqual([
    '3:11–19 (2) y-24(SP) is outside of the frame of 16 bytes',
    '5:2–13 (4) nothing reaches this: JMP does not come back, and there is no label',
  ]);
});

test('registers that ABIInternal keeps', async () => {
  const text = 'TEXT ·f<ABIInternal>(SB), 4, $0\n\tMOVQ AX, R14\n\tCMPQ AX, R14\n\tMOVUPS X1, X15\n\tRET\n';
  const found = await problems(text, { 'go.mod': 'module std\n' }, 'file:///work/runtime/f_amd64.s');
  expect(found).toEqual([
    '2:11–14 (4) R14 holds the current goroutine in ABIInternal; put it back before Go code runs',
    '4:13–16 (4) X15 holds zero in ABIInternal; put it back before Go code runs',
  ]);
});

test('a call into Go with a frame that nobody describes', async () => {
  const go = 'package work\n\nfunc f()\n\nfunc g() {}\n';
  const text = (more: string) => `#include "funcdata.h"\nTEXT ·f(SB), 4, $16\n${more}\tCALL ·g(SB)\n\tRET\n`;
  expect(await problems(text(''), { 'f.go': go })).toEqual([
    '3:7–13 (2) g is Go, and the frame of 16 bytes says nothing about its pointers: write NO_LOCAL_POINTERS (funcdata.h) if it holds none',
  ]);
  expect(await problems(text('\tNO_LOCAL_POINTERS\n'), { 'f.go': go })).toEqual([]);
});
