/**
 * The [vdso]: a small shared object that the kernel maps into every program, so that reading a clock needs no system
 * call, and the [vvar] page in front of it, where its code finds the time of boot. Built by scripts/build-vdso.sh.
 */
import { type AddressSpace, PAGE_SIZE, PROT } from '../memory/types.ts';
import { VDSO_BASE64 } from './vdso-image.generated.ts';

/** The image's code reads its data this far below itself (scripts/vdso/vdso.lds). */
const VVAR_SIZE = 4 * PAGE_SIZE;
export const VDSO_SIZE = 2 * PAGE_SIZE;
export const VDSO_AREA = VVAR_SIZE + VDSO_SIZE;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function decodeBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const c of text) {
    const value = ALPHABET.indexOf(c);
    if (value < 0) break;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

let image: Uint8Array | undefined;

/** Maps both at `address` (VDSO_AREA bytes are free there) and returns where the image begins: AT_SYSINFO_EHDR. */
export function mapVdso(space: AddressSpace, address: number, bootTime: bigint): number {
  image ??= decodeBase64(VDSO_BASE64);
  const start = address + VVAR_SIZE;
  const anonymous = { backing: { is: 'anonymous' }, shared: false, growsDown: false } as const;
  space.map({ ...anonymous, start: address, end: start, prot: PROT.READ, name: '[vvar]' });
  space.map({ ...anonymous, start, end: start + VDSO_SIZE, prot: PROT.READ | PROT.EXEC, name: '[vdso]' });
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt.asUintN(64, bootTime), true);
  space.poke(address, data);
  space.poke(start, image);
  return start;
}
