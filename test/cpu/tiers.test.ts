/**
 * Compiled code beside the interpreter: the same registers, memory and instruction counts wherever a run is cut, with
 * breakpoints in hot loops, code that changes itself, faults, and calls that unwind.
 */
import { describe, expect, it } from 'vitest';
import { CELLS, RIP, RSP, readFlags } from '../../emulator/abi/amd64/layout.ts';
import { Cpu, type CpuExit } from '../../emulator/cpu/cpu.ts';
import type { LinearSpace } from '../../emulator/memory/address-space.ts';
import type { Watchpoint } from '../../emulator/memory/types.ts';
import { lateCompiler } from './late-compiler.ts';
import { spaceWith } from './space.ts';

const CODE = 0x40_0000;
const DATA = 0x2000_0000;
const DATA_SIZE = 0x1_0000;
const STACK = 0x7ffc_0000_0000;

/** Each ends with UD2; what it was assembled from (GNU as) stands beside it. */
const PROGRAMS = {
  /**
   *    mov $18,%edi; call fib; ud2
   *    fib: push %rbp; mov %rsp,%rbp; push %rbx; push %r12; mov %edi,%ebx; xor %eax,%eax; cmp $1,%edi; jle 1f
   *    lea -1(%rbx),%edi; call fib; mov %rax,%r12; lea -2(%rbx),%edi; call fib; add %r12,%rax; jmp 2f
   *    1: mov %ebx,%eax;  2: pop %r12; pop %rbx; pop %rbp; ret
   */
  recursion:
    'bf12000000e8020000000f0b554889e553415489fb31c083ff017e188d7bffe8e8ffffff4989c48d7bfee8ddffffff4c01e0eb0289d8415c5b5dc3',
  /**
   *    mov $0x20000000,%rsi; xor %eax,%eax; xor %ecx,%ecx
   *    1: mov (%rsi,%rcx,8),%rdx; adc %rdx,%rax; add %rax,8(%rsi,%rcx,8); rol $5,%rax; inc %rcx
   *    cmp $0x100000,%rcx; jne 1b; ud2
   */
  'off the end of the data': '48c7c60000002031c031c9488b14ce4811d0480144ce0848c1c00548ffc14881f90000100075e40f0b',
  /**
   *    xor %eax,%eax; mov $20000,%ecx
   *    1: add $1,%eax; test $63,%cl; jne 2f; incb 1b+2(%rip)
   *    2: dec %ecx; jne 1b; ud2
   */
  'code that changes itself': '31c0b9204e000083c001f6c13f7506fe05f4ffffffffc975ee0f0b',
  /**
   *    mov $6000,%ebx; lea f(%rip),%r12; lea g(%rip),%r13
   *    1: mov %rbx,%rax; test $1,%bl; cmovne %r13,%r12; call *%r12; xchg %r12,%r13; cmp %rbx,%rax
   *    mov $0x20000100,%edi; mov $0x20000000,%esi; mov $3,%ecx; rep movsb; setb %dl; adc $0,%r14; jo 3f
   *    sub $5,%r15b; jp 2f; inc %r14
   *    2: dec %ebx; jne 1b;  3: ud2
   *    f: xor %edx,%edx; mov $7,%ecx; div %rcx; cmp $3,%edx; ret
   *    g: imul $13,%rax,%rax; cqo; mov $-5,%rcx; idiv %rcx; stc; ret
   */
  'indirect calls, divisions, strings, flags across blocks':
    'bb701700004c8d25430000004c8d2d4a0000004889d8f6c3014d0f45e541ffd44d87e54839d8bf00010020be00000020b903000000f3a40f92c24983d600700d4180ef057a0349ffc6ffcb75c60f0b31d2b90700000048f7f183fa03c3486bc00d489948c7c1fbffffff48f7f9f9c3',
  /**
   *    lea -0x8000(%rsp),%rax; lea second(%rip),%rcx; mov %rcx,(%rax); sub $16,%rax; mov %rax,%r15
   *    xor %r14d,%r14d; mov $400,%ebx
   *    1: mov $3,%ebp
   *    2: mov %rbp,%rdi; call f; add %rax,%r14; call switch; rol $5,%r14; dec %ebp; jne 2b
   *    mov %rbx,%rdi; call f; sub %rax,%r14; dec %ebx; jne 1b; ud2
   *    second: mov $1,%ebx
   *    3: mov %rbx,%rdi; call g; xor %rax,%r14; call switch; inc %rbx; jmp 3b
   *    switch: push %rbx; push %rbp; xchg %rsp,%r15; pop %rbp; pop %rbx; ret
   *    f: lea 7(%rdi,%rdi,2),%rax; ret
   *    g: push %rbx; mov $2,%ebx; xor %eax,%eax
   *    4: add %rdi,%rax; push %rax; call f; add (%rsp),%rax; add $8,%rsp; dec %ebx; jne 4b; pop %rbx; ret
   */
  coroutines:
    '488d84240080ffff488d0d400000004889084883e8104989c74531f6bb90010000bd030000004889efe8430000004901c6e83300000049c1c605ffcd75e84889dfe82b0000004929c6ffcb75d40f0bbb010000004889dfe81b0000004931c6e80500000048ffc3ebeb53554987e75d5bc3488d447f07c353bb0200000031c04801f850e8e9ffffff480304244883c408ffcb75eb5bc3',
};

