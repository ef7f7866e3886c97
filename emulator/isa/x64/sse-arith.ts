/** Floating-point arithmetic of SSE: four kinds of the same operation (ps, pd, ss, sd) are four rows, one meaning each. */
import { row } from './define.ts';
import type { Lift, Row } from './row.ts';

const kinds = {
  ps: { prefix: 'NP', feature: 'sse', of: 'four floats' },
  pd: { prefix: '66', feature: 'sse2', of: 'two doubles' },
  ss: { prefix: 'F3', feature: 'sse', of: 'the lowest float' },
  sd: { prefix: 'F2', feature: 'sse2', of: 'the lowest double' },
} as const;
export type FloatKind = keyof typeof kinds;

/** Rows `${name}ps`, …: `sentence` gets the text for "four floats" and so on in place of `#`. */
function floats(
  name: string,
  opcode: string,
  sentence: string,
  which: readonly FloatKind[],
  lift?: (kind: FloatKind) => Lift,
): Row[] {
  return which.map(kind => {
    const { prefix, feature, of } = kinds[kind];
    return row(
      name + kind,
      sentence.replace('#', of),
      { feature },
      [[`${prefix} 0F ${opcode} /r`, `V${kind},W${kind}`]],
      lift?.(kind),
    );
  });
}

const all = ['ps', 'pd', 'ss', 'sd'] as const;
const packed = ['ps', 'pd'] as const;

export const sseArith: readonly Row[] = [
  ...floats('add', '58', 'Adds # of the source to the destination.', all),
  ...floats('sub', '5C', 'Subtracts # of the source from the destination.', all),
  ...floats('mul', '59', 'Multiplies the destination by # of the source.', all),
  ...floats('div', '5E', 'Divides the destination by # of the source.', all),
  ...floats('min', '5D', 'Keeps the smaller, of # each; of a NaN or two zeros it takes the source.', all),
  ...floats('max', '5F', 'Keeps the larger, of # each; of a NaN or two zeros it takes the source.', all),
  ...floats('sqrt', '51', 'Takes the square root of # of the source.', all),
  ...floats('rsqrt', '52', 'Approximates one over the square root of # of the source.', ['ps', 'ss']),
  ...floats('rcp', '53', 'Approximates one over # of the source.', ['ps', 'ss']),
  ...floats('and', '54', 'Keeps the bits set in both, seen as #.', packed),
  ...floats('andn', '55', 'Keeps the bits of the source that the destination does not have, seen as #.', packed),
  ...floats('or', '56', 'Sets the bits set in either, seen as #.', packed),
  ...floats('xor', '57', 'Sets the bits that differ, seen as #.', packed),
  ...floats('unpckl', '14', 'Interleaves the low halves of both operands, seen as #.', packed),
  ...floats('unpckh', '15', 'Interleaves the high halves of both operands, seen as #.', packed),

  row(
    'ucomiss',
    'Compares two floats and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2E /r', 'Vss,Wss']],
  ),
  row(
    'ucomisd',
    'Compares two doubles and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2E /r', 'Vsd,Wsd']],
  ),
  row(
    'comiss',
    'Compares two floats and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2F /r', 'Vss,Wss']],
  ),
  row(
    'comisd',
    'Compares two doubles and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2F /r', 'Vsd,Wsd']],
  ),

  row('cmpps', 'Compares four floats; each result is all ones or all zeros.', { feature: 'sse' }, [
    ['NP 0F C2 /r ib', 'Vps,Wps,Ib'],
  ]),
  row('cmppd', 'Compares two doubles; each result is all ones or all zeros.', { feature: 'sse2' }, [
    ['66 0F C2 /r ib', 'Vpd,Wpd,Ib'],
  ]),
  row('cmpss', 'Compares the lowest float; the result is all ones or all zeros.', { feature: 'sse' }, [
    ['F3 0F C2 /r ib', 'Vss,Wss,Ib'],
  ]),
  row('cmpsd', 'Compares the lowest double; the result is all ones or all zeros.', { feature: 'sse2' }, [
    ['F2 0F C2 /r ib', 'Vsd,Wsd,Ib'],
  ]),
  row('shufps', 'Chooses two floats of the destination and two of the source.', { feature: 'sse' }, [
    ['NP 0F C6 /r ib', 'Vps,Wps,Ib'],
  ]),
  row('shufpd', 'Chooses one double of the destination and one of the source.', { feature: 'sse2' }, [
    ['66 0F C6 /r ib', 'Vpd,Wpd,Ib'],
  ]),

  row('haddps', 'Adds neighbouring floats of both operands.', { feature: 'sse3' }, [['F2 0F 7C /r', 'Vps,Wps']]),
  row('haddpd', 'Adds neighbouring doubles of both operands.', { feature: 'sse3' }, [['66 0F 7C /r', 'Vpd,Wpd']]),
  row('hsubps', 'Subtracts neighbouring floats of both operands.', { feature: 'sse3' }, [['F2 0F 7D /r', 'Vps,Wps']]),
  row('hsubpd', 'Subtracts neighbouring doubles of both operands.', { feature: 'sse3' }, [['66 0F 7D /r', 'Vpd,Wpd']]),
  row('addsubps', 'Subtracts the even-numbered floats and adds the odd-numbered.', { feature: 'sse3' }, [
    ['F2 0F D0 /r', 'Vps,Wps'],
  ]),
  row('addsubpd', 'Subtracts the low doubles and adds the high.', { feature: 'sse3' }, [['66 0F D0 /r', 'Vpd,Wpd']]),

  row('roundps', 'Rounds four floats to whole numbers.', { feature: 'sse4.1' }, [['66 0F 3A 08 /r ib', 'Vps,Wps,Ib']]),
  row('roundpd', 'Rounds two doubles to whole numbers.', { feature: 'sse4.1' }, [['66 0F 3A 09 /r ib', 'Vpd,Wpd,Ib']]),
  row('roundss', 'Rounds the lowest float to a whole number.', { feature: 'sse4.1' }, [
    ['66 0F 3A 0A /r ib', 'Vss,Wss,Ib'],
  ]),
  row('roundsd', 'Rounds the lowest double to a whole number.', { feature: 'sse4.1' }, [
    ['66 0F 3A 0B /r ib', 'Vsd,Wsd,Ib'],
  ]),
  row('blendps', 'Takes each float from the source or keeps it, as the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 0C /r ib', 'Vps,Wps,Ib'],
  ]),
  row('blendpd', 'Takes each double from the source or keeps it, as the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 0D /r ib', 'Vpd,Wpd,Ib'],
  ]),
  row('blendvps', 'Takes each float from the source where XMM0 has a sign bit.', { feature: 'sse4.1' }, [
    ['66 0F 38 14 /r', 'Vps,Wps,XMM0'],
  ]),
  row('blendvpd', 'Takes each double from the source where XMM0 has a sign bit.', { feature: 'sse4.1' }, [
    ['66 0F 38 15 /r', 'Vpd,Wpd,XMM0'],
  ]),
  row('dpps', 'Dot product of chosen floats, copied where the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 40 /r ib', 'Vps,Wps,Ib'],
  ]),
  row('dppd', 'Dot product of chosen doubles, copied where the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 41 /r ib', 'Vpd,Wpd,Ib'],
  ]),
];
