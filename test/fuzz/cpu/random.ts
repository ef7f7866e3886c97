/** A small generator: the same seed, the same cases, on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b9);
    this.#c = ~seed;
    for (let i = 0; i < 16; i++) this.u32();
  }
  /** Small fast counter, 32 bits (Chris Doty-Humphrey's sfc32): no seed has a short period. */
  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }
  below(n: number): number {
    return this.u32() % n;
  }
  /** True once in `n` times. */
  chance(n: number): boolean {
    return this.u32() % n === 0;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
  pick<T>(list: readonly T[]): T {
    return list[this.u32() % list.length];
  }
}
