/** Half-written and broken text: every answer is an answer, none is an exception, and all end. */
import { expect, test } from 'vitest';
import { checkFile } from '../../language-server/check/check.ts';
import { codeActions } from '../../language-server/features/actions.ts';
import { prepareCalls } from '../../language-server/features/calls.ts';
import { completion } from '../../language-server/features/completion.ts';
import { diagnostics } from '../../language-server/features/diagnostics.ts';
import { foldingRanges, selectionRanges } from '../../language-server/features/folding.ts';
import { formatted } from '../../language-server/features/format.ts';
import { definitionFromGo, referencesFromGo, renameFromGo } from '../../language-server/features/from-go.ts';
import { hover } from '../../language-server/features/hover.ts';
import { inlayHints } from '../../language-server/features/inlay.ts';
import { inlineValues } from '../../language-server/features/inline-values.ts';
import {
  declaration,
  definition,
  highlights,
  prepareRename,
  references,
} from '../../language-server/features/navigation.ts';
import { semanticTokens } from '../../language-server/features/semantic.ts';
import { signatureHelp } from '../../language-server/features/signature.ts';
import { stubs } from '../../language-server/features/stub.ts';
import { documentSymbols } from '../../language-server/features/symbols.ts';
import { parseGo } from '../../language-server/go/declarations.ts';
import { assemblyFile } from '../../language-server/syntax/file.ts';
import { surroundingsOf, type World } from '../../language-server/workspace.ts';
import { randomFrom } from '../random.ts';
import { memory } from './client.ts';

const GO = `package work
import "unsafe"
const ( A = iota << 2; B; C = len("x") )
type T struct { a, b int32; *U; next *T; arr [B + 1]struct{ x string } }
type U [3]U
type G[P any] struct { p P }
func Sum(list []int64, _ ...T) (total int64, err error)
func (t *T) M(x unsafe.Pointer)
func Rec(u U, f func(int) (T, error), c <-chan map[string][4]T) int
`;
const ASM = `//go:build amd64 && !purego
#include "textflag.h"
#include "go_asm.h"
#define ADD3(a, b) \\
	ADDQ a, b; \\
	MOVQ $const_B, a
#ifdef GOARCH_amd64
DATA t<>+0(SB)/8, $"abcdefgh"
GLOBL t<>(SB), RODATA|NOPTR, $16
#else
#endif
TEXT ·Sum(SB), NOSPLIT|NOFRAME, $16-64
	MOVQ list_base+0(FP), SI // first
loop:	ADD3((SI), AX); JMP loop
	VADDPD.RN_SAE Z0, Z1, K1, Z2
	V4FMADDPS (AX), [Z0-Z3], K1, Z7
	MOVQ T_next(AX)(BX*8), CX
	CALL runtime∕internal·f<ABIInternal>(SB)
	MOVL $39, AX
	SYSCALL
	RET
`;
const ARM = ASM.replace('amd64 &&', 'arm64 &&').replace(
  'VADDPD.RN_SAE Z0, Z1, K1, Z2',
  'VADD V1.B16, V2.S[1], V3.B16\n\tLDP.P 16(R1), (R2, R3)\n\tADD R1<<3, R2.UXTW<<2, RSP',
);

function random(seed: number): (below: number) => number {
  const next = randomFrom(seed);
  return below => Math.floor(next() * below);
}

/** Cuts, doubles and mixes pieces of a text. */
function broken(text: string, pick: (below: number) => number): string {
  let result = text;
  for (let times = pick(6) + 1; times > 0; times--) {
    const from = pick(result.length + 1);
    const to = Math.min(result.length, from + pick(12));
    const piece = result.slice(pick(result.length), pick(result.length));
    const marks = [
      '(',
      ')',
      '\\',
      '"',
      "'",
      '/*',
      '#',
      '\n',
      '$',
      '<>',
      '·',
      ',',
      ';',
      '\u0000',
      '\ud800',
      '0x',
      '1e',
      '@>',
    ];
    const insert = pick(3) === 0 ? piece.slice(0, 40) : pick(2) === 0 ? marks[pick(marks.length)] : '';
    result = result.slice(0, from) + insert + result.slice(to);
  }
  return result;
}

test('1,500 broken files', { timeout: 300_000 }, () => {
  const pick = random(6);
  for (let round = 0; round < 1500; round++) {
    const text = broken(round % 2 ? ASM : ARM, pick);
    const go = broken(GO, pick);
    const world: World = {
      files: memory({ 'go.mod': 'module example.com/work\n', 'w.go': go, 'f_amd64.s': text }).files!,
    };
    const uri = round % 2 ? 'file:///work/f_amd64.s' : 'file:///work/f_arm64.s';
    const line = pick(text.split('\n').length + 1);
    const position = { line, character: pick(40) };
    const range = { start: position, end: { line: line + 3, character: 0 } };
    try {
      parseGo(go);
      const file = assemblyFile(uri, text);
      const asked = { world, file, position };
      checkFile(file, surroundingsOf(world, uri));
      const problems = diagnostics(file, surroundingsOf(world, uri));
      codeActions(world, file, range, problems);
      documentSymbols(file);
      semanticTokens(file);
      foldingRanges(file);
      selectionRanges(file, [position]);
      inlayHints(world, file, range);
      hover(world, file, position);
      completion(world, file, position);
      signatureHelp(world, file, position);
      definition(asked);
      declaration(asked);
      references(asked, true);
      highlights(asked);
      prepareRename(asked);
      prepareCalls(asked);
      inlineValues(file, range, line);
      const fromGo = { world, uri: 'file:///work/w.go', text: go, position: { line: pick(12), character: pick(30) } };
      definitionFromGo(fromGo, 'amd64');
      referencesFromGo(fromGo);
      renameFromGo(fromGo, 'other');
      stubs(world, fromGo.uri, { start: fromGo.position, end: fromGo.position }, [], 'arm64');
      const once = formatted(file);
      expect(once.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    } catch (error) {
      expect.fail(`round ${round}: ${(error as Error).stack}\n${JSON.stringify({ text, go, position })}`);
    }
  }
});
