import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { DocumentSymbol, Hover } from 'vscode-languageserver';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { goInstruction } from '../../emulator/isa/x64/go-names.ts';
import { print } from '../../emulator/isa/x64/print.ts';
import { gnuName } from '../../language-server/features/x86-names.ts';
import { connect, type TestClient, withCursor } from './client.ts';

let client: TestClient;
afterEach(() => client.close());

const URI = 'file:///work/add_amd64.s';

async function hoverAt(marked: string, uri = URI): Promise<string | undefined> {
  const { text, position } = withCursor(marked);
  client = await connect();
  await client.open(uri, text);
  const answer = await client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
  return (answer?.contents as { value: string } | undefined)?.value;
}

test('the outline: functions with labels, data, macros', async () => {
  client = await connect();
  await client.open(
    URI,
    `#include "textflag.h"
#define ROUND(a, b) \\
	ADDL a, b; \\
	ROLL $3, b

DATA table<>+0(SB)/8, $1
DATA table<>+8(SB)/8, $2
GLOBL table<>(SB), RODATA, $16

// func Add(a, b int64) int64
TEXT ·Add<ABIInternal>(SB), NOSPLIT, $0-24
loop:	ROUND(AX, BX); JMP loop
done:
	RET
`,
  );
  const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', {
    textDocument: { uri: URI },
  });
  const shown = (list: DocumentSymbol[], indent = ''): string[] =>
    list.flatMap(({ name, detail, range, children }) => [
      `${indent}${name} ${detail ?? ''} ${range.start.line + 1}–${range.end.line + 1}`,
      ...shown(children ?? [], `${indent}  `),
    ]);
  expect(shown(symbols)).toEqual([
    'ROUND (a, b) 2–4',
    'table<>  6–8',
    'Add NOSPLIT, $0-24 11–14',
    '  loop  12–12',
    '  done  13–13',
  ]);
});

test('an instruction says what it does, its flags and encodings', async () => {
  const text = await hoverAt('TEXT ·f(SB), 4, $0\n\tAD|DQ AX, BX\n');
  expect(text).toContain('**ADDQ** — Adds the source to the destination');
  expect(text).toContain('writes OF SF ZF AF PF CF');
  expect(text).toContain('83 /0 ib');
});

test('words of the assembler that are no instructions', async () => {
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tUN|DEF\n')).toBe(
    '**UNDEF** — an instruction that is none: reaching it is a fault',
  );
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\ttoStr|ing\n')).toBeUndefined();
});

test('of two rows with one name, the one that takes so many operands', async () => {
  const sentences: (string | undefined)[] = [];
  for (const line of ['IM|ULQ BX', 'IM|ULQ BX, AX', 'IM|UL3Q $3, BX, AX']) {
    sentences.push((await hoverAt(`TEXT ·f(SB), 4, $0\n\t${line}\n`))?.split('\n')[0]);
    await client.close();
  }
  expect(sentences.map(text => /accumulator/.test(text ?? ''))).toEqual([true, false, false]);
  expect(sentences[1]?.replace('IMULQ', 'IMUL3Q')).toBe(sentences[2]);
});

test('a conditional jump says its condition, by any of its names', async () => {
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tJH|I 2(PC)\n')).toContain('above, unsigned (CF = 0 and ZF = 0)');
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tJ|A 2(PC)\n')).toContain('Intel: `ja`');
});

test('a register says its part in each ABI', async () => {
  const text = await hoverAt('TEXT ·f(SB), 4, $0\n\tMOVQ R1|0, X3\n');
  expect(text).toContain('| Linux syscall | 4th argument |');
  expect(text).toContain('| Go ABIInternal | 8th integer argument, result |');
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tMOVQ R14|, AX\n')).toContain('current goroutine (g)');
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tVPXOR Y1|5, Y0, Y0\n')).toContain('X15 is its low half');
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tMOVQ a+0(F|P), AX\n')).toContain('caller’s arguments');
});

test('a macro’s body has hovers too; other architectures have no x86 hovers', async () => {
  expect(await hoverAt('#define M(x) \\\n\tXOR|L x, x\n')).toContain('**XORL**');
  await client.close();
  expect(await hoverAt('TEXT ·f(SB), 4, $0\n\tAD|D R0, R1\n', 'file:///x/f_arm64.s')).toBeUndefined();
});

test('broken text is answered, not refused', async () => {
  expect(await hoverAt('#define\n#\n\\ ) ( ::: $ "abc\n/* TEX|T')).toBeUndefined();
});

const MOST_BYTES = 0x80000;

test('what GNU calls an instruction is what objdump would print, but for a size that registers tell', () => {
  const bytes = readFileSync(new URL('../../samples/bin/hello', import.meta.url));
  const seen = new Map<string, string>();
  const wrong: string[] = [];
  for (let at = 0x1000; at < MOST_BYTES; ) {
    const insn = decode(bytes, at, at);
    if (!('form' in insn)) {
      at++;
      continue;
    }
    at += insn.length;
    const [, go] = /^(?:(?:LOCK|REPN?); )?(\w+)/.exec(print(insn, 'go')) ?? [];
    const found = go === undefined ? undefined : goInstruction(go);
    // String instructions and x87 have forms of their own.
    if (!found || found.row !== insn.form.row || found.row.feature === 'x87' || found.row.repeatable) continue;
    const [, gnu] = /^(?:(?:lock|repn?z?|bnd|notrack|rex\.?\w*) )*(\w+)/.exec(print(insn, 'gnu'))!;
    const named = gnuName(go, found);
    // Of a pair, one says its size and the other may not; what an operand chooses is no name.
    const [short, long] = [named, gnu].sort((a, b) => a.length - b.length);
    const isOperands = gnu === 'movabs' || /^vp?cmp/.test(gnu);
    if (named !== gnu && !isOperands && !(long.startsWith(short) && /^[bwlq]$/.test(long.slice(short.length)))) {
      wrong.push(`${go}: ${named}, objdump ${gnu}`);
    }
    seen.set(go, named);
  }
  expect([...new Set(wrong)]).toEqual([]);
  expect(seen.size).toBeGreaterThan(100);
  expect([seen.get('ADDQ'), seen.get('MOVBLZX'), seen.get('JHI')]).toEqual(['addq', 'movzbl', 'ja']);
});
