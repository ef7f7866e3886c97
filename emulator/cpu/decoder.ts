/**
 * Decoding by templates (`templates.ts`), as WebAssembly. Most of a program's start is decoding, some ten thousand
 * instructions once each: as JavaScript, V8 would interpret nearly all of that.
 */
import { ZERO } from '../abi/amd64/layout.ts';
import * as L from './layout.ts';
import { Codegen, i32, i64, type Label, local, type Node, op, pinned, type Statement, use } from './nodes.ts';
import { Bytes, type FunctionBody, type LoadOp, type StoreOp } from './wasm.ts';

/** Why decoding ended; what `decode` returns. */
export const DECODED = {
  /** The instruction before is one that nothing follows in a straight line. */
  ended: 0,
  /** No template is known for the next instruction, or it is not for templates. */
  unfamiliar: 1,
  /** The next instruction has a record, or there were as many as were asked for. */
  joins: 2,
} as const;

/**
 * `decode(at, last, room, record, table, pcLow, pcHigh)`: writes the records of instructions in a straight line.
 *
 * at: linear offset of the first one's bytes; last: beyond this offset none begins; room: how many at most; record: where
 * the first record goes; table: of the page's records by the low twelve bits of their addresses; pc: the first one's
 * address. Returns why it ended; DECODED_AT and DECODED_RECORD hold where the next instruction and record would be.
 */
export type Decode = (
  at: number,
  last: number,
  room: number,
  record: number,
  table: number,
  pcLow: number,
  pcHigh: number,
) => number;

const [AT, LAST, ROOM, RECORD, TABLE, PC_LOW, PC_HIGH] = [0, 1, 2, 3, 4, 5, 6];
const PARAMS = 7;

