/** Conversations with the server about a package of Go and assembly. `|` in a text is the cursor. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type {
  CallHierarchyIncomingCall,
  CallHierarchyItem,
  CallHierarchyOutgoingCall,
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentHighlight,
  FoldingRange,
  Hover,
  InlayHint,
  InlineValueEvaluatableExpression,
  Location,
  SemanticTokens,
  SignatureHelp,
  TextDocumentEdit,
  TextEdit,
  WorkspaceEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { merged } from '../../language-server/features/signature.ts';
import { parseSource, placeAt } from '../../language-server/syntax/tree.ts';
import { connect, memory, type TestClient, withCursor } from './client.ts';

const GO = `package work

// Sum adds.
func Sum(list []int64, start int64) (total int64)

func Write(fd int) int

var table [4]uint64

func use() { Sum(nil, 1) }
`;
const ASM = `#include "textflag.h"

#define ADD3(a, b) \\
	ADDQ a, b

GLOBL ·table(SB), NOPTR, $32

TEXT ·Sum(SB), NOSPLIT, $0-40
	MOVQ list_base+0(FP), SI
	MOVQ list_len+8(FP), CX
	MOVQ start+24(FP), AX
loop:
	TESTQ CX, CX
	JEQ done
	ADD3((SI), AX)
	DECQ CX
	JMP loop
done:
	MOVQ AX, total+32(FP)
	RET

TEXT ·Write(SB), NOSPLIT, $0-16
	MOVL $1, AX
	MOVQ fd+0(FP), DI
	SYSCALL
	MOVQ AX, ret+8(FP)
	RET
`;
const URI = 'file:///work/sum_amd64.s';
const GO_URI = 'file:///work/sum.go';
const world = { 'go.mod': 'module example.com/work\n', 'sum.go': GO, 'sum_amd64.s': ASM };

let client: TestClient;
beforeEach(async () => {
  client = await connect(memory(world));
});
afterEach(() => client.close());

/** Asks about the place after the first occurrence of a text. */
function position(text: string, at: string, after = at.length): { line: number; character: number } {
  const offset = text.indexOf(at) + after;
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}

async function ask<T>(method: string, at: string, more: object = {}, text = ASM, uri = URI): Promise<T> {
  await client.open(uri, text);
  return client.request<T>(`textDocument/${method}`, { textDocument: { uri }, position: position(text, at), ...more });
}

const places = (list: readonly Location[]) =>
  list.map(
    ({ uri, range: { start, end } }) =>
      `${uri.slice(uri.lastIndexOf('/') + 1)}:${start.line + 1}:${start.character + 1}–${end.character + 1}`,
  );

test('definition: labels, macros, arguments, symbols, from assembly to Go and back', async () => {
  expect(places(await ask('definition', 'JEQ done'))).toEqual(['sum_amd64.s:18:1–5']);
  expect(places(await ask('definition', '\tADD3'))).toEqual(['sum_amd64.s:3:9–13']);
  expect(places(await ask('definition', 'MOVQ list_len'))).toEqual(['sum.go:4:10–14']);
  expect(places(await ask('definition', 'TEXT ·Sum'))).toEqual(['sum.go:4:6–9']);
  expect(places(await ask('declaration', 'GLOBL ·table'))).toEqual(['sum.go:8:5–10']);
});

test('from Go into assembly, and nowhere else', async () => {
  const go = <T>(method: string, at: string, more: object = {}) => ask<T>(method, at, more, GO, GO_URI);
  expect(places(await go('definition', 'func Sum'))).toEqual(['sum_amd64.s:8:7–10']);
  expect(places(await go('implementation', 'func Write'))).toEqual(['sum_amd64.s:22:7–12']);
  // Where it is only used, gopls goes to the declaration.
  expect(await go('definition', 'use() { Sum')).toEqual([]);
  expect(places(await go('implementation', 'use() { Sum'))).toEqual(['sum_amd64.s:8:7–10']);
  expect(places(await go('references', 'var table'))).toEqual(['sum_amd64.s:6:8–13']);
  expect(await go('prepareRename', 'func use')).toBeNull();
  expect(await go('prepareRename', 'use() { Sum')).toMatchObject({ placeholder: 'Sum' });
  expect(await go('prepareRename', 'func Sum')).toMatchObject({ placeholder: 'Sum' });
  const { changes } = await go<WorkspaceEdit>('rename', 'var table', { newName: 'powers' });
  expect(
    Object.values(changes!).flatMap(list => list.map(({ range }) => [range.start.line, range.start.character])),
  ).toEqual([
    [5, 7],
    [7, 4],
  ]);
  await expect(go('rename', 'func Sum', { newName: '2' })).rejects.toThrow('is no name');
  expect(await go('hover', 'func Sum')).toBeNull();
  const asked = client.registered.filter(({ language }) => language === 'go').map(({ method }) => method.slice(13));
  expect(asked.sort()).toEqual(
    ['codeAction', 'definition', 'didChange', 'didClose', 'didOpen', 'implementation', 'references', 'rename'].sort(),
  );
});

