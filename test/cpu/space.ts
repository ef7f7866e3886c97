/** Address spaces without a kernel. */
import { LinearSpace } from '../../emulator/memory/address-space.ts';
import { createMemory } from '../../emulator/memory/linear.ts';

/** A space with anonymous memory in some places: start, length in bytes, protection. */
export function spaceWith(...places: readonly (readonly [start: number, length: number, prot: number])[]): LinearSpace {
  const space = new LinearSpace(createMemory(), () => undefined);
  for (const [start, length, prot] of places)
    space.map({
      start,
      end: start + length,
      prot,
      backing: { is: 'anonymous' },
      shared: false,
      name: '',
      growsDown: false,
    });
  return space;
}
