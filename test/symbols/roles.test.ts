/** The role model and its text: the three stops that the design shows, and the ones beside them. */
import { expect, test } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import type { ViewMemory } from '../../emulator/abi/arch.ts';
import { type CallDescription, explainStop, type RegisterRole, type Stop } from '../../emulator/abi/roles.ts';
import { renderStop } from '../../emulator/abi/stop-text.ts';
import { type NextInstruction, stopFacts } from '../../emulator/symbols/stop-facts.ts';
import { loadSample, memoryWith, registersWith, text, words } from './guest.ts';

const BUFFER = 0xc000012110;
const G = 0xc0000061c0;
const STACK = 0xc000056f00;
const THREAD = 0x590000;
const message = text('hello, kernel\n');

/** goroutine 1 on its stack; `rest` comes first. */
function goroutineMemory(program: ReturnType<typeof loadSample>, ...rest: [number, Uint8Array][]): ViewMemory {
  const g = new Uint8Array(512);
  g.set(words(0xc000056000, 0xc000058000), 0);
  g.set(words(2), 144);
  g.set(words(1), 152);
  return memoryWith([...rest, [BUFFER, message], [G, g], [THREAD - 8, words(G)]], program);
}

const write = (number: number, args: readonly bigint[], result?: bigint): CallDescription | undefined =>
  number === 1
    ? {
        text: `write(${args[0]}, "hello, kernel\\n", ${args[2]})${result === undefined ? '' : ` = ${result}`}`,
        args: [
          { name: 'fd', text: `${args[0]}` },
          { name: 'buf', text: '"hello, kernel\\n"' },
          { name: 'count', text: `${args[2]}` },
        ],
        result: result?.toString(),
      }
    : undefined;

function stopAt(
  sampleName: string,
  pc: (p: ReturnType<typeof loadSample>) => number,
  registers: Record<string, bigint | number>,
  instruction: (p: ReturnType<typeof loadSample>) => NextInstruction,
  memory: [number, Uint8Array][] = [],
  more: { returned?: { number: number; args: bigint[]; result: bigint } } = {},
): Stop {
  const program = loadSample(sampleName);
  const facts = stopFacts({
    arch: amd64,
    registers: registersWith({ rip: pc(program), rsp: STACK, fs_base: THREAD, r14: G, ...registers }),
    memory: goroutineMemory(program, ...memory),
    instruction: instruction(program),
    program,
    describeCall: write,
    describeFd: fd => (fd === 1 ? 'stdout, pipe' : undefined),
    ...more,
  });
  return explainStop(facts)!;
}

const role = (stop: Stop, go: string): RegisterRole => stop.registers.find(r => r.register.go === go)!;

test('a call of a Go function: arguments in registers, named, with their values', () => {
  const stop = stopAt(
    'hello',
    p => p.pcsForLine('hello/main.go', 8)!.addresses[0],
    { rax: 1, rbx: BUFFER, rcx: 14, rdi: 14 },
    p => ({ text: 'CALL syscall.write(SB)', is: 'call', target: p.functionNamed('syscall.write')!.entry }),
  );
  expect(renderStop(stop)).toBe(
    [
      'main.main  main.go:8         CALL syscall.write(SB)                     Go ABIInternal',
      '  AX          0x1                fd  int       1',
      '  BX CX DI    0xc000012110 e e   p   []byte    len 14 cap 14  "hello, kernel\\n"',
      '  R14         0xc0000061c0       g             goroutine 1, running main.main',
      '  DX R12 R13                     free here     X15  0 (always)',
    ].join('\n'),
  );
  expect(role(stop, 'BX')).toMatchObject({
    syscallRole: '',
    goRole: '2nd integer argument, result',
    here: { role: 'argument of syscall.write p (ptr)', sure: 'computed' },
  });
  expect(role(stop, 'R14').here).toMatchObject({ sure: 'computed', decoded: 'goroutine 1, running main.main' });
});

test('the crossing: what each register means to Linux, and what will be lost', () => {
  const stop = stopAt(
    'hello',
    p => p.searchFunctions('Syscall6').find(f => f.language === 'assembly')!.entry + 25,
    { rax: 1, rdi: 1, rsi: BUFFER, rdx: 14 },
    () => ({ text: 'SYSCALL', is: 'syscall' }),
  );
  expect(renderStop(stop).replace(/s:\d+ /, 's:36 ')).toBe(
    [
      'internal/runtime/syscall/linux.Syscall6   asm_linux_amd64.s:36   SYSCALL      Linux syscall ABI',
      '  RAX  0x1             number   write          → after: bytes written, or −errno',
      '  RDI  0x1             fd       1 (stdout, pipe)',
      '  RSI  0xc000012110    buf      "hello, kernel\\n"',
      '  RDX  0xe             count    14',
      '  R10 R8 R9            unused by write         RCX, R11  will be overwritten (return address, RFLAGS)',
      '  write(1, "hello, kernel\\n", 14)',
    ].join('\n'),
  );
  expect(stop.call).toMatchObject({ name: 'write', number: 1, when: 'enter' });
  expect(role(stop, 'CX').here).toMatchObject({ role: 'will be overwritten', sure: 'certain' });
});

