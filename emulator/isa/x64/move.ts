/** Data transfer between general registers and memory: SDM volume 1, section 5.1.1. Rows named `mov` differ in meaning. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const move: readonly Row[] = [
  row(
    'mov',
    'Copies the source to the destination.',
    {},
    [
      ['88 /r', 'Eb,Gb'],
      ['89 /r', 'Ev,Gv'],
      ['8A /r', 'Gb,Eb'],
      ['8B /r', 'Gv,Ev'],
      ['A0', 'AL,Ob'],
      ['A1', 'rAX,Ov'],
      ['A2', 'Ob,AL'],
      ['A3', 'Ov,rAX'],
      ['B0+r ib', 'Zb,Ib'],
      ['B8+r iv', 'Zv,Iv'],
      ['C6 /0 ib', 'Eb,Ib'],
      ['C7 /0 iz', 'Ev,Iz'],
    ],
    e => e.write(0, e.read(1)),
  ),

  row(
    'mov',
    'Reads a segment selector.',
    {},
    [
      ['8C /r', 'Rv,Sw'],
      ['8C /r', 'Mw,Sw'],
    ],
    e => e.routine('readSegment'),
  ),

  row(
    'mov',
    'Loads a segment selector; the segment is taken from the descriptor tables.',
    {},
    [
      ['8E /r', 'Sw,Rv'],
      ['8E /r', 'Sw,Mw'],
    ],
    e => e.routine('writeSegment'),
  ),

  row(
    'movzx',
    'Copies a byte or word and fills the upper bits with zeros.',
    {},
    [
      ['0F B6 /r', 'Gv,Eb'],
      ['0F B7 /r', 'Gv,Ew'],
    ],
    e => e.write(0, e.zeroExtend(e.read(1), e.width(1), e.width(0))),
  ),

  row(
    'movsx',
    'Copies a byte or word and fills the upper bits with its sign.',
    {},
    [
      ['0F BE /r', 'Gv,Eb'],
      ['0F BF /r', 'Gv,Ew'],
    ],
    e => e.write(0, e.signExtend(e.read(1), e.width(1), e.width(0))),
  ),

  row('movsxd', 'Copies a doubleword and fills the upper bits with its sign.', {}, [['63 /r', 'Gv,Ez']], e =>
    e.write(0, e.signExtend(e.read(1), e.width(1), e.width(0))),
  ),

  row(
    'lea',
    'Computes the address of the memory operand and stores the address itself; memory is not touched.',
    {},
    [['8D /r', 'Gv,M']],
    e => e.write(0, e.truncate(e.address(1), Math.max(e.size, 4))),
  ),

  row(
    'xchg',
    'Exchanges the two operands; with memory the exchange is atomic, with or without LOCK.',
    { lockable: true },
    [
      ['86 /r', 'Eb,Gb'],
      ['87 /r', 'Ev,Gv'],
      ['90+r', 'Zv,rAX'],
    ],
    e => {
      const a = e.read(0);
      const b = e.read(1);
      e.write(0, b);
      e.write(1, a);
    },
  ),

  row(
    'cmovcc',
    'Copies the source if the condition holds; the source is read either way.',
    { reads: 'oszpc' },
    [['0F 40+cc /r', 'Gv,Ev']],
    e => {
      const source = e.read(1);
      const destination = e.read(0);
      e.write(0, e.select(e.cond(), source, destination));
    },
  ),

  row('movnti', 'Stores a register past the caches.', { feature: 'sse2' }, [['NP 0F C3 /r', 'My,Gy']], e =>
    e.write(0, e.read(1)),
  ),

  row('xlat', 'Loads AL with the byte at RBX plus AL: a table look-up.', {}, [['D7', '']], e => e.routine('xlat')),
];