export function decodeFunction(): FunctionBody {
  const code = new Bytes();
  const gen = new Codegen(code, PARAMS, []);
  const narrow = (index: number): Node => local(index, 'i32');
  // `node` and `count` serve several purposes, one after the other.
  const [slot, byte, node, template, meta, rex, modrm, rm, size, count] = Array.from({ length: 10 }, () =>
    gen.newLocal('i32'),
  );
  const [pc, next, number] = Array.from({ length: 3 }, () => gen.newLocal('i64'));
  const set = (index: number, value: Node): Statement => ({ is: 'set', local: index, value: use(value) });
  const load = (index: number, name: LoadOp, address: Node, offset = 0): Statement[] => {
    const n = pinned(name.startsWith('i64') ? 'i64' : 'i32');
    return [
      { is: 'pin', node: n, load: { op: name, address: use(address), offset } },
      { is: 'set', local: index, value: use(n) },
    ];
  };
  const store = (name: StoreOp, address: Node, offset: number, value: Node): Statement => ({
    is: 'store',
    op: name,
    address: use(address),
    offset,
    value: use(value),
  });
  const when = (condition: Node, yes: Statement[], no: Statement[] = []): Statement => ({
    is: 'if',
    condition: use(condition),
    yes,
    no,
  });
  const write = (...list: Statement[]) => gen.scope(() => gen.statements(list));
  const leave = (why: number): Statement[] => [
    store('i32.store', i32(0), L.DECODED_AT, narrow(AT)),
    store('i32.store', i32(0), L.DECODED_RECORD, narrow(RECORD)),
    { is: 'return', value: use(i32(why)) },
  ];
  /** The number of so many bytes at `byte`, as 64 bits. */
  const signed = (size: 1 | 2 | 4): Statement[] => {
    const name = ({ 1: 'i32.load8_s', 2: 'i32.load16_s', 4: 'i32.load' } as const)[size];
    const n = pinned('i32');
    return [
      { is: 'pin', node: n, load: { op: name, address: use(narrow(byte)), offset: 0 } },
      set(number, op('i64.extend_i32_s', n)),
    ];
  };
  const unsigned = (size: 1 | 2): Statement[] =>
    load(number, size === 1 ? 'i64.load8_u' : 'i64.load16_u', narrow(byte));
  const field = (shift: number): Node => op('i32.and', op('i32.shr_u', narrow(meta), i32(shift)), i32(0xff));
  const has = (flag: number): Node => op('i32.and', narrow(meta), i32(flag));
  const relativeTo = (flag: number): Statement =>
    when(has(flag), [set(number, op('i64.add', local(number, 'i64'), local(next, 'i64')))]);

  const plus = (index: number, by: number): Node => op('i32.add', narrow(index), i32(by));
  /** A bit of REX as the fourth of a register's number. */
  const rexBit = (bit: 0 | 1 | 2): Node =>
    op('i32.shl', op('i32.and', op('i32.shr_u', narrow(rex), i32(bit)), i32(1)), i32(3));
  /** ModRM's middle bits. */
  const middle = (): Node => op('i32.and', op('i32.shr_u', narrow(modrm), i32(3)), i32(7));
  /** Writes an operand's place in the register file, if it is a register; the sources are in `node`. */
  const register = (at: number, i: number): Statement[] => {
    const bit = (which: number): Node => op('i32.and', narrow(node), i32(which << (4 * i)));
    return [
      when(bit(L.SOURCE.rm | L.SOURCE.reg), [
        set(count, narrow(rm)),
        when(bit(L.SOURCE.reg), [set(count, op('i32.or', middle(), rexBit(2)))]),
        when(
          bit(L.SOURCE.vector),
          [set(count, op('i32.add', op('i32.shl', narrow(count), i32(5)), i32(L.VECTOR_CELL * 8)))],
          [
            when(
              op('i32.and', op('i32.ne', bit(L.SOURCE.legacyByte), i32(0)), op('i32.gt_u', narrow(count), i32(3))),
              [set(count, op('i32.sub', op('i32.shl', narrow(count), i32(3)), i32(31)))],
              [set(count, op('i32.shl', narrow(count), i32(3)))],
            ),
          ],
        ),
        store('i32.store16', narrow(RECORD), at, narrow(count)),
      ]),
    ];
  };
  /** What ModRM and SIB say of a memory operand: into the record, and the displacement's length into `size`. */
  const memory = (): Statement[] => {
    const modIs = (mod: number): Node => op('i32.eq', op('i32.shr_u', narrow(modrm), i32(6)), i32(mod));
    const cell = (at: number, register: Node): Statement =>
      store('i32.store16', narrow(RECORD), at, op('i32.shl', register, i32(3)));
    const noBase = (): Statement[] => [set(size, i32(4)), set(rm, i32(ZERO))];
    return [
      set(size, i32(0)),
      when(modIs(1), [set(size, i32(1))]),
      when(modIs(2), [set(size, i32(4))]),
      when(
        op('i32.eq', op('i32.and', narrow(modrm), i32(7)), i32(4)),
        [
          ...load(node, 'i32.load8_u', narrow(byte)),
          set(byte, plus(byte, 1)),
          set(rm, op('i32.or', op('i32.and', narrow(node), i32(7)), rexBit(0))),
          when(op('i32.eqz', op('i32.shr_u', narrow(modrm), i32(6))), [
            when(op('i32.eq', op('i32.and', narrow(node), i32(7)), i32(5)), noBase()),
          ]),
          set(count, op('i32.or', op('i32.and', op('i32.shr_u', narrow(node), i32(3)), i32(7)), rexBit(1))),
          when(op('i32.ne', narrow(count), i32(4)), [
            cell(L.FIELD.index, narrow(count)),
            store('i32.store8', narrow(RECORD), L.FIELD.scale, op('i32.shr_u', narrow(node), i32(6))),
          ]),
        ],
        [
          when(op('i32.eq', op('i32.and', narrow(modrm), i32(0xc7)), i32(5)), [
            ...noBase(),
            set(meta, op('i32.or', narrow(meta), i32(L.TEMPLATE.ripRelative))),
          ]),
        ],
      ),
      cell(L.FIELD.base, narrow(rm)),
      when(op('i32.eq', op('i32.and', narrow(rm), i32(0xfe)), i32(4)), [
        ...load(node, 'i32.load16_u', narrow(RECORD), L.FIELD.aux),
        store('i32.store16', narrow(RECORD), L.FIELD.aux, op('i32.or', narrow(node), i32(L.STACK_SEGMENT))),
      ]),
    ];
  };

  const again: Label = { depth: 0 };
  const descend: Label = { depth: 0 };
  write(
    set(
      pc,
      op(
        'i64.or',
        op('i64.shl', op('i64.extend_i32_u', narrow(PC_HIGH)), i64(32)),
        op('i64.extend_i32_u', narrow(PC_LOW)),
      ),
    ),
  );
  gen.loop(again, () => {
    write(
      when(op('i32.eqz', narrow(ROOM)), leave(DECODED.joins)),
      when(op('i32.gt_u', narrow(AT), narrow(LAST)), leave(DECODED.unfamiliar)),
      set(slot, op('i32.add', narrow(TABLE), op('i32.shl', op('i32.and', narrow(AT), i32(0xfff)), i32(2)))),
      ...load(node, 'i32.load', narrow(slot)),
      when(narrow(node), leave(DECODED.joins)),
      set(byte, narrow(AT)),
      set(rex, i32(0)),
    );
    gen.loop(descend, () => {
      write(
        ...load(modrm, 'i32.load8_u', narrow(byte)),
        ...load(
          node,
          'i32.load',
          op('i32.add', op('i32.shl', narrow(node), i32(10)), op('i32.shl', narrow(modrm), i32(2))),
          L.TRIE,
        ),
        set(byte, plus(byte, 1)),
        when(op('i32.gt_s', narrow(node), i32(0)), [
          when(op('i32.and', narrow(node), i32(L.REX_EDGE)), [
            set(rex, narrow(modrm)),
            set(node, op('i32.xor', narrow(node), i32(L.REX_EDGE))),
          ]),
          { is: 'br', label: descend },
        ]),
      );
    });
    const words = pinned('i64');
    const more = pinned('i64');
    write(
      when(op('i32.eqz', narrow(node)), leave(DECODED.unfamiliar)),
      set(template, op('i32.mul', op('i32.xor', narrow(node), i32(-1)), i32(L.TEMPLATE.size))),
      ...load(meta, 'i32.load', narrow(template), L.TEMPLATES),
      // The byte that led here is the opcode's last.
      when(has(L.TEMPLATE.opcodeRegister), [set(rm, op('i32.or', op('i32.and', narrow(modrm), i32(7)), rexBit(0)))]),
      when(has(L.TEMPLATE.modrm), [
        ...load(modrm, 'i32.load8_u', narrow(byte)),
        set(byte, plus(byte, 1)),
        set(rm, op('i32.or', op('i32.and', narrow(modrm), i32(7)), rexBit(0))),
        when(has(L.TEMPLATE.group), [
          set(template, op('i32.add', narrow(template), op('i32.mul', middle(), i32(2 * L.TEMPLATE.size)))),
        ]),
        when(op('i32.ge_u', narrow(modrm), i32(0xc0)), [set(template, plus(template, L.TEMPLATE.size))]),
        ...load(meta, 'i32.load', narrow(template), L.TEMPLATES),
        when(op('i32.eqz', has(L.TEMPLATE.present)), leave(DECODED.unfamiliar)),
        set(meta, op('i32.or', narrow(meta), i32(L.TEMPLATE.modrm))),
      ]),
      { is: 'pin', node: words, load: { op: 'i64.load', address: use(narrow(template)), offset: L.TEMPLATES + 4 } },
      store('i64.store', narrow(RECORD), 0, words),
      { is: 'pin', node: more, load: { op: 'i64.load', address: use(narrow(template)), offset: L.TEMPLATES + 12 } },
      store('i64.store', narrow(RECORD), 8, more),
      ...load(node, 'i32.load', narrow(template), L.TEMPLATES + L.TEMPLATE.sources),
      when(
        narrow(node),
        L.FIELD.operand.flatMap((at, i) => register(at, i)),
      ),
      set(size, field(L.TEMPLATE.displacementShift)),
      when(has(L.TEMPLATE.modrm), [when(op('i32.lt_u', narrow(modrm), i32(0xc0)), memory())]),
      set(
        count,
        op(
          'i32.sub',
          op('i32.add', narrow(byte), op('i32.add', narrow(size), field(L.TEMPLATE.immediateShift))),
          narrow(AT),
        ),
      ),
      store('i32.store8', narrow(RECORD), L.FIELD.length, narrow(count)),
      set(next, op('i64.add', local(pc, 'i64'), op('i64.extend_i32_u', narrow(count)))),
      set(number, i64(0)),
      when(narrow(size), [
        when(op('i32.eq', narrow(size), i32(1)), signed(1), signed(4)),
        set(byte, op('i32.add', narrow(byte), narrow(size))),
        relativeTo(L.TEMPLATE.ripRelative),
      ]),
      store('i64.store', narrow(RECORD), L.FIELD.displacement, local(number, 'i64')),
      set(node, field(L.TEMPLATE.immediateShift)),
      when(
        op('i32.eqz', narrow(node)),
        [
          ...load(node, 'i32.load', narrow(template), L.TEMPLATES + L.TEMPLATE.immediate),
          set(number, op('i64.extend_i32_s', narrow(node))),
        ],
        [
          when(op('i32.eq', narrow(node), i32(8)), load(number, 'i64.load', narrow(byte)), [
            when(op('i32.eq', narrow(node), i32(4)), signed(4), [
              when(
                op('i32.eq', narrow(node), i32(2)),
                [when(has(L.TEMPLATE.signed), signed(2), unsigned(2))],
                [when(has(L.TEMPLATE.signed), signed(1), unsigned(1))],
              ),
            ]),
            relativeTo(L.TEMPLATE.relative),
          ]),
        ],
      ),
      store('i64.store', narrow(RECORD), L.FIELD.immediate, local(number, 'i64')),
      store('i64.store', narrow(RECORD), L.FIELD.pc, local(pc, 'i64')),
      store('i32.store', narrow(slot), 0, narrow(RECORD)),
      set(RECORD, op('i32.add', narrow(RECORD), i32(L.RECORD_SIZE))),
      set(ROOM, op('i32.sub', narrow(ROOM), i32(1))),
      set(AT, op('i32.add', narrow(AT), narrow(count))),
      set(pc, local(next, 'i64')),
      when(has(L.TEMPLATE.ends), leave(DECODED.ended)),
      { is: 'br', label: again },
    );
  });
  code.byte(0x00);
  return {
    type: { params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] },
    locals: gen.locals,
    code: code.view().slice(),
    export: 'decode',
  };
}