test('a local of the same name is not renamed from', async () => {
  const text = `package work

func Sum(list []int64, start int64) (total int64)

func a(Sum int) { use(Sum) }

func b() {
	x, Sum := 1, 2
	use(Sum + x)
}

func c() {
	var Sum int
	use(Sum)
}

func d() {
	use(v.Sum, Sum(nil, 0))
}
`;
  const asked = async (at: string) =>
    (await ask<{ placeholder: string } | null>('prepareRename', at, {}, text, GO_URI))?.placeholder;
  expect(await Promise.all(['use(S', 'use(Sum + x', '\tuse(Sum)', 'v.Su', 'v.Sum, Su'].map(asked))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'Sum',
  ]);
});

test('the assembly of a Go declaration that has none', async () => {
  const go = GO.replace(
    'var table',
    'func Pair(a byte, s string) (n int, ok bool)\n\nfunc Neg(\n\tx int32,\n) int32\n\nvar table',
  );
  const at = async (text: string, diagnostics: object[] = []) => {
    const { line } = position(go, text);
    const range = { start: { line, character: 0 }, end: { line, character: 0 } };
    return client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: GO_URI },
      range,
      context: { diagnostics },
    });
  };
  await client.open(GO_URI, go);
  const [pair, ...more] = await at('func Pair');
  expect([pair.title, pair.kind, more]).toEqual([
    'Write Pair in assembly for amd64 (sum_amd64.s)',
    'refactor.rewrite',
    [],
  ]);
  const [{ edits }] = pair.edit!.documentChanges as TextDocumentEdit[];
  const [{ newText, range }] = edits as TextEdit[];
  expect(newText).toBe('\n// func Pair(a byte, s string) (n int, ok bool)\nTEXT ·Pair(SB), NOSPLIT, $0-33\n\tRET\n');
  expect(range.start.line).toBe(ASM.split('\n').length - 1);
  // Nothing is wrong with it.
  const told = client.diagnostics(URI);
  await client.open(URI, ASM + newText);
  expect(await told).toEqual([]);
  // There is one already; there is a body; there is no function.
  for (const text of ['func Pair', 'func Sum', 'func use', 'package']) expect(await at(text)).toEqual([]);
  const missing = { range, message: 'missing function body', source: 'compiler' };
  const [neg] = await at('x int32', [missing]);
  expect([neg.kind, neg.diagnostics?.length]).toEqual(['quickfix', 1]);
  // A file of its own, for another processor too.
  await client.close();
  client = await connect({ ...memory({ 'sum.go': go, 'other_arm64.s': '' }), architecture: 'riscv64' });
  await client.open(GO_URI, go);
  expect((await at('func Pair')).map(({ title }) => title)).toEqual([
    'Write Pair in assembly for riscv64 (sum_riscv64.s)',
    'Write Pair in assembly for arm64 (other_arm64.s)',
  ]);
  const [made] = await at('func Pair');
  expect(made.edit!.documentChanges).toMatchObject([
    { kind: 'create', uri: 'file:///work/sum_riscv64.s' },
    { edits: [{ newText: `#include "textflag.h"\n${newText}` }] },
  ]);
});

