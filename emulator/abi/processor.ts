/** What a kernel tells programs of the processor: /proc/cpuinfo and the auxiliary vector. */
export interface Processor {
  vendor: string;
  family: number;
  model: number;
  stepping: number;
  name: string;
  /** Highest basic CPUID leaf. */
  highestLeaf: number;
  /** Features by Linux's names. */
  flags: readonly string[];
  /** AT_HWCAP and AT_HWCAP2. */
  hwcap: bigint;
  hwcap2: bigint;
}
