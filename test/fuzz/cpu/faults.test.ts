/**
 * The fuzzer is tested itself: with a fault put into a row's meaning, the cases of that row must tell. The answers are
 * recorded ones, so that this runs on any machine.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { Emitter } from '../../../emulator/isa/emitter.ts';
import type { Lift, Row } from '../../../emulator/isa/x64/row.ts';
import { rows } from '../../../emulator/isa/x64/rows.ts';
import { batchesOf, decodeRecording, piecesByRow } from '../../cpu-vectors/format.ts';
import { caseCount } from './batch.ts';
import { differences } from './compare.ts';
import { type Emulated, startEmulated } from './emulated.ts';
import { FAULTS, type Fault } from './faults.ts';

// Handlers of hot shapes are made once for all CPUs, before a fault comes: here every handler is made when needed.
vi.mock('../../../emulator/cpu/hot-shapes.ts', () => ({ HOT_SHAPES: [], WARM_SHAPES: [] }));

const recording = decodeRecording(readFileSync(new URL('../../cpu-vectors/vectors.bin', import.meta.url)));
const places = piecesByRow(recording);

/** How many recorded cases of a row come out otherwise. */
function wrongCases(emulated: Emulated, row: string): number {
  let wrong = 0;
  for (const [batch, real] of batchesOf(recording, places.get(row) ?? [])) {
    const ours = emulated.run(batch);
    for (let i = 0; i < caseCount(batch); i++) if (differences(batch.pieceOf[i], i, real, ours).length) wrong++;
  }
  return wrong;
}

/** Runs `body` while the row means something else. */
function withFault<T>(fault: Fault, body: () => T): T {
  const changed = rows.filter(row => row.name === fault.row && row.lift) as (Row & { lift: Lift })[];
  const right = changed.map(row => row.lift);
  for (const row of changed) {
    const { lift } = row;
    // Whatever the fault does not change is the emitter's own.
    row.lift = (e: Emitter) => lift(Object.assign(Object.create(e), fault.wrong(e)));
  }
  try {
    return body();
  } finally {
    for (const [i, row] of changed.entries()) row.lift = right[i];
  }
}

test('there are fifty faults', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(50);
  expect(new Set(FAULTS.map(f => `${f.row} ${f.what}`)).size).toBe(FAULTS.length);
});

describe.each([0, 1] as const)('tier %i', tier => {
  const emulated = startEmulated(tier);
  test.each(FAULTS)('$row: $what', fault => {
    emulated.renew();
    expect(places.get(fault.row)?.length ?? 0).toBeGreaterThan(0);
    expect(wrongCases(emulated, fault.row)).toBe(0);
    withFault(fault, () => {
      emulated.renew();
      expect(wrongCases(emulated, fault.row)).toBeGreaterThan(0);
    });
  });
});
