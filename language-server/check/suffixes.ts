/** What may stand behind a mnemonic's dot, by architecture. */
import type { Family } from '../syntax/assembler.ts';

const words = (text: string) => new Set(text.split(' '));

/** cmd/asm/internal/arch/arm.go: addressing and conditions. */
const ARM = words('U S W P PW WP F IBW IAW DBW DAW IB IA DB DA EQ NE CS HS CC LO MI PL VS VC HI LS GE LT GT LE AL');
const ARM64 = words('P W');
/** Whole suffixes of EVEX instructions: rounding, exceptions, broadcast, zeroing. */
const X86 = words('SAE RN_SAE RZ_SAE RD_SAE RU_SAE BCST Z SAE.Z RN_SAE.Z RZ_SAE.Z RD_SAE.Z RU_SAE.Z BCST.Z');
const RISCV_ROUNDING = words('RNE RTZ RDN RUP RMM');
const RISCV_ROUNDED = words('FCVTWS FCVTLS FCVTWUS FCVTLUS FCVTWD FCVTLD FCVTWUD FCVTLUD');

/** The message for a suffix, with its dots, that does not fit; undefined for one that does. */
export function suffixProblem(family: Family, word: string, suffix: string): string | undefined {
  const names = suffix.slice(1).split('.');
  const unknown = `unrecognized suffix ."${suffix}"`;
  switch (family) {
    case 'arm':
      return names.every(name => ARM.has(name)) ? undefined : `unrecognized condition code ."${suffix}"`;
    case 'arm64':
      return names.every(name => ARM64.has(name)) ? undefined : unknown;
    case 'riscv64':
      // Instructions that do not round ignore what stands there.
      return !RISCV_ROUNDED.has(word) || (names.length === 1 && RISCV_ROUNDING.has(names[0])) ? undefined : unknown;
    case 'amd64':
    case '386':
      return X86.has(suffix.slice(1)) ? undefined : x86Problem(names, suffix.slice(1));
    default:
      return unknown;
  }
}

function x86Problem(names: string[], suffix: string): string {
  const parts: string[] = [];
  const known = words('SAE RN_SAE RZ_SAE RD_SAE RU_SAE BCST Z');
  const unknown = new Set(names.filter(name => !known.has(name)));
  if (names.includes('Z') && names.indexOf('Z') !== names.length - 1) parts.push('Z suffix should be the last');
  if (names.includes('BCST') && names.some(name => name.endsWith('SAE'))) {
    parts.push("can't combine rounding/SAE and broadcast");
  }
  for (const name of unknown) parts.push(`unknown suffix "${name}"`);
  for (const name of new Set(names)) {
    if (names.filter(other => other === name).length > 1) parts.push(`duplicate suffix "${name}"`);
  }
  return parts.length ? parts.join('; ') : `bad suffix combination "${suffix}"`;
}
