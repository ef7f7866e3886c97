/**
 * One short text for a machine's whole state: equal states give equal text on every host, so that two runs, or a run
 * and its repetition from a checkpoint, can be compared.
 */
import type { Arch } from '../abi/arch.ts';
import type { KernelState } from '../kernel/state.ts';
import type { SpaceImage } from '../memory/address-space.ts';

/** Two 32-bit lanes of multiply-and-xor; no cryptography, but every bit counts. */
class Hash {
  #a = 0xdead_beef;
  #b = 0x41c6_ce57;

  number(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 2654435761);
    this.#b = Math.imul(this.#b ^ value, 1597334677);
    this.#a ^= this.#b >>> 15;
    this.#b ^= this.#a >>> 13;
  }

  bytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.number(bytes[i]);
  }

  text(text: string): void {
    this.number(text.length);
    for (let i = 0; i < text.length; i++) this.number(text.charCodeAt(i));
  }

  big(value: bigint): void {
    this.text(value.toString(16));
  }

  digest(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0');
  }
}

const isZero = (bytes: Uint8Array): boolean => bytes.every(b => b === 0);

export function hashMachine(arch: Arch, kernel: KernelState, spaces: ReadonlyMap<number, SpaceImage>): string {
  const h = new Hash();
  const seen = new Map<object, number>();

  function value(v: unknown): void {
    if (v === null || typeof v !== 'object') {
      h.text(typeof v === 'bigint' ? `${v}n` : String(v));
      return;
    }
    const known = seen.get(v);
    if (known !== undefined) {
      h.number(known);
      return;
    }
    seen.set(v, seen.size);
    if (v instanceof Uint8Array) h.bytes(v);
    else if (v instanceof BigUint64Array) {
      // A register file: engine scratch in it is no state, and lazy flags have more than one form.
      if (v.length === arch.registerCells) for (const row of arch.registers) h.big(row.read(v));
      else for (const cell of v) h.big(cell);
    } else if (v instanceof Map) {
      for (const [key, item] of v) {
        h.text(String(key));
        value(item);
      }
    } else if (v instanceof Set) for (const item of v) h.text(String(item));
    else if (Array.isArray(v)) for (const item of v) value(item);
    else {
      for (const key of Object.keys(v).sort()) {
        const item = (v as Record<string, unknown>)[key];
        if (item === undefined) continue;
        h.text(key);
        value(item);
      }
    }
  }

  value(kernel);
  for (const id of [...spaces.keys()].sort((a, b) => a - b)) {
    const image = spaces.get(id) as SpaceImage;
    value(image.mappings);
    for (const page of [...image.pages.keys()].sort((a, b) => a - b)) {
      const bytes = image.pages.get(page) as Uint8Array;
      if (isZero(bytes)) continue;
      h.number(page);
      h.bytes(bytes);
    }
  }
  return h.digest();
}
