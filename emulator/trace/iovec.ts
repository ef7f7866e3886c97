/** Vectors of buffers. */
import { bytesAt, type CallContext } from './context.ts';
import { pointer } from './text.ts';
import { formatArray, formatBuffer } from './values.ts';

/**
 * `[{iov_base="…", iov_len=3}, …]`. `filled`: how many bytes the call has put into them, over all; undefined: the task
 * gave them in full; 'addresses': nothing is to be seen in them.
 */
export function formatIovecs(
  c: CallContext,
  address: bigint,
  count: bigint,
  filled: bigint | 'addresses' | undefined,
): string {
  let left = typeof filled === 'bigint' ? filled : 0n;
  return formatArray(c, address, BigInt.asIntN(64, count), 16, at => {
    const bytes = bytesAt(c, at, 16);
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    const base = view.getBigUint64(0, true);
    const length = view.getBigUint64(8, true);
    let text: string;
    if (filled === 'addresses') text = pointer(base);
    else {
      const shown = filled === undefined || left > length ? length : left;
      if (filled !== undefined) left -= shown;
      text = formatBuffer(c, base, shown);
    }
    return `{iov_base=${text}, iov_len=${length}}`;
  });
}
