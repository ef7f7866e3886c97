/** AVX-512's mask registers K0–K7. Mask widths are letters: B 8, W 16, D 32, Q 64 bits. */
import { row } from './define.ts';
import type { Row } from './row.ts';

/** How VEX tells the four widths apart in most opcodes: mandatory prefix and W. */
const widths = [
  { letter: 'b', bits: 8, prefix: '.66', w: 'W0' },
  { letter: 'w', bits: 16, prefix: '', w: 'W0' },
  { letter: 'd', bits: 32, prefix: '.66', w: 'W1' },
  { letter: 'q', bits: 64, prefix: '', w: 'W1' },
] as const;

const feature = 'avx512';

/** Three masks. */
const three = (name: string, opcode: string, sentence: string): Row[] =>
  widths.map(({ letter, bits, prefix, w }) =>
    row(`${name}${letter}`, `${sentence} of ${bits} bits.`, { feature }, [
      [`VEX.L1${prefix}.0F.${w} ${opcode} /r`, 'KG,KB,KR'],
    ]),
  );

/** Two masks; `writes` for the tests. */
const two = (name: string, opcode: string, sentence: string, writes = ''): Row[] =>
  widths.map(({ letter, bits, prefix, w }) =>
    row(`${name}${letter}`, sentence.replace('#', `${bits} bits`), { feature, writes }, [
      [`VEX.L0${prefix}.0F.${w} ${opcode} /r`, 'KG,KR'],
    ]),
  );

/** Shifts by a constant; bytes and words share an opcode, doublewords and quadwords the next. */
const shifts = (name: string, opcode: number, sentence: string): Row[] =>
  widths.map(({ letter, bits }) => {
    const wide = bits > 16;
    const code = (opcode + (wide ? 1 : 0)).toString(16).toUpperCase();
    return row(`${name}${letter}`, sentence.replace('#', `${bits} bits`), { feature }, [
      [`VEX.L0.66.0F3A.${bits === 8 || bits === 32 ? 'W0' : 'W1'} ${code} /r ib`, 'KG,KR,Ib'],
    ]);
  });

export const opmask: readonly Row[] = [
  ...three('kand', '41', 'ANDs two masks'),
  ...three('kandn', '42', 'ANDs the inverted first mask with the second, each'),
  ...two('knot', '44', 'Inverts a mask of #.'),
  ...three('kor', '45', 'ORs two masks'),
  ...three('kxnor', '46', 'XORs two masks and inverts the result, each'),
  ...three('kxor', '47', 'XORs two masks'),
  ...three('kadd', '4A', 'Adds two masks'),
  row('kunpckbw', 'Joins two masks of 8 bits.', { feature }, [['VEX.L1.66.0F.W0 4B /r', 'KG,KB,KR']]),
  row('kunpckwd', 'Joins two masks of 16 bits.', { feature }, [['VEX.L1.0F.W0 4B /r', 'KG,KB,KR']]),
  row('kunpckdq', 'Joins two masks of 32 bits.', { feature }, [['VEX.L1.0F.W1 4B /r', 'KG,KB,KR']]),
  ...widths.map(({ letter, bits, prefix, w }) => {
    // Between mask and general register the doubleword and quadword use F2.
    const wide = bits > 16;
    const general = wide ? `.F2.0F.${bits === 64 ? 'W1' : 'W0'}` : `${prefix}.0F.W0`;
    const register = bits === 64 ? 'q' : 'd';
    return row(`kmov${letter}`, `Copies a mask of ${bits} bits.`, { feature }, [
      [`VEX.L0${prefix}.0F.${w} 90 /r`, `KG,KE${letter}`],
      [`VEX.L0${prefix}.0F.${w} 91 /r`, `M${letter},KG`],
      [`VEX.L0${general} 92 /r`, `KG,R${register}`],
      [`VEX.L0${general} 93 /r`, `G${register},KR`],
    ]);
  }),
  ...two('kortest', '98', 'Sets ZF if the OR of two masks of # is zero, CF if it is all ones.', 'oszapc'),
  ...two(
    'ktest',
    '99',
    'Sets ZF if the AND of two masks of # is zero, CF if the second has no bit the first lacks.',
    'oszapc',
  ),
  ...shifts('kshiftr', 0x30, 'Shifts a mask of # right.'),
  ...shifts('kshiftl', 0x32, 'Shifts a mask of # left.'),
];
