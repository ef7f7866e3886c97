/** Symbols of the samples, as the debugger asks for them. The samples are real binaries built by the Go toolchain. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadProgram } from '../../emulator/symbols/program.ts';
import { dynamicType } from '../../emulator/symbols/runtime-types.ts';

const load = (name: string, bias = 0) =>
  loadProgram(new Uint8Array(readFileSync(new URL(`../../samples/bin/${name}`, import.meta.url))), bias);

test('functions by name and by address', () => {
  const p = load('hello');
  expect(p.isGo).toBe(true);
  expect(p.goVersion).toMatch(/^go1\.\d+/);
  const main = p.functionNamed('main.main')!;
  expect(main).toMatchObject({ name: 'main.main', language: 'go', convention: { abi: 'ABIInternal', sure: true } });
  expect(p.functionAt(main.entry)).toBe(main);
  expect(p.functionAt(main.end - 1)).toBe(main);
  expect(p.functionAt(main.end)?.name).not.toBe('main.main');
  expect(p.functionAt(0)).toBeUndefined();
  expect(p.functionAt(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  expect(p.functionNamed('no.such')).toBeUndefined();
});

test('names match by their ends, wrappers stand back behind what they wrap', () => {
  const p = load('uname');
  expect(p.functionNamed('unix.Uname')?.name).toBe('golang.org/x/sys/unix.Uname');
  const six = p.searchFunctions(/syscall(\/linux)?\.Syscall6$/).find(f => f.language === 'assembly')!;
  expect(six.convention).toMatchObject({ abi: 'ABIInternal', sure: true });
  expect(six.file).toMatch(/asm_linux_amd64\.s$/);
  for (const f of p.searchFunctions(/^runtime\./)) {
    if (f.isWrapper) expect(p.searchFunctions(f.name).filter(g => g.name === f.name)).toHaveLength(1);
  }
});

test('lines: by address, and addresses by line with the path this machine has', () => {
  const p = load('hello');
  const main = p.functionNamed('main.main')!;
  expect(p.lineAt(main.entry)).toMatchObject({ line: 6 });
  const write = p.pcsForLine('/somewhere/else/hello/main.go', 8)!;
  expect(write.line).toBe(8);
  expect(write.addresses).toHaveLength(1);
  expect(p.lineAt(write.addresses[0])).toMatchObject({ line: 8, isStatement: true });
  expect(p.lineAt(write.addresses[0])!.file).toBe(write.file);
  // A line without code moves on to the next with code; behind the last there is none.
  expect(p.pcsForLine('hello/main.go', 1)?.line).toBe(6);
  expect(p.pcsForLine('hello/main.go', 1)?.addresses).toEqual([p.prologueEnd(main)]);
  expect(p.pcsForLine('hello/main.go', 1000)).toBeUndefined();
  expect(p.pcsForLine('nothing/here.go', 1)).toBeUndefined();
  expect(p.linesWithCode('hello/main.go')).toEqual([6, 7, 8, 9, 10]);
});

test('an assembly source has lines, too', () => {
  const p = load('hello');
  const six = p.searchFunctions(/Syscall6$/).find(f => f.language === 'assembly')!;
  const at = p.pcsForLine('asm_linux_amd64.s', p.lineAt(six.entry)!.line)!;
  expect(at.addresses).toEqual([six.entry]);
});

test('arguments and results with Go types', () => {
  const p = load('hello');
  const write = p.functionNamed('syscall.write')!;
  const described = p
    .parameters(write)!
    .map(a => `${a.isResult ? 'result ' : ''}${a.name} ${a.type.name} ${a.type.kind} ${a.type.size}`);
  expect(described).toEqual([
    'fd int int 8',
    'p []uint8 slice 24',
    'result n int int 8',
    'result err error interface 16',
  ]);
});

test('a load bias is added on the way out and taken off on the way in', () => {
  const bias = 0x5555_5500_0000;
  const p = load('hello');
  const moved = load('hello', bias);
  const main = p.functionNamed('main.main')!;
  const movedMain = moved.functionNamed('main.main')!;
  expect(movedMain.entry).toBe(main.entry + bias);
  expect(moved.lineAt(movedMain.entry)).toEqual(p.lineAt(main.entry));
  expect(moved.prologueEnd(movedMain)).toBe(p.prologueEnd(main) + bias);
  expect(moved.symbolAt(movedMain.entry + 3)).toEqual({ name: 'main.main', offset: 3 });
  expect(moved.symbolNamed('runtime.allgs')!.address).toBe(p.symbolNamed('runtime.allgs')!.address + bias);
});

test('hand-written assembly without libc', () => {
  const p = load('asm-hello');
  expect(p.isGo).toBe(false);
  const start = p.functionNamed('_start')!;
  expect(start.entry).toBe(p.entry);
  expect(p.functionAt(p.entry)).toBe(start);
  expect(p.symbolAt(p.entry + 1)).toEqual({ name: '_start', offset: 1 });
});

test('a function that exists only inlined can still be stopped at', () => {
  const p = load('hello');
  expect(p.functionNamed('syscall.Write')).toBeUndefined();
  const calls = p.inlinedCallsOf('syscall.Write');
  expect(calls.map(c => c.into.name)).toContain('main.main');
  for (const { address, name } of calls) {
    expect(name).toBe('syscall.Write');
    expect(p.inlinedAt(address).some(c => c.name === 'syscall.Write')).toBe(true);
  }
});

test('what an interface holds is read from the runtime itself', () => {
  const p = load('println');
  const image = { read: p.readImage };
  const itab = p.symbolNamed('go:itab.*os.File,io.Writer')!;
  expect(dynamicType(p, image, itab.address, true)).toMatchObject({
    type: { kind: 'pointer', name: '*os.File', size: 8 },
    direct: true,
  });
  // Nonsense is no type.
  expect(dynamicType(p, image, itab.address + 3, true)).toBeUndefined();
  expect(dynamicType(p, image, 12, false)).toBeUndefined();
});

test('Go 1.15: the oldest layouts, compressed the old way, everything on the stack', () => {
  const p = load('minimal-go1.15');
  expect(p.goVersion).toBe('go1.15.15');
  expect(p.hasDwarf).toBe(true);
  const main = p.functionNamed('main.main')!;
  expect(main).toMatchObject({ line: 3, convention: { abi: 'ABI0', sure: true } });
  expect(p.lineAt(main.entry)?.file).toBe('command-line-arguments/main.go');
  expect(p.pcsForLine('/home/someone/main.go', 3)?.addresses).toEqual([main.entry]);
  const write = p.functionNamed('runtime.write1')!;
  expect(write.language).toBe('assembly');
  expect(p.spDelta(p.functionNamed('runtime.mallocgc')!.entry)).toBe(0);
  const described = p.parameters(p.functionNamed('runtime.casgstatus')!)!.map(a => `${a.name} ${a.type.name}`);
  expect(described).toEqual(['gp *runtime.g', 'oldval uint32', 'newval uint32']);
});

test('pclntab and DWARF tell the same of inlined calls', () => {
  const p = load('println');
  let inlined = 0;
  for (const f of p.searchFunctions(/^(fmt|os|main|strings|reflect)\./, 300)) {
    for (let pc = f.entry; pc < f.end; pc += 11) {
      const chain = p.inlinedAt(pc).map(c => `${c.name} from line ${c.callLine}`);
      expect(p.dwarf!.inlinedAt(pc - p.bias).map(c => `${c.name} from line ${c.callLine}`)).toEqual(chain);
      if (chain.length > 0) inlined++;
    }
  }
  expect(inlined).toBeGreaterThan(300);
});