test('a package is looked up once, and again when one of its files changes', async () => {
  const texts: Record<string, string> = { ...world };
  const { files } = memory(texts);
  let lists = 0;
  const list = (folder: string) => {
    lists++;
    return files.list(folder);
  };
  await client.close();
  client = await connect({ files: { read: files.read, list } });
  expect(JSON.stringify(await ask<Hover>('hover', 'TEXT ·Sum'))).toContain('start int64) (total int64)');
  const once = lists;
  const hoverAt = { textDocument: { uri: URI }, position: position(ASM, 'TEXT ·Sum') };
  for (let times = 0; times < 5; times++) await client.request('textDocument/hover', hoverAt);
  expect(lists).toBe(once);
  // Stored anew.
  texts['sum.go'] = GO.replace('total int64', 'sum uint64');
  await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: GO_URI, type: 2 }] });
  expect(JSON.stringify(await client.request('textDocument/hover', hoverAt))).toContain('(sum uint64)');
  // Edited in an editor.
  await client.open(GO_URI, texts['sum.go']);
  await client.change(GO_URI, GO.replace('start int64', 'from int64'));
  expect(JSON.stringify(await client.request('textDocument/hover', hoverAt))).toContain('from int64) (total int64)');
  expect(lists).toBeLessThan(once + 8);
});

test('references go over both languages', async () => {
  const context = { includeDeclaration: true };
  expect(places(await ask('references', 'TEXT ·Sum', { context }))).toEqual([
    'sum_amd64.s:8:6–10',
    'sum.go:4:6–9',
    'sum.go:10:14–17',
  ]);
  expect(places(await ask('references', 'JMP loop', { context }))).toEqual([
    'sum_amd64.s:12:1–5',
    'sum_amd64.s:17:6–10',
  ]);
  expect(places(await ask('references', 'func Sum', { context }, GO, GO_URI))).toEqual(['sum_amd64.s:8:7–10']);
});

test('highlights: a register in its function, the label that is written', async () => {
  const lines = (list: DocumentHighlight[]) => list.map(({ range, kind }) => `${range.start.line + 1} ${kind}`);
  expect(lines(await ask('documentHighlight', 'TESTQ CX'))).toEqual(['10 2', '13 2', '13 2', '16 2']);
  expect(lines(await ask('documentHighlight', 'JMP loop'))).toEqual(['12 3', '17 2']);
});

test('rename: a label in its function, a function in both languages', async () => {
  const edits = (edit: WorkspaceEdit | null) =>
    Object.entries(edit?.changes ?? {}).map(
      ([uri, list]) =>
        `${uri.slice(uri.lastIndexOf('/') + 1)} ${list.map(({ range, newText }) => `${range.start.line + 1}:${range.start.character + 1}=${newText}`).join(' ')}`,
    );
  expect(edits(await ask('rename', 'JMP loop', { newName: 'again' }))).toEqual(['sum_amd64.s 12:1=again 17:6=again']);
  expect(edits(await ask('rename', 'TEXT ·Sum', { newName: 'Total' }))).toEqual([
    'sum_amd64.s 8:7=Total',
    'sum.go 4:6=Total 10:14=Total',
  ]);
  await expect(ask('rename', 'JMP loop', { newName: 'done' })).rejects.toThrow('there is a label done');
  await expect(ask('rename', 'JMP loop', { newName: '1x' })).rejects.toThrow('is no name');
  expect(await ask('prepareRename', 'TESTQ CX')).toBeNull();
});

test('hover: the Go signature with the frame, an argument, a macro, a flag, a number', async () => {
  const text = async (at: string) =>
    ((await ask<Hover | null>('hover', at))?.contents as { value: string } | undefined)?.value;
  const sum = await text('TEXT ·Sum');
  expect(sum).toContain('func Sum(list []int64, start int64) (total int64)');
  expect(sum).toContain('list_len+8(FP)        slice len');
  expect(sum).toContain('total+32(FP)          int64   (result)');
  expect(await text('MOVQ list_len')).toBe('**list_len+8(FP)** — argument: `slice len`, 8 bytes');
  expect(await text('\tADD3')).toContain('#define ADD3(a, b)\nADDQ a, b\n');
  expect(await text('NOSPLIT')).toContain('No check for stack growth');
  expect(await text('NOPTR, $3')).toBe("32 = 0x20, ' '");
});

let opened = 0;

