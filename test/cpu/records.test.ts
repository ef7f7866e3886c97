/** Code on more pages than there is room for is forgotten and decoded again. */
import { expect, test } from 'vitest';
import { CELLS, RIP } from '../../emulator/abi/amd64/layout.ts';
import { Cpu } from '../../emulator/cpu/cpu.ts';
import { PAGE_TABLE_SIZE, RECORDS, RECORDS_END } from '../../emulator/cpu/layout.ts';
import { PAGE_SIZE, PROT } from '../../emulator/memory/types.ts';
import { spaceWith } from './space.ts';

const CODE = 0x1000_0000;

test('a way through more pages than there are tables, three times', () => {
  const pages = Math.ceil((RECORDS_END - RECORDS) / PAGE_TABLE_SIZE) + 100;
  const space = spaceWith([CODE, pages * PAGE_SIZE, PROT.READ | PROT.WRITE | PROT.EXEC]);
  // inc %rax; jmp to the next page. On the last one: dec %ecx; jnz to the first; int3.
  const step = Uint8Array.from([0x48, 0xff, 0xc0, 0xe9, 0, 0, 0, 0]);
  new DataView(step.buffer).setInt32(4, PAGE_SIZE - step.length, true);
  for (let page = 0; page < pages - 1; page++) space.write(CODE + page * PAGE_SIZE, step);
  const back = Uint8Array.from([0xff, 0xc9, 0x0f, 0x85, 0, 0, 0, 0, 0xcc]);
  new DataView(back.buffer).setInt32(4, -((pages - 1) * PAGE_SIZE + back.length - 1), true);
  space.write(CODE + (pages - 1) * PAGE_SIZE, back);
  const cpu = new Cpu(space);
  const registers = new BigUint64Array(CELLS);
  registers[RIP] = BigInt(CODE);
  registers[1] = 3n;
  expect(cpu.run(registers, 100_000)).toEqual({ is: 'exception', exception: { is: 'breakpoint' } });
  expect(Number(registers[0])).toBe(3 * (pages - 1));
});
