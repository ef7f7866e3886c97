/**
 * Where a variable is: location lists (versions 4 and 5) and the expressions in them. An expression gives pieces, since
 * Go keeps the words of a string or a slice in different registers.
 *
 * Source: DWARF Debugging Information Format 5, sections 2.5, 2.6 and 7.7.
 */
import { Cursor, SymbolError } from '../bytes.ts';
import { AT, FORM } from './constants.ts';
import {
  type Die,
  type DwarfSections,
  guard,
  indexedAddress,
  largestAddress,
  type Unit,
  type UnitReader,
} from './units.ts';

export interface LocationEntry {
  /** Addresses [low, high) where it holds; the whole program for a plain expression. */
  readonly low: number;
  readonly high: number;
  readonly expression: Uint8Array;
}

export type Piece =
  /** `size` 0: the whole variable. */
  | { readonly is: 'register'; readonly register: number; readonly size: number }
  | { readonly is: 'memory'; readonly address: number; readonly size: number }
  | { readonly is: 'value'; readonly value: bigint; readonly size: number }
  | { readonly is: 'bytes'; readonly bytes: Uint8Array; readonly size: number }
  /** Optimised out. */
  | { readonly is: 'nowhere'; readonly size: number };

/** What an expression may ask. Registers by DWARF number; undefined when not known in this frame. */
export interface ExpressionContext {
  register(number: number): bigint | undefined;
  /** Canonical frame address, what DW_OP_call_frame_cfa and Go's frame base mean. */
  cfa: number | undefined;
  frameBase?: Uint8Array;
  read(address: number, length: number): Uint8Array;
  /** Added to addresses that the file mentions. */
  bias: number;
}

const MAX_ENTRIES = 100_000;
const MAX_OPERATIONS = 1_000;

/** All places a variable has over the program's run, by a DW_AT_location-like attribute; empty if it has none. */
export function readLocations(units: UnitReader, die: Die, attribute: number = AT.location): LocationEntry[] {
  const a = die.attributes.get(attribute);
  if (!a) return [];
  if (a.value instanceof Uint8Array) {
    return a.value.length === 0 ? [] : [{ low: 0, high: Number.POSITIVE_INFINITY, expression: a.value }];
  }
  if (typeof a.value !== 'number') return [];
  const value = a.value;
  const entries: LocationEntry[] = [];
  guard(() => {
    if (die.unit.version >= 5) readLoclist(units.sections, die.unit, value, a.form, entries);
    else readLoc(units.sections, die.unit, value, entries);
  });
  return entries;
}

function readLoc(sections: DwarfSections, unit: Unit, offset: number, entries: LocationEntry[]): void {
  const c = new Cursor(sections.loc, '.debug_loc', offset);
  let base = unit.basePc;
  const all = largestAddress(unit);
  for (let i = 0; i < MAX_ENTRIES; i++) {
    const low = c.unsigned(unit.addressSize);
    const high = c.unsigned(unit.addressSize);
    if (low === 0 && high === 0) return;
    if (low === all) {
      base = high;
      continue;
    }
    entries.push({ low: base + low, high: base + high, expression: c.take(c.u16()) });
  }
}