async function completions(marked: string): Promise<CompletionItem[]> {
  const { text, position: at } = withCursor(marked);
  const uri = `file:///work/more${++opened}_amd64.s`;
  await client.open(uri, text);
  return client.request('textDocument/completion', { textDocument: { uri }, position: at });
}
const labels = (list: CompletionItem[]) => list.map(({ label }) => label);

test('completion: instructions with sentences, skeletons for what Go declares', async () => {
  const list = await completions('#define M(x) x\nTEXT ·f(SB), 4, $0\n\tADD|');
  expect(labels(list)).toEqual(expect.arrayContaining(['ADDQ', 'ADDSD', 'TEXT', 'M']));
  expect(labels(list)).not.toContain('ADDW.P');
  expect(list.find(({ label }) => label === 'ADDQ')!.detail).toContain('Adds the source');
  await client.close();
  client = await connect(memory({ ...world, 'sum_amd64.s': '' }));
  const skeleton = (await completions('TE|')).find(({ label }) => label === 'TEXT ·Sum');
  expect(skeleton?.insertText).toBe(
    '// func Sum(list []int64, start int64) (total int64)\nTEXT ·Sum(SB), NOSPLIT, \\$0-40\n\t$0\n\tRET\n',
  );
  expect(labels(await completions('TEXT ·|'))).toEqual(['·Sum', '·Write']);
});

test('completion: operands by place', async () => {
  const inSum = await completions('TEXT ·Sum(SB), 4, $0-40\nhere:\n\tMOVQ |');
  expect(labels(inSum)).toEqual(
    expect.arrayContaining(['list_base+0(FP)', 'list_len+8(FP)', 'total+32(FP)', 'AX', 'R15']),
  );
  expect(labels(inSum)).not.toContain('here');
  expect(labels(await completions('TEXT ·Sum(SB), 4, $0-40\nhere:\n\tJMP |'))).toEqual(
    expect.arrayContaining(['here', '·Sum(SB)']),
  );
  expect(labels(await completions('TEXT ·Sum(SB), |'))).toEqual(expect.arrayContaining(['NOSPLIT', 'NOFRAME']));
  expect(labels(await completions('TEXT ·Sum(SB), 4, $0\n\tMOVQ 8(|'))).toEqual(
    expect.arrayContaining(['SP', 'AX', 'FP']),
  );
  expect(labels(await completions('#inc|'))).toContain('include');
  expect(labels(await completions('#include "|'))).toEqual(expect.arrayContaining(['textflag.h', 'go_asm.h']));
  expect(await completions('TEXT ·Sum(SB), 4, $0\n\t// MOV|')).toEqual([]);
});

test('signature help: a macro’s parameters', async () => {
  const { text, position: at } = withCursor('#define ADD3(a, b) ADDQ a, b\nTEXT ·f(SB), 4, $0\n\tADD3((SI), |');
  await client.open(URI, text);
  const help = await client.request<SignatureHelp>('textDocument/signatureHelp', {
    textDocument: { uri: URI },
    position: at,
  });
  expect([help.signatures[0].label, help.activeParameter]).toEqual(['ADD3(a, b)', 1]);
});

