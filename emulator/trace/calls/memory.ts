/** Printers of calls on the address space. */
import * as flags from '../../abi/flags.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, register, uint } from '../context.ts';
import { formatIovecs } from '../iovec.ts';
import { argument, argumentRange, named, until } from '../rows.ts';
import { bits, hex, pointer } from '../text.ts';

const HUGE_SHIFT = 26n;

/** The type first, then flags, then the size of huge pages. */
function mmapFlags(value: bigint): string {
  const page = (value >> HUGE_SHIFT) & 0x3fn;
  const low = value & flags_without_size;
  const parts: string[] = [];
  const type = low & 3n;
  parts.push(
    type === 0n ? 'MAP_FILE' : type === 1n ? 'MAP_SHARED' : type === 2n ? 'MAP_PRIVATE' : 'MAP_SHARED_VALIDATE',
  );
  const rest = low & ~3n;
  if (rest !== 0n) parts.push(bits(flags.MAP, rest, ''));
  if (page !== 0n && value & BigInt(flags.MAP.MAP_HUGETLB)) parts.push(`${page}<<MAP_HUGE_SHIFT`);
  else if (page !== 0n) parts.push(hex(page << HUGE_SHIFT));
  return parts.join('|');
}
const flags_without_size = ~(0x3fn << HUGE_SHIFT);

const MREMAP_NEW_ADDRESS = flags.MREMAP.MREMAP_FIXED | flags.MREMAP.MREMAP_DONTUNMAP;

/** One number a page: whether it is resident. */
function residency(c: CallContext): string {
  const address = register(c, 2);
  const pages = (register(c, 1) + 4095n) / 4096n;
  const shown = pages > BigInt(c.options.stringLimit) ? BigInt(c.options.stringLimit) : pages;
  const bytes = c.failed ? undefined : bytesAt(c, address, Number(shown));
  if (!bytes) return pointer(address);
  return `[${Array.from(bytes, byte => byte & 1).join(', ')}${pages > shown ? ', ...' : ''}]`;
}

export const MEMORY_CALLS = {
  mmap: {
    enter: c => ({
      parts: [
        ...argumentRange(c, 0, 3),
        named(c, 3, mmapFlags(BigInt(uint(c, 3)))),
        argument(c, 4),
        named(c, 5, hex(register(c, 5))),
      ],
      more: false,
    }),
  },
  remap_file_pages: {
    enter: c => ({ parts: [...argumentRange(c, 0, 4), named(c, 4, mmapFlags(BigInt(uint(c, 4))))], more: false }),
  },
  mremap: {
    enter: c => ({ parts: argumentRange(c, 0, int(c, 3) & MREMAP_NEW_ADDRESS ? 5 : 4), more: false }),
  },
  mincore: {
    enter: c => until(c, 2),
    exit: c => [named(c, 2, residency(c))],
  },
  membarrier: {
    enter: c => ({ parts: argumentRange(c, 0, int(c, 1) & 1 ? 3 : 2), more: false }),
    result(c) {
      const result = c.call.result ?? 0n;
      return int(c, 0) === 0 && result > 0n
        ? `${hex(result)} (${bits(flags.MEMBARRIER, result, 'MEMBARRIER_CMD_???')})`
        : undefined;
    },
  },
  process_vm_readv: {
    enter: c => until(c, 1),
    exit: c => [
      named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), c.failed ? 'addresses' : (c.call.result ?? 0n))),
      argument(c, 2),
      named(c, 3, formatIovecs(c, register(c, 3), register(c, 4), 'addresses')),
      ...argumentRange(c, 4),
    ],
  },
  process_vm_writev: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), undefined)),
        argument(c, 2),
        named(c, 3, formatIovecs(c, register(c, 3), register(c, 4), 'addresses')),
        ...argumentRange(c, 4),
      ],
      more: false,
    }),
  },
  process_madvise: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), 'addresses')),
        ...argumentRange(c, 2),
      ],
      more: false,
    }),
  },
} satisfies Readonly<Record<string, CallPrinter>>;
