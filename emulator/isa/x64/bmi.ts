/** Bit manipulation (BMI1 and BMI2): three operands through VEX, no flags where the name ends in X. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const bmi: readonly Row[] = [
  row(
    'andn',
    'Keeps the bits of the second source that the first does not have.',
    { feature: 'bmi1', writes: 'oszc', undefined: 'ap' },
    [['VEX.L0.0F38 F2 /r', 'Gy,By,Ey']],
  ),
  row('blsr', 'Clears the lowest set bit.', { feature: 'bmi1', writes: 'oszc', undefined: 'ap' }, [
    ['VEX.L0.0F38 F3 /1', 'By,Ey'],
  ]),
  row(
    'blsmsk',
    'Sets all bits up to and with the lowest set bit, and clears the others.',
    { feature: 'bmi1', writes: 'oszc', undefined: 'ap' },
    [['VEX.L0.0F38 F3 /2', 'By,Ey']],
  ),
  row('blsi', 'Keeps only the lowest set bit.', { feature: 'bmi1', writes: 'oszc', undefined: 'ap' }, [
    ['VEX.L0.0F38 F3 /3', 'By,Ey'],
  ]),
  row('bzhi', 'Clears the bits from the given position up.', { feature: 'bmi2', writes: 'oszc', undefined: 'ap' }, [
    ['VEX.L0.0F38 F5 /r', 'Gy,Ey,By'],
  ]),
  row('pext', 'Gathers the bits where the mask has ones to the low end.', { feature: 'bmi2' }, [
    ['VEX.L0.F3.0F38 F5 /r', 'Gy,By,Ey'],
  ]),
  row('pdep', 'Spreads the low bits of the source to the places where the mask has ones.', { feature: 'bmi2' }, [
    ['VEX.L0.F2.0F38 F5 /r', 'Gy,By,Ey'],
  ]),
  row('mulx', 'Multiplies RDX by the source, unsigned, into two registers; no flag changes.', { feature: 'bmi2' }, [
    ['VEX.L0.F2.0F38 F6 /r', 'Gy,By,Ey'],
  ]),
  row(
    'bextr',
    'Takes a field of bits; the second source gives its start and length.',
    { feature: 'bmi1', writes: 'ozc', undefined: 'sap' },
    [['VEX.L0.0F38 F7 /r', 'Gy,Ey,By']],
  ),
  row('shlx', 'Shifts left; no flag changes.', { feature: 'bmi2' }, [['VEX.L0.66.0F38 F7 /r', 'Gy,Ey,By']]),
  row('sarx', 'Shifts right and fills with the sign; no flag changes.', { feature: 'bmi2' }, [
    ['VEX.L0.F3.0F38 F7 /r', 'Gy,Ey,By'],
  ]),
  row('shrx', 'Shifts right and fills with zeros; no flag changes.', { feature: 'bmi2' }, [
    ['VEX.L0.F2.0F38 F7 /r', 'Gy,Ey,By'],
  ]),
  row('rorx', 'Rotates right by a constant; no flag changes.', { feature: 'bmi2' }, [
    ['VEX.L0.F2.0F3A F0 /r ib', 'Gy,Ey,Ib'],
  ]),
];