test('signature help: what an instruction takes, in few lines', async () => {
  const { text, position: at } = withCursor('TEXT ·f(SB), 4, $0\n\tADDQ AX, |');
  await client.open(URI, text);
  const help = await client.request<SignatureHelp>('textDocument/signatureHelp', {
    textDocument: { uri: URI },
    position: at,
  });
  expect(help.activeParameter).toBe(1);
  expect(help.signatures.length).toBeLessThan(5);
  expect(help.signatures[0].label).toMatch(/^ADDQ .*register, .*memory/);
  // Each word that an instruction takes is in one row, and no row takes more.
  const words = ['rr', 'ir', 'or', 'ro', 'io', 'r', 'rrr', 'irr'];
  const taken = merged(words).flatMap(row =>
    row.reduce<string[]>((list, kinds) => list.flatMap(start => [...kinds].map(kind => start + kind)), ['']),
  );
  expect(taken.sort()).toEqual([...words].sort());
  expect(merged(words).length).toBeLessThan(5);
  const many = Array.from({ length: 3000 }, (_, n) =>
    n
      .toString(16)
      .padStart(4, '0')
      .replace(/\d/g, d => 'abcdefghij'[+d]),
  );
  const start = performance.now();
  merged(many);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('where an offset is in its statement', () => {
  const at = (marked: string) => {
    const offset = marked.indexOf('|');
    const place = placeAt(parseSource(marked.replace('|', '')), offset);
    const { is, ...more } = place;
    return [is, ...Object.values(more)].join(' ');
  };
  expect(at('|')).toBe('word true');
  expect(at('TEXT ·f(SB), 4, $0\n\tMO|V')).toBe('word true');
  expect(at('x: MO|VQ AX, BX')).toBe('word false');
  expect(at('\tNOP; |')).toBe('word false');
  expect(at('\tMOVQ |')).toBe('operand MOVQ 0 ');
  expect(at('\tMOVQ $1, 8(A|X)')).toBe('operand MOVQ 1 8(A');
  expect(at('\tNOP; x: MOVQ "a;b//", |// c')).toBe('operand MOVQ 1 ');
  expect(at('\tMOVQ AX, BX // c|')).toBe('comment');
  expect(at('\tMOVQ /* a, */ AX|')).toBe('operand MOVQ 0 AX');
  expect(at('/* a\nb|\n*/')).toBe('comment');
  expect(at('#|')).toBe('directive name');
  expect(at('#inc|')).toBe('directive name');
  expect(at('#include "te|')).toBe('directive include "te');
  expect(at('#define M(a, |')).toBe('directive define M(a, ');
  expect(at('#define M(a, b) MOVQ a, |')).toBe('operand MOVQ 1 ');
  expect(at('#define M \\\n\tNOP; \\\n\tADDQ $M(1, 2|), AX')).toBe('operand ADDQ 0 $M(1, 2');
});

test('macros of headers: definition, hover, completion, signature; constants of go_asm.h', async () => {
  const texts = {
    'go.mod': 'module example.com/work\n',
    'k.go': 'package work\n\nconst size = 1 << 6\n\ntype T struct{ a, b int64 }\n\nfunc f()\n',
    'round.h': '#include "more/deep.h"\n#define ROUND(a, b) \\\n\tADDQ a, b; \\\n\tROLQ $3, b\n',
    'more/deep.h': '#include "round.h"\n#define DEEP 7\n',
  };
  await client.close();
  client = await connect(memory(texts));
  const asm =
    '#include "round.h"\n#include "go_asm.h"\nTEXT ·f(SB), 4, $0\n\tROUND(AX, BX)\n\tMOVQ $const_size, T_b(AX)\n\tMOVQ $DEEP, CX\n\tRET\n';
  const uri = 'file:///work/f_amd64.s';
  const question = <T>(method: string, at: string) => ask<T>(method, at, {}, asm, uri);
  expect(places(await question('definition', '\tROUND'))).toEqual(['round.h:2:9–14']);
  expect(places(await question('definition', '$DEEP'))).toEqual(['deep.h:2:9–13']);
  // What the build makes of Go leads there.
  expect(places(await question('definition', '$const_size'))).toEqual(['k.go:3:7–11']);
  expect(places(await question('definition', 'T_b'))).toEqual(['k.go:5:19–20']);
  const text = async (at: string) => ((await question<Hover>('hover', at)).contents as { value: string }).value;
  expect(await text('\tROUND')).toBe('```go.asm\n#define ROUND(a, b)\nADDQ a, b;\nROLQ $3, b\n```\n\nround.h');
  expect(await text('const_size')).toBe("**const_size** = 64 (64 = 0x40, '@')");
  expect(await text('T_b')).toBe('**T_b** = 8');
  const list = await completions('#include "round.h"\n#include "go_asm.h"\nTEXT ·f(SB), 4, $0\n\tRO|');
  expect(list.find(({ label }) => label === 'ROUND')).toMatchObject({ detail: '(a, b)', insertText: 'ROUND($0)' });
  const values = await completions('#include "go_asm.h"\nTEXT ·f(SB), 4, $0\n\tMOVQ $|');
  expect(values.find(({ label }) => label === 'const_size')?.detail).toBe('64');
  const help = await question<SignatureHelp>('signatureHelp', 'ROUND(AX, ');
  expect([help.signatures[0].label, help.activeParameter]).toEqual(['ROUND(a, b)', 1]);
});

test('inlay hints: arguments’ types, the syscall’s name', async () => {
  await client.open(URI, ASM);
  const hints = await client.request<InlayHint[]>('textDocument/inlayHint', {
    textDocument: { uri: URI },
    range: { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } },
  });
  expect(hints.map(({ position: { line }, label }) => `${line + 1} ${label}`)).toEqual([
    '9 slice base',
    '10 slice len',
    '11 int64',
    '19 int64',
    '24 int',
    '25 write',
    '26 int',
  ]);
});

test('inline values: what the next instruction uses, and what registers were given where that still holds', async () => {
  const text = `TEXT ·f(SB), 4, $0
	MOVQ $1, R9
again:
	MOVQ $2, BX
	LEAQ 8(SP), DI
	MOVQ $3, BX
	CMPQ CX, DX
	ADDQ (SI)(BX*8), AX
	MOVQ $4, DX
	RET
`;
  await client.open('file:///work/v_amd64.s', text);
  const shown = async (line: number, from = 0) => {
    const start = { line: from, character: 0 };
    const end = { line, character: 80 };
    const values = await client.request<InlineValueEvaluatableExpression[]>('textDocument/inlineValue', {
      textDocument: { uri: 'file:///work/v_amd64.s' },
      range: { start, end },
      context: { frameId: 1, stoppedLocation: { start: { line, character: 0 }, end } },
    });
    return values.map(({ range, expression }) => `${range.start.line + 1}:${range.start.character + 1} ${expression}`);
  };
  expect(await shown(7)).toEqual(['8:8 SI', '8:12 BX', '8:19 AX', '6:11 BX', '5:14 DI']);
  expect(await shown(7, 6)).toEqual(['8:8 SI', '8:12 BX', '8:19 AX']);
  expect(await shown(0)).toEqual([]);
  // Nothing is known where nothing stands, and of what a part of was written.
  expect(await shown(400)).toEqual([]);
  await client.change('file:///work/v_amd64.s', text.replace('MOVQ $3, BX', 'MOVB $3, BL'));
  expect(await shown(7)).toEqual(['8:8 SI', '8:12 BX', '8:19 AX', '5:14 DI']);
});

test('folding and selections', async () => {
  await client.open(URI, `// a\n// b\n${ASM}#ifdef X\nDATA t(SB)/8, $1\nDATA t+8(SB)/8, $1\n#else\n\n#endif\n`);
  const ranges = await client.request<FoldingRange[]>('textDocument/foldingRange', { textDocument: { uri: URI } });
  expect(
    ranges.map(({ startLine, endLine, kind }) => `${startLine + 1}–${endLine + 1}${kind ? ` ${kind}` : ''}`).sort(),
  ).toEqual(['1–2 comment', '10–22', '24–32', '30–32 region', '31–32', '33–34 region', '5–6'].sort());
});

test('semantic tokens are in order and within the text', async () => {
  await client.open(URI, ASM);
  const { data } = await client.request<SemanticTokens>('textDocument/semanticTokens/full', {
    textDocument: { uri: URI },
  });
  const lines = ASM.split('\n');
  const words: string[] = [];
  let [line, character] = [0, 0];
  for (let at = 0; at < data.length; at += 5) {
    character = data[at] === 0 ? character + data[at + 1] : data[at + 1];
    line += data[at];
    words.push(`${lines[line].slice(character, character + data[at + 2])} ${data[at + 3]}`);
  }
  expect(words).toEqual(
    expect.arrayContaining(['TEXT 0', '·Sum 1', 'ADD3 4', 'loop 5', 'MOVQ 6', 'list_base 7', 'CX 2', 'a 3']),
  );
});

test('workspace symbols', async () => {
  await client.open(URI, ASM);
  const list = await client.request<WorkspaceSymbol[]>('workspace/symbol', { query: 'wr' });
  expect(list.map(({ name }) => name)).toEqual(['Write']);
});

test('formatting a range, and behind a newline', async () => {
  const text = 'TEXT ·f(SB),4,$0\n  MOVQ AX,BX\n   RET\n';
  await client.open('file:///work/g_amd64.s', text);
  const one = await client.request<TextEdit[]>('textDocument/rangeFormatting', {
    textDocument: { uri: 'file:///work/g_amd64.s' },
    range: { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } },
    options: { tabSize: 8, insertSpaces: false },
  });
  expect(one.map(({ newText }) => newText)).toEqual(['\tMOVQ AX, BX']);
  const typed = await client.request<TextEdit[]>('textDocument/onTypeFormatting', {
    textDocument: { uri: 'file:///work/g_amd64.s' },
    position: { line: 3, character: 0 },
    ch: '\n',
    options: { tabSize: 8, insertSpaces: false },
  });
  expect(typed.map(({ newText }) => newText)).toEqual(['\tRET']);
});