interface Guest {
  cpu: Cpu;
  registers: BigUint64Array;
  space: LinearSpace;
}

function start(hex: string, tierUp: boolean): Guest {
  const space = spaceWith([CODE, 0x1000, 7], [DATA, DATA_SIZE, 3], [STACK - 0x1_0000, 0x1_0000, 3]);
  space.write(CODE, new Uint8Array(Buffer.from(hex, 'hex')));
  space.write(
    DATA,
    Uint8Array.from({ length: DATA_SIZE }, (_, i) => (i * 2_654_435_761) >>> 24),
  );
  const cpu = new Cpu(space);
  cpu.tierUp = tierUp;
  // Soon enough for what is dropped now and then.
  cpu.heat = 40;
  cpu.patience = 0;
  cpu.headStart = 0;
  const registers = new BigUint64Array(CELLS);
  registers[RIP] = BigInt(CODE);
  // So that the first frames of the recursion cross a page.
  registers[RSP] = BigInt(STACK - 0x1000 + 0x18);
  return { cpu, registers, space };
}

/** Everything that a program could see, but for memory. */
function look({ cpu, registers }: Guest, exit: CpuExit): unknown {
  return {
    exit,
    executed: cpu.executed,
    general: [...registers.subarray(0, RIP + 1)].map(r => r.toString(16)),
    flags: readFlags(registers).toString(16),
  };
}

function contents({ space }: Guest): string {
  return [
    [CODE, 0x1000],
    [DATA, DATA_SIZE],
    [STACK - 0x4000, 0x4000],
  ]
    .map(([at, size]) => Buffer.from(space.peek(at, size)).toString('base64'))
    .join();
}

/** Lengths from one instruction up, each order of magnitude alike; the same ones every time. */
function* budgets(): Generator<number> {
  for (let x = 12345; ; ) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    yield 1 + ((x >>> 8) % (2 << ((x >>> 4) % 12)));
  }
}

describe.each(Object.entries(PROGRAMS))('%s', (name, hex) => {
  it('is the same in both tiers, wherever it is cut', () => {
    const interpreted = start(hex, false);
    const compiled = start(hex, true);
    let cuts = 0;
    for (const budget of budgets()) {
      const a = look(interpreted, interpreted.cpu.run(interpreted.registers, budget));
      const exit = compiled.cpu.run(compiled.registers, budget);
      expect(look(compiled, exit)).toEqual(a);
      cuts++;
      if (exit.is !== 'budget') break;
    }
    expect(contents(compiled)).toBe(contents(interpreted));
    expect(interpreted.cpu.code.count).toBe(0);
    expect(compiled.cpu.code.count).toBeGreaterThan(0);
    expect(cuts).toBeGreaterThan(20);
  });

  it.each([
    ['at once', lateCompiler(1)],
    ['late', lateCompiler(9)],
    ['late, and fails sometimes', lateCompiler(5, 3)],
  ])('is the same when another thread compiles that answers %s', (_how, compiler) => {
    const interpreted = start(hex, false);
    const compiled = start(hex, true);
    compiled.cpu.code.compiler = compiler;
    for (const budget of budgets()) {
      const a = look(interpreted, interpreted.cpu.run(interpreted.registers, budget));
      const exit = compiled.cpu.run(compiled.registers, budget);
      expect(look(compiled, exit)).toEqual(a);
      if (exit.is !== 'budget') break;
    }
    expect(contents(compiled)).toBe(contents(interpreted));
    expect(compiler.asked).toBeGreaterThan(0);
    // That one changes quicker than anybody who is late can answer.
    if (name !== 'code that changes itself') expect(compiled.cpu.code.count).toBeGreaterThan(0);
  });

  it('is the same when everything is compiled before it runs', () => {
    const interpreted = start(hex, false);
    const compiled = start(hex, true);
    compiled.cpu.compileNow([CODE]);
    expect(compiled.cpu.code.count).toBe(1);
    const a = look(interpreted, interpreted.cpu.run(interpreted.registers, 10_000_000));
    expect(look(compiled, compiled.cpu.run(compiled.registers, 10_000_000))).toEqual(a);
    expect(contents(compiled)).toBe(contents(interpreted));
  });
});