function readLoclist(sections: DwarfSections, unit: Unit, value: number, form: number, entries: LocationEntry[]): void {
  let offset = value;
  if (form === FORM.loclistx) {
    const at = unit.loclistsBase + value * unit.offsetSize;
    offset = unit.loclistsBase + new Cursor(sections.loclists, '.debug_loclists', at).unsigned(unit.offsetSize);
  }
  const c = new Cursor(sections.loclists, '.debug_loclists', offset);
  let base = unit.basePc;
  const indexed = () => indexedAddress(sections, unit, c.uleb());
  const add = (low: number, high: number): void => {
    entries.push({ low, high, expression: c.take(c.uleb()) });
  };
  for (let i = 0; i < MAX_ENTRIES; i++) {
    const kind = c.u8();
    switch (kind) {
      case 0:
        return;
      case 1:
        base = indexed();
        break;
      case 2: {
        const low = indexed();
        add(low, indexed());
        break;
      }
      case 3: {
        const low = indexed();
        add(low, low + c.uleb());
        break;
      }
      case 4: {
        const low = c.uleb();
        add(base + low, base + c.uleb());
        break;
      }
      case 5:
        add(0, Number.POSITIVE_INFINITY);
        break;
      case 6:
        base = c.unsigned(unit.addressSize);
        break;
      case 7: {
        const low = c.unsigned(unit.addressSize);
        add(low, c.unsigned(unit.addressSize));
        break;
      }
      case 8: {
        const low = c.unsigned(unit.addressSize);
        add(low, low + c.uleb());
        break;
      }
      default:
        throw new SymbolError('.debug_loclists', `unknown entry kind ${kind}`);
    }
  }
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The pieces an expression describes; undefined if it needs something that is not known here. */
export function evaluateLocation(expression: Uint8Array, context: ExpressionContext): Piece[] | undefined {
  return guard(() => evaluate(expression, context, 0));
}

function evaluate(expression: Uint8Array, context: ExpressionContext, depth: number): Piece[] | undefined {
  const c = new Cursor(expression, 'location expression');
  const stack: bigint[] = [];
  const pieces: Piece[] = [];
  let whole: Piece | undefined;
  let unknown = false;

  const pop = (): bigint => {
    const value = stack.pop();
    if (value === undefined) throw new SymbolError('location expression', 'takes from an empty stack');
    return value;
  };
  const push = (value: bigint | number | undefined): void => {
    if (value === undefined) {
      unknown = true;
      stack.push(0n);
    } else stack.push(u64(BigInt(value)));
  };
  const binary = (f: (a: bigint, b: bigint) => bigint): void => {
    const b = pop();
    const a = pop();
    push(f(a, b));
  };
  const deref = (size: number): void => {
    const bytes = context.read(Number(pop()), size);
    if (bytes.length < size) push(undefined);
    else push(bytes.reduceRight((sum, b) => (sum << 8n) | BigInt(b), 0n));
  };
  const finish = (size: number): void => {
    if (whole) pieces.push({ ...whole, size });
    else if (unknown || stack.length === 0) pieces.push({ is: 'nowhere', size });
    else pieces.push({ is: 'memory', address: Number(pop()), size });
    whole = undefined;
    unknown = false;
    stack.length = 0;
  };
  const breg = (register: number): void => {
    const offset = c.sleb();
    const value = context.register(register);
    push(value === undefined ? undefined : value + BigInt(offset));
  };

  for (let n = 0; !c.atEnd; n++) {
    if (n > MAX_OPERATIONS) throw new SymbolError('location expression', 'is too long');
    const op = c.u8();
    if (op >= 0x30 && op <= 0x4f) push(op - 0x30);
    else if (op >= 0x50 && op <= 0x6f) whole = { is: 'register', register: op - 0x50, size: 0 };
    else if (op >= 0x70 && op <= 0x8f) breg(op - 0x70);
    else {
      switch (op) {
        case 0x03:
          push(c.u64() + context.bias);
          break;
        case 0x06:
          deref(8);
          break;
        case 0x94:
          deref(c.u8());
          break;
        case 0x08:
          push(c.u8());
          break;
        case 0x09:
          push(c.i8());
          break;
        case 0x0a:
          push(c.u16());
          break;
        case 0x0b:
          push((c.u16() << 16) >> 16);
          break;
        case 0x0c:
          push(c.u32());
          break;
        case 0x0d:
          push(c.i32());
          break;
        case 0x0e:
        case 0x0f: {
          const low = c.u32();
          push((BigInt(c.u32()) << 32n) | BigInt(low));
          break;
        }
        case 0x10:
          push(c.uleb());
          break;
        case 0x11:
          push(c.sleb());
          break;
        case 0x12: {
          const top = pop();
          stack.push(top, top);
          break;
        }
        case 0x13:
          pop();
          break;
        case 0x16: {
          const b = pop();
          const a = pop();
          stack.push(b, a);
          break;
        }
        case 0x1a:
          binary((a, b) => a & b);
          break;
        case 0x1c:
          binary((a, b) => a - b);
          break;
        case 0x1e:
          binary((a, b) => a * b);
          break;
        case 0x1f:
          push(-pop());
          break;
        case 0x20:
          push(~pop());
          break;
        case 0x21:
          binary((a, b) => a | b);
          break;
        case 0x22:
          binary((a, b) => a + b);
          break;
        case 0x23:
          push(pop() + BigInt(c.uleb()));
          break;
        case 0x24:
          binary((a, b) => (b > 63n ? 0n : a << b));
          break;
        case 0x25:
          binary((a, b) => (b > 63n ? 0n : a >> b));
          break;
        case 0x27:
          binary((a, b) => a ^ b);
          break;
        case 0x90:
          whole = { is: 'register', register: c.uleb(), size: 0 };
          break;
        case 0x91: {
          const offset = c.sleb();
          const base = frameBase(context, depth);
          push(base === undefined ? undefined : base + BigInt(offset));
          break;
        }
        case 0x92:
          breg(c.uleb());
          break;
        case 0x93:
          finish(c.uleb());
          break;
        case 0x96:
          break;
        case 0x9c:
          push(context.cfa);
          break;
        case 0x9e:
          whole = { is: 'bytes', bytes: c.take(c.uleb()), size: 0 };
          break;
        // A pointer to something that is nowhere.
        case 0xa0:
        case 0xf2:
          c.skip(4);
          c.sleb();
          whole = { is: 'nowhere', size: 0 };
          break;
        // What a register held when the function was entered: nobody kept it.
        case 0xa3:
        case 0xf3:
          c.take(c.uleb());
          push(undefined);
          break;
        case 0x9f:
          whole = unknown ? { is: 'nowhere', size: 0 } : { is: 'value', value: pop(), size: 0 };
          break;
        default:
          return undefined;
      }
    }
  }
  if (pieces.length === 0 || whole || stack.length > 0) finish(0);
  return pieces;
}

function frameBase(context: ExpressionContext, depth: number): bigint | undefined {
  if (!context.frameBase || depth > 0) return context.cfa === undefined ? undefined : BigInt(context.cfa);
  const [piece] = evaluate(context.frameBase, context, depth + 1) ?? [];
  if (piece?.is === 'register') return context.register(piece.register);
  return piece?.is === 'memory' ? BigInt(piece.address) : undefined;
}