/** The text after the fix of the first problem whose message has a text. */
async function fixed(text: string, about: string, uri = 'file:///work/fix_amd64.s'): Promise<Record<string, string>> {
  const told = client.diagnostics(uri);
  await client.open(uri, text);
  const diagnostic = (await told).find(({ message }: Diagnostic) => String(message).includes(about))!;
  expect(diagnostic, about).toBeDefined();
  const [action] = await client.request<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: diagnostic.range,
    context: { diagnostics: [diagnostic] },
  });
  return Object.fromEntries(
    Object.entries(action.edit!.changes!).map(([changed, list]) => {
      const lines = (changed === uri ? text : GO).split('\n');
      for (const {
        range: { start, end },
        newText,
      } of list) {
        lines[start.line] =
          lines[start.line].slice(0, start.character) + newText + lines[end.line].slice(end.character);
      }
      return [changed.slice(changed.lastIndexOf('/') + 1), lines.join('\n')];
    }),
  );
}

test('quick fixes', async () => {
  const head = '#include "textflag.h"\nTEXT ·Sum(SB), NOSPLIT, ';
  expect(await fixed(`${head}$0-8\n\tRET\n`, 'wrong argument size')).toEqual({
    'fix_amd64.s': `${head}$0-40\n\tRET\n`,
  });
  expect(
    await fixed(
      `${head}$0-40\n\tMOVQ start+16(FP), AX\n\tMOVQ AX, total+32(FP)\n`,
      'invalid offset',
      'file:///work/a_amd64.s',
    ),
  ).toEqual({
    'a_amd64.s': `${head}$0-40\n\tMOVQ start+24(FP), AX\n\tMOVQ AX, total+32(FP)\n`,
  });
  expect(await fixed(`${head}$0-40\n\tADDX AX, BX\n`, 'unrecognized', 'file:///work/b_amd64.s')).toHaveProperty(
    'b_amd64.s',
  );
  expect(await fixed('TEXT ·Sum(SB), NOSPLIT, $0-40\n\tRET\n', 'addressing mode', 'file:///work/c_amd64.s')).toEqual({
    'c_amd64.s': '#include "textflag.h"\n\nTEXT ·Sum(SB), NOSPLIT, $0-40\n\tRET\n',
  });
  expect(
    (await fixed(`${head.replace('Sum', 'New')}$0\n\tRET\n`, 'missing Go declaration', 'file:///work/d_amd64.s'))[
      'sum.go'
    ],
  ).toContain('func New()\n');
});

test('call hierarchy over files and into Go', async () => {
  const more = `TEXT ·Write2(SB), 4, $0
	CALL ·Sum(SB)
	CALL ·Sum(SB)
	CALL ·use(SB)
	RET
`;
  await client.close();
  client = await connect(memory({ ...world, 'more_amd64.s': more }));
  const [sum] = await ask<CallHierarchyItem[]>('prepareCallHierarchy', 'TEXT ·Sum');
  expect([sum.name, sum.range.start.line, sum.range.end.line]).toEqual(['Sum', 7, 19]);
  const incoming = await client.request<CallHierarchyIncomingCall[]>('callHierarchy/incomingCalls', { item: sum });
  expect(incoming.map(({ from, fromRanges }) => [from.name, fromRanges.length])).toEqual([['Write2', 2]]);
  const outgoing = await client.request<CallHierarchyOutgoingCall[]>('callHierarchy/outgoingCalls', {
    item: incoming[0].from,
  });
  expect(outgoing.map(({ to }) => [to.name, to.uri.slice(to.uri.lastIndexOf('/') + 1)])).toEqual([
    ['Sum', 'sum_amd64.s'],
    ['use', 'sum.go'],
  ]);
});
