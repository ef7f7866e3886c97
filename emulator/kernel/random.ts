/**
 * Pseudo-random numbers from the seed: xoshiro256** (Blackman and Vigna), seeded through splitmix64. Two streams lie
 * side by side in the state's array: the guest's (getrandom, AT_RANDOM, /dev/urandom, address layout) and the
 * scheduler's, so that what a program asks for does not disturb the schedule.
 */
const U64 = (1n << 64n) - 1n;

export const GUEST_STREAM = 0;
export const SCHEDULER_STREAM = 4;

function splitmix(seed: bigint): { next: bigint; value: bigint } {
  const next = (seed + 0x9e3779b97f4a7c15n) & U64;
  let z = next;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & U64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & U64;
  return { next, value: z ^ (z >> 31n) };
}

/** Both streams, for KernelState.random. */
export function seedRandom(seed: number): BigUint64Array {
  const random = new BigUint64Array(8);
  let at = BigInt.asUintN(64, BigInt(Math.trunc(seed)));
  for (let i = 0; i < random.length; i++) {
    const { next, value } = splitmix(at);
    at = next;
    random[i] = value;
  }
  return random;
}

const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (64n - k))) & U64;

/** The next 64 bits of a stream. */
export function nextRandom(s: BigUint64Array, stream: number): bigint {
  const s1 = s[stream + 1]!;
  const result = (rotate((s1 * 5n) & U64, 7n) * 9n) & U64;
  s[stream + 2] = s[stream + 2]! ^ s[stream]!;
  s[stream + 3] = s[stream + 3]! ^ s1;
  s[stream + 1] = s1 ^ s[stream + 2]!;
  s[stream] = s[stream]! ^ s[stream + 3]!;
  s[stream + 2] = s[stream + 2]! ^ ((s1 << 17n) & U64);
  s[stream + 3] = rotate(s[stream + 3]!, 45n);
  return result;
}

/** `length` bytes of the guest's stream. */
export function randomBytes(random: BigUint64Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 8) {
    let word = nextRandom(random, GUEST_STREAM);
    for (let j = i; j < i + 8 && j < length; j++) {
      bytes[j] = Number(word & 0xffn);
      word >>= 8n;
    }
  }
  return bytes;
}
