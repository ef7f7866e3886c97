/**
 * A Machine for tests of the adapter alone: a flat image, one task, and just enough instructions for straight-line assembly
 * with calls. What it cannot run it reports as an invalid opcode, as the real one would.
 */
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { decode } from '../../emulator/isa/x64/decode.ts';
import type { Operand } from '../../emulator/isa/x64/row.ts';
import type { KernelEvent, SyscallCall, TaskView } from '../../emulator/kernel/api.ts';
import type { Machine, MachineOptions, Stop, SyscallBreakpoint } from '../../emulator/machine.ts';
import { PROT } from '../../emulator/memory/types.ts';
import { parseElf } from '../../emulator/symbols/elf.ts';

const STACK = 0x7fff_0000_0000;
const STACK_SIZE = 0x4000;

export function scriptedMachine(options: MachineOptions, file: Uint8Array): Machine {
  const elf = parseElf(file);
  const registers = amd64.startRegisters(elf.entry, STACK + STACK_SIZE - 64);
  const areas = elf.segments
    .filter(segment => segment.type === 1)
    .map(segment => {
      const bytes = new Uint8Array(Math.ceil((segment.memorySize + (segment.address % 4096)) / 4096) * 4096);
      bytes.set(file.subarray(segment.offset, segment.offset + segment.fileSize), segment.address % 4096);
      return { start: segment.address - (segment.address % 4096), bytes, name: options.program };
    });
  areas.push({ start: STACK, bytes: new Uint8Array(STACK_SIZE), name: '[stack]' });
  const task: TaskView = { id: 1, processId: 1, name: 'scripted', registers, state: 'running' };
  const listeners = new Set<(event: KernelEvent) => void>();
  const tell = (event: KernelEvent) => {
    for (const listener of listeners) listener(event);
  };
  let breakpoints = new Set<number>();
  let syscalls: readonly SyscallBreakpoint[] = [];
  let paused = false;
  let exited: number | undefined;
  let instructions = 0;

  const areaAt = (address: number) => areas.find(a => address >= a.start && address < a.start + a.bytes.length);
  const read = (address: number, length: number): Uint8Array => {
    const area = areaAt(address);
    if (!area) return new Uint8Array(0);
    return area.bytes.slice(address - area.start, address - area.start + length);
  };
  const write = (address: number, bytes: Uint8Array): number => {
    const area = areaAt(address);
    if (!area) return 0;
    const fits = bytes.subarray(0, area.start + area.bytes.length - address);
    area.bytes.set(fits, address - area.start);
    return fits.length;
  };
  const gpr = (index: number) => amd64.registers[index];
  const wordBytes = (value: bigint) => new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer);

  const addressOf = (o: Operand & { is: 'mem' }) =>
    o.disp +
    (o.base < 0 ? 0 : Number(gpr(o.base).read(registers))) +
    (o.index < 0 ? 0 : Number(gpr(o.index).read(registers)) * o.scale);
  const get = (o: Operand): bigint => {
    if (o.is === 'imm') return o.value;
    if (o.is === 'reg') return BigInt.asUintN(o.width * 8, gpr(o.index).read(registers));
    if (o.is === 'rel') return BigInt(o.target);
    return read(addressOf(o), o.width).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  };
  const put = (o: Operand, value: bigint) => {
    if (o.is === 'reg') gpr(o.index).write(registers, BigInt.asUintN(o.width === 8 ? 64 : 32, value));
    else if (o.is === 'mem') write(addressOf(o), wordBytes(value).subarray(0, o.width));
  };
  const push = (value: bigint) => {
    amd64.setSp(registers, amd64.sp(registers) - 8);
    write(amd64.sp(registers), wordBytes(value));
  };
  const pop = (): bigint => {
    const bytes = read(amd64.sp(registers), 8);
    amd64.setSp(registers, amd64.sp(registers) + 8);
    return new BigUint64Array(bytes.buffer)[0];
  };

  function one(): Stop {
    if (exited !== undefined) return { is: 'exited', status: exited };
    const pc = amd64.pc(registers);
    const insn = decode(read(pc, 16), 0, pc);
    if ('is' in insn) return { is: 'exception', task: 1, exception: { is: 'invalid-opcode' } };
    instructions++;
    const [a, b] = insn.operands;
    amd64.setPc(registers, pc + insn.length);
    switch (insn.form.row.name) {
      case 'mov':
        put(a, get(b));
        break;
      case 'lea':
        put(a, BigInt(addressOf(b as Operand & { is: 'mem' })));
        break;
      case 'xor':
        put(a, get(a) ^ get(b));
        break;
      case 'add':
        put(a, get(a) + get(b));
        break;
      case 'sub':
        put(a, get(a) - get(b));
        break;
      case 'push':
        push(get(a));
        break;
      case 'pop':
        put(a, pop());
        break;
      case 'nop':
      case 'endbr64':
        break;
      case 'call':
        push(BigInt(pc + insn.length));
        amd64.setPc(registers, Number(get(a)));
        break;
      case 'ret':
        amd64.setPc(registers, Number(pop()));
        break;
      case 'jmp':
        amd64.setPc(registers, Number(get(a)));
        break;
      case 'syscall':
        return call(pc);
      default:
        amd64.setPc(registers, pc);
        return { is: 'exception', task: 1, exception: { is: 'invalid-opcode', what: insn.form.row.name } };
    }
    return { is: 'budget' };
  }

  function call(pc: number): Stop {
    const number = amd64.syscall.number(registers);
    const args = amd64.syscall.args(registers);
    const made: SyscallCall = { task: 1, number, args, pc, entered: 0n };
    tell({ is: 'syscall-enter', call: made });
    amd64.setPc(registers, pc);
    amd64.syscall.enter(registers);
    if (number === 60 || number === 231) {
      exited = (Number(args[0]) & 0xff) << 8;
      task.state = 'dead';
      tell({ is: 'task-exit', task: 1, status: exited, coreDumped: false });
      return { is: 'exited', status: exited };
    }
    let result = -38n;
    if (number === 1) {
      const bytes = read(Number(args[1]), Number(args[2]));
      options.host.output(args[0] === 2n ? 'stderr' : 'stdout', bytes);
      result = BigInt(bytes.length);
    } else
      tell({
        is: 'syscall-unimplemented',
        call: made,
        name: `syscall_${number}`,
        why: 'The scripted machine only writes.',
      });
    amd64.syscall.setResult(registers, result);
    tell({ is: 'syscall-exit', call: { ...made, result, left: 0n } });
    const ids = syscalls.filter(b => b.when === 'exit' && (b.number ?? number) === number).map(b => b.id);
    return ids.length > 0 ? { is: 'syscall', task: 1, when: 'exit', number, ids } : { is: 'budget' };
  }

  return {
    arch: amd64,
    get instructions() {
      return instructions;
    },
    get current() {
      return exited === undefined ? 1 : undefined;
    },
    tasks: () => [task],
    read: (_task, address, length) => read(address, length),
    write: (_task, address, bytes) => write(address, bytes),
    setWatchpoints: () => {},
    mappings: () =>
      areas.map(({ start, bytes, name }) => ({
        start,
        end: start + bytes.length,
        prot: PROT.READ,
        backing: { is: 'anonymous' } as const,
        shared: false,
        name,
        growsDown: false,
      })),
    async run({ maxInstructions } = {}) {
      paused = false;
      for (let count = 0; count !== maxInstructions; count++) {
        if (count % 1000 === 999) await new Promise(resolve => setTimeout(resolve, 0));
        if (paused) return { is: 'paused' };
        const stop = one();
        if (stop.is !== 'budget') return stop;
        const address = amd64.pc(registers);
        if (breakpoints.has(address)) return { is: 'breakpoint', task: 1, address };
        const next = decode(read(address, 16), 0, address);
        if (!('is' in next) && next.form.row.name === 'syscall') {
          const number = amd64.syscall.number(registers);
          const ids = syscalls.filter(b => b.when === 'enter' && (b.number ?? number) === number).map(b => b.id);
          if (ids.length > 0) return { is: 'syscall', task: 1, when: 'enter', number, ids };
        }
      }
      return { is: 'budget' };
    },
    step: async () => one(),
    pause() {
      paused = true;
    },
    end() {},
    compiledFunctions: 0,
    setHousekeepers: () => {},
    reseed: () => {},
    setBreakpoints(addresses) {
      breakpoints = new Set(addresses);
    },
    setSyscallBreakpoints(list) {
      syscalls = list;
    },
    setInjections: () => {},
    setSignalStops() {},
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    checkpoint: () => ({ instructions }) as ReturnType<Machine['checkpoint']>,
    restore() {},
    hash: () => '',
  };
}