test('behind the crossing: the result', () => {
  const stop = stopAt(
    'hello',
    p => p.searchFunctions('Syscall6').find(f => f.language === 'assembly')!.entry + 27,
    { rax: 14 },
    () => ({ text: 'CMPQ AX, $-4095', is: 'other' }),
    [],
    {
      returned: { number: 1, args: [1n, BigInt(BUFFER), 14n], result: 14n },
    },
  );
  expect(renderStop(stop).split('\n').slice(1)).toEqual([
    '  RAX  0xe             result   14',
    '  RCX R11              were overwritten (return address, RFLAGS)',
    '  write(1, "hello, kernel\\n", 14) = 14',
  ]);
});

test('assembly whose arguments came on the stack', () => {
  const stop = stopAt(
    'uname',
    p => p.functionNamed('golang.org/x/sys/unix.Syscall')!.entry,
    {},
    () => ({ text: '', is: 'other' }),
    [[STACK, words(0x401234, 1, 1, BUFFER, 14, 0, 0, 0)]],
  );
  expect(renderStop(stop).replace(/s:\d+ /, 's ')).toBe(
    [
      'golang.org/x/sys/unix.Syscall   asm_linux_amd64.s      ABI0: the symbol has an ABIInternal wrapper beside it',
      '  trap+0(FP)  1 (write)    a1+8(FP)  1    a2+16(FP)  0xc000012110    a3+24(FP)  14    r1+32(FP) r2+40(FP) err+48(FP) results, not yet written',
    ].join('\n'),
  );
  expect(role(stop, 'R14').here).toMatchObject({ role: 'undefined in ABI0' });
});

test('at the entry of a function and at its return', () => {
  const at = (is: 'other' | 'return', offset: number, registers: Record<string, bigint | number>) =>
    renderStop(
      stopAt(
        'hello',
        p => p.functionNamed('syscall.write')!.entry + offset,
        registers,
        () => ({ text: is === 'return' ? 'RET' : 'CMPQ SP, 16(R14)', is }),
      ),
    );
  expect(at('other', 0, { rax: 1, rbx: BUFFER, rcx: 14, rdi: 14 })).toContain(
    'BX CX DI    0xc000012110 e e   p   []byte    len 14 cap 14  "hello, kernel\\n"',
  );
  const back = at('return', 40, { rax: 14 });
  expect(back).toMatch(/AX +0xe +n +int +14/);
  expect(back).toMatch(/BX CX +0x0 0 +err +error +nil/);
});

test('where nothing is known it says so', () => {
  const stop = explainStop(
    stopFacts({
      arch: amd64,
      registers: registersWith({ rip: 0x1234 }),
      memory: memoryWith([]),
      instruction: { text: 'NOP', is: 'other' },
    }),
  )!;
  expect(stop.convention).toMatchObject({ name: 'unknown', sure: 'likely' });
  expect(renderStop(stop)).toBe('0x1234                       NOP                                        unknown');
  expect(stop.registers.filter(r => r.here).map(r => r.register.go)).toEqual(['SP']);
});

test('broken memory and registers never make it throw', () => {
  const program = loadSample('println');
  const functions = program.searchFunctions(/./, 1e6);
  let state = 99;
  const next = (): number => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 4;
  const kinds = ['syscall', 'call', 'jump', 'return', 'other'] as const;
  const values = [0n, 1n, 0xffffffffffffffffn, BigInt(BUFFER), BigInt(STACK), 1n << 47n, 0x7fffffffffffffffn];
  for (let i = 0; i < 1500; i++) {
    const f = functions[next() % functions.length];
    const target = functions[next() % functions.length].entry + (next() % 3 === 0 ? 1 : 0);
    const registers = registersWith({ rip: f.entry + (next() % 4 === 0 ? 0 : next() % Math.max(1, f.end - f.entry)) });
    for (const row of amd64.registers) {
      if (row.group === 'general' || row.name === 'fs_base') row.write(registers, values[next() % values.length]);
    }
    const memory: ViewMemory = {
      // Short, random, or the program's own.
      read: (address, length) => {
        const way = next() % 3;
        if (way === 0) return new Uint8Array(0);
        if (way === 1) return program.readImage(address, length);
        return Uint8Array.from({ length: Math.min(length, 4096, next() % 600) }, () => next() & 255);
      },
    };
    const is = kinds[next() % kinds.length];
    const stop = explainStop(
      stopFacts({
        arch: amd64,
        registers,
        memory,
        program,
        instruction: { text: is, is, target, indirect: next() % 2 === 0 },
      }),
    )!;
    expect(renderStop(stop).length).toBeLessThan(20_000);
    expect(program.unwind(amd64, registers, memory).length).toBeLessThanOrEqual(512);
    program.goroutines(memory);
  }
});
