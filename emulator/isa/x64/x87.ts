/** The x87 floating-point unit: a stack of eight 80-bit registers. A final `p` in a name pops the stack. */
import { type FormText, row } from './define.ts';
import type { Lift, Row } from './row.ts';

/** All of it is routines (`cpu/routines-x87.ts`), one for each kind of memory operand and one for registers. */
const routine =
  (name: string): Lift =>
  e => {
    const memory = e.operandCount > 0 && e.kind(0) === 'mem' && !STATES.has(name);
    e.routine(memory ? `${name}.m${e.width(0) * 8}` : name);
  };

/** Their memory operand has no width of its own. */
const STATES = new Set(['fldenv', 'fnstenv', 'frstor', 'fnsave', 'fbld', 'fbstp']);

const x87 = (name: string, sentence: string, forms: readonly FormText[], lift: Lift | undefined = routine(name)): Row =>
  row(name, sentence, { feature: 'x87' }, forms, lift);

const plain = (name: string, encoding: string, sentence: string, lift: Lift = routine(name)): Row =>
  x87(name, sentence, [[encoding, '']], lift);

/** Approximations that are not there yet. */
const approximated = (name: string, encoding: string, sentence: string): Row =>
  row(name, sentence, { feature: 'x87' }, [[encoding, '']]);

/**
 * The arithmetic group: `n` is ModRM.reg of the memory and ST(0) forms; `toSti` the second byte of the forms that write
 * ST(i), whose SUB and SUBR (DIV and DIVR) encodings are exchanged.
 */
function arithmetic(name: string, n: number, toSti: string, sentence: string): Row[] {
  const toSt0 = (0xc0 + n * 8).toString(16).toUpperCase();
  return [
    x87(`f${name}`, `${sentence}.`, [
      [`D8 /${n}`, 'Md'],
      [`DC /${n}`, 'Mq'],
      [`D8 ${toSt0}+i`, 'ST0,STi'],
      [`DC ${toSti}+i`, 'STi,ST0'],
    ]),
    x87(`f${name}p`, `${sentence}, and pops the stack.`, [[`DE ${toSti}+i`, 'STi,ST0']]),
    x87(`fi${name}`, `${sentence}; the operand is a signed integer.`, [
      [`DA /${n}`, 'Md'],
      [`DE /${n}`, 'Mw'],
    ]),
  ];
}

const cmov = (name: string, encoding: string, when: string, reads: string): Row =>
  row(name, `Copies ST(i) to ST(0) if ${when}.`, { feature: 'x87', reads }, [[encoding, 'ST0,STi']], routine(name));

const compare = (name: string, encoding: string, sentence: string): Row =>
  row(name, sentence, { feature: 'x87', writes: 'oszapc' }, [[encoding, 'ST0,STi']], routine(name));

