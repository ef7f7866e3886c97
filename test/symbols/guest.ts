/** A guest that stands still: a program's image, some bytes beside it, and registers by name. */
import { readFileSync } from 'node:fs';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import type { Registers, ViewMemory } from '../../emulator/abi/arch.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';

export const sample = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../samples/bin/${name}`, import.meta.url)));

export const loadSample = (name: string, bias = 0): Program => loadProgram(sample(name), bias);

/** Registers as `{ rax: 1n }`; the rest is zero. */
export function registersWith(values: Record<string, bigint | number>): Registers {
  const registers = amd64.startRegisters(0, 0);
  for (const [name, value] of Object.entries(values)) {
    const row = amd64.registers.find(r => r.name === name);
    if (!row) throw new Error(`no register ${name}`);
    row.write(registers, BigInt(value));
  }
  return registers;
}

/** Memory from pieces, the program's image behind them. */
export function memoryWith(pieces: readonly (readonly [number, Uint8Array])[], program?: Program): ViewMemory {
  return {
    read(address, length) {
      for (const [start, bytes] of pieces) {
        if (address >= start && address < start + bytes.length)
          return bytes.subarray(address - start, address - start + length);
      }
      return program?.readImage(address, length) ?? new Uint8Array(0);
    },
  };
}

export const text = (s: string): Uint8Array => new TextEncoder().encode(s);

export function words(...values: (bigint | number)[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setBigUint64(i * 8, BigInt.asUintN(64, BigInt(value)), true);
  });
  return bytes;
}
