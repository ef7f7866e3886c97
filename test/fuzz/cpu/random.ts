/** A small generator: the same seed, the same cases, on every machine. */
export class Random {
  #a: number;
  #b = 0x9e3779b9;
  constructor(seed: number) {
    this.#a = seed | 0;
    for (let i = 0; i < 8; i++) this.u32();
  }
  /** Xorshift over two words, with the sum multiplied. */
  u32(): number {
    let t = this.#a;
    const s = this.#b;
    this.#a = s;
    t ^= t << 23;
    t ^= t >>> 17;
    t ^= s ^ (s >>> 26);
    this.#b = t;
    return (Math.imul(t + s, 0x2545f491) ^ (t >>> 7)) >>> 0;
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