export const x87Rows: readonly Row[] = [
  ...arithmetic('add', 0, 'C0', 'Adds the operand'),
  ...arithmetic('mul', 1, 'C8', 'Multiplies by the operand'),
  ...arithmetic('sub', 4, 'E8', 'Subtracts the operand'),
  ...arithmetic('subr', 5, 'E0', 'Subtracts from the operand'),
  ...arithmetic('div', 6, 'F8', 'Divides by the operand'),
  ...arithmetic('divr', 7, 'F0', 'Divides the operand'),

  x87('fcom', 'Compares with ST(0) and sets the condition bits.', [
    ['D8 /2', 'Md'],
    ['DC /2', 'Mq'],
    ['D8 D0+i', 'ST0,STi'],
    ['DC D0+i', 'ST0,STi'],
  ]),
  x87('fcomp', 'Compares with ST(0), sets the condition bits and pops the stack.', [
    ['D8 /3', 'Md'],
    ['DC /3', 'Mq'],
    ['D8 D8+i', 'ST0,STi'],
    ['DC D8+i', 'ST0,STi'],
    ['DE D0+i', 'ST0,STi'],
  ]),
  plain('fcompp', 'DE D9', 'Compares ST(0) with ST(1), sets the condition bits and pops both.'),
  x87('ficom', 'Compares ST(0) with a signed integer.', [
    ['DA /2', 'Md'],
    ['DE /2', 'Mw'],
  ]),
  x87('ficomp', 'Compares ST(0) with a signed integer and pops the stack.', [
    ['DA /3', 'Md'],
    ['DE /3', 'Mw'],
  ]),
  x87('fucom', 'Compares with ST(0); a quiet NaN is no error.', [['DD E0+i', 'ST0,STi']]),
  x87('fucomp', 'Compares with ST(0) and pops the stack; a quiet NaN is no error.', [['DD E8+i', 'ST0,STi']]),
  plain('fucompp', 'DA E9', 'Compares ST(0) with ST(1) and pops both; a quiet NaN is no error.'),
  compare('fcomi', 'DB F0+i', 'Compares ST(0) with ST(i) and sets ZF, PF, CF.'),
  compare('fcomip', 'DF F0+i', 'Compares ST(0) with ST(i), sets ZF, PF, CF and pops the stack.'),
  compare('fucomi', 'DB E8+i', 'Compares ST(0) with ST(i) and sets ZF, PF, CF; a quiet NaN is no error.'),
  compare('fucomip', 'DF E8+i', 'Compares ST(0) with ST(i), sets ZF, PF, CF and pops; a quiet NaN is no error.'),
  plain('ftst', 'D9 E4', 'Compares ST(0) with zero.'),
  plain('fxam', 'D9 E5', 'Tells what kind of number ST(0) is in the condition bits.'),

  x87('fld', 'Pushes a floating-point value.', [
    ['D9 /0', 'Md'],
    ['DD /0', 'Mq'],
    ['DB /5', 'Mt'],
    ['D9 C0+i', 'STi'],
  ]),
  x87('fst', 'Stores ST(0) as a floating-point value.', [
    ['D9 /2', 'Md'],
    ['DD /2', 'Mq'],
    ['DD D0+i', 'STi'],
  ]),
  x87('fstp', 'Stores ST(0) as a floating-point value and pops the stack.', [
    ['D9 /3', 'Md'],
    ['DD /3', 'Mq'],
    ['DB /7', 'Mt'],
    ['DD D8+i', 'STi'],
    // Undocumented twins that every CPU has.
    ['DF D0+i', 'STi'],
    ['DF D8+i', 'STi'],
  ]),
  x87('fstpnce', 'Stores ST(0) and pops the stack without a stack-underflow exception.', [['D9 D8+i', 'STi']]),
  x87('fild', 'Pushes a signed integer.', [
    ['DF /0', 'Mw'],
    ['DB /0', 'Md'],
    ['DF /5', 'Mq'],
  ]),
  x87('fist', 'Stores ST(0) as a signed integer.', [
    ['DF /2', 'Mw'],
    ['DB /2', 'Md'],
  ]),
  x87('fistp', 'Stores ST(0) as a signed integer and pops the stack.', [
    ['DF /3', 'Mw'],
    ['DB /3', 'Md'],
    ['DF /7', 'Mq'],
  ]),
  x87('fisttp', 'Stores ST(0) as a signed integer, rounded toward zero, and pops the stack.', [
    ['DF /1', 'Mw'],
    ['DB /1', 'Md'],
    ['DD /1', 'Mq'],
  ]),
  x87('fbld', 'Pushes a packed decimal number.', [['DF /4', 'Mt']]),
  x87('fbstp', 'Stores ST(0) as a packed decimal number and pops the stack.', [['DF /6', 'Mt']]),
  x87('fxch', 'Exchanges ST(0) with ST(i).', [
    ['D9 C8+i', 'ST0,STi'],
    ['DD C8+i', 'ST0,STi'],
    ['DF C8+i', 'ST0,STi'],
  ]),
  x87('ffree', 'Marks ST(i) as empty.', [['DD C0+i', 'STi']]),
  x87('ffreep', 'Marks ST(i) as empty and pops the stack.', [['DF C0+i', 'STi']]),

  plain('fnop', 'D9 D0', 'Does nothing.'),
  plain('fchs', 'D9 E0', 'Changes the sign of ST(0).'),
  plain('fabs', 'D9 E1', 'Takes the absolute value of ST(0).'),
  plain('fld1', 'D9 E8', 'Pushes 1.'),
  plain('fldl2t', 'D9 E9', 'Pushes the base-2 logarithm of 10.'),
  plain('fldl2e', 'D9 EA', 'Pushes the base-2 logarithm of e.'),
  plain('fldpi', 'D9 EB', 'Pushes pi.'),
  plain('fldlg2', 'D9 EC', 'Pushes the base-10 logarithm of 2.'),
  plain('fldln2', 'D9 ED', 'Pushes the natural logarithm of 2.'),
  plain('fldz', 'D9 EE', 'Pushes zero.'),
  approximated('f2xm1', 'D9 F0', 'Computes 2 to the power ST(0), minus 1.'),
  approximated('fyl2x', 'D9 F1', 'Computes ST(1) times the base-2 logarithm of ST(0) and pops the stack.'),
  approximated('fptan', 'D9 F2', 'Computes the tangent of ST(0) and pushes 1.'),
  approximated('fpatan', 'D9 F3', 'Computes the angle of ST(1) over ST(0) and pops the stack.'),
  plain('fxtract', 'D9 F4', 'Splits ST(0) into exponent and significand.'),
  plain('fprem1', 'D9 F5', 'Computes the IEEE remainder of ST(0) by ST(1), in steps.'),
  plain('fdecstp', 'D9 F6', 'Turns the register stack by one.'),
  plain('fincstp', 'D9 F7', 'Turns the register stack back by one.'),
  plain('fprem', 'D9 F8', 'Computes the truncating remainder of ST(0) by ST(1), in steps.'),
  approximated('fyl2xp1', 'D9 F9', 'Computes ST(1) times the base-2 logarithm of ST(0) plus 1 and pops the stack.'),
  plain('fsqrt', 'D9 FA', 'Takes the square root of ST(0).'),
  approximated('fsincos', 'D9 FB', 'Computes sine and cosine of ST(0).'),
  plain('frndint', 'D9 FC', 'Rounds ST(0) to a whole number.'),
  plain('fscale', 'D9 FD', 'Multiplies ST(0) by 2 to the power ST(1), truncated.'),
  approximated('fsin', 'D9 FE', 'Computes the sine of ST(0).'),
  approximated('fcos', 'D9 FF', 'Computes the cosine of ST(0).'),

  cmov('fcmovb', 'DA C0+i', 'below (CF)', 'c'),
  cmov('fcmove', 'DA C8+i', 'equal (ZF)', 'z'),
  cmov('fcmovbe', 'DA D0+i', 'below or equal (CF or ZF)', 'zc'),
  cmov('fcmovu', 'DA D8+i', 'unordered (PF)', 'p'),
  cmov('fcmovnb', 'DB C0+i', 'not below (no CF)', 'c'),
  cmov('fcmovne', 'DB C8+i', 'not equal (no ZF)', 'z'),
  cmov('fcmovnbe', 'DB D0+i', 'neither below nor equal', 'zc'),
  cmov('fcmovnu', 'DB D8+i', 'not unordered (no PF)', 'p'),

  x87('fldcw', 'Loads the control word: precision, rounding, masked exceptions.', [['D9 /5', 'Mw']]),
  x87('fnstcw', 'Stores the control word.', [['D9 /7', 'Mw']]),
  x87('fnstsw', 'Stores the status word.', [
    ['DD /7', 'Mw'],
    ['DF E0', 'AX'],
  ]),
  x87('fldenv', 'Loads the x87 environment.', [['D9 /4', 'M']]),
  x87('fnstenv', 'Stores the x87 environment and masks the exceptions.', [['D9 /6', 'M']]),
  x87('frstor', 'Loads the whole x87 state.', [['DD /4', 'M']]),
  x87('fnsave', 'Stores the whole x87 state and resets the unit.', [['DD /6', 'M']]),
  plain('fnclex', 'DB E2', 'Clears the pending exceptions.'),
  plain('fninit', 'DB E3', 'Resets the unit.'),
  plain('fneni', 'DB E0', 'Does nothing; was for the 8087.', () => {}),
  plain('fndisi', 'DB E1', 'Does nothing; was for the 8087.', () => {}),
  plain('fnsetpm', 'DB E4', 'Does nothing; was for the 287.', () => {}),
];
