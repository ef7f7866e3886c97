/**
 * Which calling convention a function of a Go program follows. Nothing in the binary says it outright, so this weighs
 * what there is: the `.abi0` suffix of the symbol table, wrappers, the assembly flag, the toolchain's version, and the
 * list of the standard library's assembly that declares itself `<ABIInternal>` in its source.
 */

export interface FunctionConvention {
  readonly abi: 'ABIInternal' | 'ABI0' | 'C';
  readonly sure: boolean;
  /** Why, in words that fit behind a colon: "the symbol has an ABIInternal wrapper beside it". */
  readonly because: string;
}

/**
 * Assembly that is `TEXT …<ABIInternal>` on some supported architecture in Go 1.17 to 1.27 (grep over GOROOT/src).
 * Package paths moved over time, so `Syscall6` stands under all of them.
 */
const INTERNAL_ASSEMBLY = new Set(
  `runtime.memmove runtime.memclrNoHeapPointers runtime.duffzero runtime.duffcopy runtime.mcall
  runtime.switchToCrashStack0 runtime.publicationBarrier runtime.memhash runtime.strhash runtime.memhash32
  runtime.memhash64 runtime.gcWriteBarrier runtime.debugCallV2 runtime.panicBounds runtime.getfp runtime.vgetrandom1
  runtime.cmpstring runtime.memequal runtime.memequal_varlen time.now internal/bytealg.Compare
  internal/chacha8rand.block internal/runtime/sys.GetCallerPC
  runtime/internal/syscall.Syscall6 internal/runtime/syscall.Syscall6 internal/runtime/syscall/linux.Syscall6
  ${[1, 2, 3, 4, 5, 6, 7, 8].map(n => `runtime.gcWriteBarrier${n}`).join(' ')}
  ${'Index IndexU SliceAlen SliceAlenU SliceAcap SliceAcapU SliceB SliceBU Slice3Alen Slice3AlenU Slice3Acap Slice3AcapU Slice3B Slice3BU Slice3C Slice3CU SliceConvert'
    .split(' ')
    .map(n => `runtime.panic${n}`)
    .join(' ')}`.split(/\s+/),
);

/** What is known of one function. */
export interface ConventionFacts {
  readonly name: string;
  /** The raw symbol, which may end in ".abi0"; undefined in a stripped program. */
  readonly symbol: string | undefined;
  readonly isAssembly: boolean;
  /** It is one of two functions of this name and it is the one that the compiler made. */
  readonly isWrapper: boolean;
  /** The other one of two functions of this name is a wrapper. */
  readonly hasWrapper: boolean;
  /** A symbol NAME.abi0 exists. */
  readonly hasAbi0Symbol: boolean;
  /** Go's minor version. */
  readonly goMinor: number | undefined;
  readonly machine: number;
}

const EM_X86_64 = 62;

export function conventionOf(facts: ConventionFacts): FunctionConvention {
  // The register ABI came with 1.17 on amd64 and 1.18 on arm64.
  const firstMinor = facts.machine === EM_X86_64 ? 17 : 18;
  if (facts.goMinor !== undefined && facts.goMinor < firstMinor) {
    return { abi: 'ABI0', sure: true, because: `Go 1.${facts.goMinor} passes everything on the stack` };
  }
  if (facts.symbol?.endsWith('.abi0')) {
    return facts.isAssembly
      ? { abi: 'ABI0', sure: true, because: 'the symbol has an ABIInternal wrapper beside it' }
      : { abi: 'ABI0', sure: true, because: 'a wrapper for callers in assembly' };
  }
  if (!facts.isAssembly) {
    if (facts.isWrapper && facts.symbol === undefined) {
      return { abi: 'ABIInternal', sure: false, because: 'a compiler-made wrapper of an assembly function' };
    }
    return { abi: 'ABIInternal', sure: true, because: 'compiled Go' };
  }
  if (facts.hasAbi0Symbol) {
    return { abi: 'ABIInternal', sure: true, because: 'assembly with an ABI0 wrapper beside it' };
  }
  if (INTERNAL_ASSEMBLY.has(facts.name)) {
    return { abi: 'ABIInternal', sure: true, because: 'its source declares <ABIInternal>' };
  }
  if (facts.hasWrapper) return { abi: 'ABI0', sure: true, because: 'it has an ABIInternal wrapper beside it' };
  // TEXT name<> is local to its file and has no package in its name.
  if (!facts.name.includes('.')) {
    return {
      abi: 'ABI0',
      sure: false,
      because: 'a helper local to its assembly file, which may use registers as it likes',
    };
  }
  return { abi: 'ABI0', sure: false, because: 'assembly function without an ABIInternal twin' };
}
