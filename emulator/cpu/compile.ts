/** Regions into a module, from the machine's own memory or from what another thread was sent of it. */
import type { CompileJob, CompileResult, RegionCode } from '../compiler.ts';
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import { MEMORY, REGION_SLOTS } from './interpreter.ts';
import { routineIndex } from './loop.ts';
import { discover, type Region } from './region.ts';
import { compileRegion, REGION, type RegionLinks } from './tier1.ts';
import { encodeModule, type FunctionType, type Import } from './wasm.ts';

const ROUTINE: FunctionType = { params: ['i32', 'i32'], results: ['i32'] };
const IMPORTS: readonly Import[] = [
  MEMORY,
  { is: 'table', module: 'ring3', name: 'regions', slots: REGION_SLOTS },
  { is: 'function', module: 'ring3', name: 'routine', type: ROUTINE },
];
const IMPORTED_FUNCTIONS = 1;

/** A module with these regions, and where each of them can be resumed. */
export function compileRegions(
  regions: readonly Region[],
  links: Pick<RegionLinks, 'slotOf' | 'recordOf'>,
): Pick<CompileResult, 'module' | 'resumes'> {
  const place = new Map(regions.map(({ entry }, i) => [entry, IMPORTED_FUNCTIONS + i]));
  const functions = regions.map((region, i) => ({
    ...compileRegion(region, {
      ...links,
      functionOf: target => place.get(target),
      routine: 0,
      type: 0,
      routineIndex,
    }),
    export: `region${i}`,
  }));
  const module = new WebAssembly.Module(encodeModule({ types: [REGION], imports: IMPORTS, functions }));
  return { module, resumes: functions.map(({ resumes }) => resumes) };
}

/** What a thread does with a job. */
export function compileJob({ regions, slots, firstName }: CompileJob): CompileResult {
  const routines: number[] = [];
  const compiled = compileRegions(regions.map(regionOf), {
    slotOf: target => slots.get(target) ?? 0,
    recordOf: insn => firstName - (routines.push(insn.address) - 1),
  });
  return { ...compiled, routines };
}

function regionOf({ entry, addresses, bytes }: RegionCode): Region {
  const insns = new Map<number, Insn>();
  let at = 0;
  for (const address of addresses) {
    const insn = decode(bytes, at, address);
    if (!('form' in insn)) throw new Error(`the code at 0x${address.toString(16)} is not what it was`);
    insns.set(address, insn);
    at += insn.length;
  }
  const region = discover(entry, address => insns.get(address));
  if (!region) throw new Error(`nothing was sent of the region at 0x${entry.toString(16)}`);
  return region;
}
