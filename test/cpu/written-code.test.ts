/** Code that the guest has just written is what runs, wherever its pages are. */
import { expect, test } from 'vitest';
import { CELLS, RIP, RSP } from '../../emulator/abi/amd64/layout.ts';
import { Cpu } from '../../emulator/cpu/cpu.ts';
import { ENGINE } from '../../emulator/memory/linear.ts';
import { PAGE_SIZE, PROT } from '../../emulator/memory/types.ts';
import { spaceWith } from './space.ts';

const CODE = 0x40_0000;
const STACK = 0x7ffc_0000_0000;

/**
 *    push %rax; pop %rax   # so that no slow access of the stack comes in between
 *    movabs $code,%rax; movabs $address,%rdi; mov %rax,(%rdi); call *%rdi; int3
 *    code: mov $42,%eax; ret
 */
function program(address: number): Uint8Array {
  const bytes = Uint8Array.from(
    Buffer.from('5058 48b8 b82a000000c39090 48bf 0000000000000000 488907 ffd7 cc'.replaceAll(' ', ''), 'hex'),
  );
  new DataView(bytes.buffer).setBigUint64(14, BigInt(address), true);
  return bytes;
}

test.each([
  ['in an ordinary page', 0x2000_0000],
  ['across two pages', 0x2000_0000 + PAGE_SIZE - 3],
  ["in a page that shares its place with the engine's own", ENGINE + 0x10],
  ['across two such pages', ENGINE + PAGE_SIZE - 3],
  ['across pages that are no neighbours in linear memory', 2 ** 32 - 3],
])('%s', (_, address) => {
  const all = PROT.READ | PROT.WRITE | PROT.EXEC;
  const space = spaceWith(
    [CODE, PAGE_SIZE, all],
    [Math.floor(address / PAGE_SIZE) * PAGE_SIZE, 2 * PAGE_SIZE, all],
    [STACK, PAGE_SIZE, PROT.READ | PROT.WRITE],
  );
  space.write(CODE, program(address));
  const cpu = new Cpu(space);
  const registers = new BigUint64Array(CELLS);
  registers[RIP] = BigInt(CODE);
  registers[RSP] = BigInt(STACK + 0x800);
  expect(cpu.run(registers, 100)).toEqual({ is: 'exception', exception: { is: 'breakpoint' } });
  expect(Number(registers[0])).toBe(42);
});
