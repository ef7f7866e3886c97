/**
 * What `go build` defines for the assembler (cmd/go/internal/work, asmArgs), at each variable's default, and what the
 * assembler defines by itself.
 */
import type { Target } from '../syntax/architecture.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import { usualSystem } from '../syntax/words.ts';

const BY_ARCHITECTURE: Readonly<Record<string, readonly string[]>> = {
  '386': ['GO386_sse2'],
  amd64: ['GOAMD64_v1'],
  arm: ['GOARM_7', 'GOARM_6', 'GOARM_5'],
  mips: ['GOMIPS_hardfloat'],
  mipsle: ['GOMIPS_hardfloat'],
  mips64: ['GOMIPS64_hardfloat'],
  mips64le: ['GOMIPS64_hardfloat'],
  ppc64: ['GOPPC64_power8'],
  ppc64le: ['GOPPC64_power8'],
  riscv64: ['GORISCV64_rva20u64'],
};

export function definesFor({ architecture, system }: Target): string[] {
  const os = system ?? usualSystem(architecture);
  const experiments = [...assemblerOf(architecture).experiments].map(name => `GOEXPERIMENT_${name}`);
  return [`GOOS_${os}`, `GOARCH_${architecture}`, ...(BY_ARCHITECTURE[architecture] ?? []), ...experiments];
}