it('computes what it should', () => {
  const fib = start(PROGRAMS.recursion, true);
  expect(fib.cpu.run(fib.registers, 10_000_000)).toMatchObject({ is: 'exception' });
  expect(fib.registers[0]).toBe(2584n);

  const patched = start(PROGRAMS['code that changes itself'], true);
  patched.cpu.run(patched.registers, 10_000_000);
  let sum = 0;
  for (let i = 20_000, step = 1; i > 0; i--) {
    sum += (step << 24) >> 24;
    if (i % 64 === 0) step++;
  }
  expect(patched.registers[0]).toBe(BigInt(sum >>> 0));
});

it('stops at a breakpoint in compiled code, every time, and runs on when it is gone', () => {
  const guest = start(PROGRAMS.recursion, true);
  const { cpu, registers } = guest;
  expect(cpu.run(registers, 60_000)).toEqual({ is: 'budget' });
  expect(cpu.code.count).toBeGreaterThan(0);
  const before = cpu.code.count;
  // add %r12,%rax: behind the second call
  const at = CODE + 0x2f;
  cpu.setBreakpoints(new Set([at]));
  for (let i = 0; i < 50; i++) {
    expect(cpu.run(registers, 1_000_000, i > 0)).toEqual({ is: 'breakpoint', address: at });
    expect(registers[RIP]).toBe(BigInt(at));
  }
  cpu.setBreakpoints(new Set());
  expect(cpu.run(registers, 10_000_000)).toMatchObject({ is: 'exception' });
  expect(registers[0]).toBe(2584n);
  expect(cpu.code.count).toBeGreaterThan(before);
});

it('comes back compiled to a caller that does not wait any more', () => {
  const { cpu, registers } = start(PROGRAMS.coroutines, true);
  expect(cpu.run(registers, 30_000)).toEqual({ is: 'budget' });
  // Behind "call switch" in either coroutine: the other one comes back there.
  const [first, second] = [CODE + 0x36, CODE + 0x64];
  for (const at of [first, second]) expect(cpu.code.regionAt(at)).toBeGreaterThan(0);
  expect(cpu.code.regionAt(first)).not.toBe(cpu.code.regionAt(second));
  // What takes the code takes every way into it.
  cpu.setBreakpoints(new Set([CODE + 0x36]));
  for (const at of [first, second]) expect(cpu.code.regionAt(at)).toBe(0);
  expect(cpu.run(registers, 30_000)).toEqual({ is: 'breakpoint', address: first });
});

describe('while another thread compiles', () => {
  /** A guest whose first hot code is on its way, and will come when it is polled for once. */
  function waiting(): Guest {
    const guest = start(PROGRAMS.recursion, true);
    const { cpu, registers } = guest;
    cpu.code.compiler = lateCompiler(1);
    while (!cpu.code.waits) expect(cpu.run(registers, 100)).toEqual({ is: 'budget' });
    expect(cpu.code.count).toBe(0);
    return guest;
  }
  const at = CODE + 0x2f;

  it('a breakpoint that is set meanwhile stops every time', () => {
    const { cpu, registers } = waiting();
    cpu.setBreakpoints(new Set([at]));
    for (let i = 0; i < 300; i++) {
      expect(cpu.run(registers, 1_000_000, i > 0)).toEqual({ is: 'breakpoint', address: at });
      expect(registers[RIP]).toBe(BigInt(at));
    }
    cpu.setBreakpoints(new Set());
    expect(cpu.run(registers, 10_000_000)).toMatchObject({ is: 'exception' });
    expect(registers[0]).toBe(2584n);
    expect(cpu.code.count).toBeGreaterThan(0);
  });

  it('what is forgotten meanwhile is not installed, and compiled again', () => {
    const { cpu, registers } = waiting();
    cpu.flush();
    expect(cpu.code.waits).toBe(false);
    cpu.code.poll();
    expect(cpu.code.count).toBe(0);
    expect(cpu.run(registers, 10_000_000)).toMatchObject({ is: 'exception' });
    expect(registers[0]).toBe(2584n);
    expect(cpu.code.count).toBeGreaterThan(0);
  });

  it('code that changes meanwhile is not run as it was', () => {
    const { cpu, registers, space } = waiting();
    // add %r12,%rax becomes sub %r12,%rax.
    expect([...space.peek(at, 3)]).toEqual([0x4c, 0x01, 0xe0]);
    space.write(at + 1, new Uint8Array([0x29]));
    const plain = start(PROGRAMS.recursion, false);
    plain.registers.set(registers);
    plain.space.write(STACK - 0x1_0000, space.peek(STACK - 0x1_0000, 0x1_0000));
    plain.space.write(at + 1, new Uint8Array([0x29]));
    const a = look(plain, plain.cpu.run(plain.registers, 10_000_000));
    expect(look({ cpu, registers, space }, cpu.run(registers, 10_000_000))).toEqual(a);
    expect(cpu.code.count).toBeGreaterThan(0);
  });
});

describe('watchpoints', () => {
  const BUDGET = 10_000_000;

  /** Every stop of a run to its end: instructions so far, where, and what was met. */
  function stops(guest: Guest, watchpoint: Watchpoint): { count: number; pc: number; access: string }[] {
    const { cpu, registers } = guest;
    const list: { count: number; pc: number; access: string }[] = [];
    // Hot code is compiled before anybody watches, where it will be.
    expect(cpu.run(registers, 20_000).is).toBe('budget');
    cpu.setWatchpoints([watchpoint]);
    for (let count = 0; ; ) {
      const exit = cpu.run(registers, BUDGET);
      count += cpu.executed;
      if (exit.is !== 'watchpoint') return list;
      expect(exit.met.address).toBeLessThan(watchpoint.address + watchpoint.size);
      expect(exit.met.address + exit.met.size).toBeGreaterThan(watchpoint.address);
      list.push({ count, pc: Number(registers[RIP]), access: exit.met.access });
    }
  }

  /** After how many instructions the bytes change, by looking after each of them. */
  function changes({ cpu, registers, space }: Guest, { address, size }: Watchpoint): number[] {
    cpu.run(registers, 20_000);
    const list: number[] = [];
    let before = space.peek(address, size).join();
    for (let count = 1; cpu.run(registers, 1).is === 'budget'; count++) {
      const now = space.peek(address, size).join();
      if (now !== before) list.push(count);
      before = now;
    }
    return list;
  }

  it.each([
    // ADD to memory, in a loop; the next round reads it.
    ['off the end of the data', DATA + 0xf804, 2],
    // REP MOVSB, of three bytes
    ['indirect calls, divisions, strings, flags across blocks', DATA + 0x102, 1],
    // Return addresses and saved registers
    ['recursion', STACK - 0x1080, 4],
  ] as const)('%s: stops behind each access, in both tiers', (name, address, size) => {
    const write: Watchpoint = { address, size, access: 'write' };
    const interpreted = stops(start(PROGRAMS[name], false), write);
    const guest = start(PROGRAMS[name], true);
    expect(stops(guest, write)).toEqual(interpreted);
    expect(guest.cpu.code.count).toBeGreaterThan(0);
    const counts = interpreted.map(stop => stop.count);
    expect(counts.length).toBeGreaterThan(0);
    expect(counts).toEqual(expect.arrayContaining(changes(start(PROGRAMS[name], false), write)));

    const either: Watchpoint = { ...write, access: 'access' };
    const all = stops(start(PROGRAMS[name], true), either);
    expect(all).toEqual(stops(start(PROGRAMS[name], false), either));
    expect(all.map(stop => stop.count)).toEqual(expect.arrayContaining(counts));
    expect(stops(start(PROGRAMS[name], true), { ...write, address: DATA + 0xfff8, access: 'read' })).toEqual(
      stops(start(PROGRAMS[name], false), { ...write, address: DATA + 0xfff8, access: 'read' }),
    );
  });

  it('a step that meets one is told as well, and nothing is when nobody watches', () => {
    const { cpu, registers } = start(PROGRAMS['off the end of the data'], true);
    cpu.setWatchpoints([{ address: DATA, size: 8, access: 'read' }]);
    const exits = [0, 1, 2, 3, 4].map(() => cpu.run(registers, 1).is);
    expect(exits).toEqual(['budget', 'budget', 'budget', 'watchpoint', 'budget']);
    cpu.setWatchpoints([]);
    expect(cpu.run(registers, BUDGET).is).toBe('exception');
  });
});
