/**
 * Call frame information, `.eh_frame` and `.debug_frame`: where the caller's frame and its registers are, instruction
 * by instruction, for code that is not Go's (Go's own tables say it better). Read per address: an index of the
 * entries is built once, programs are run when asked for.
 *
 * Sources: DWARF Debugging Information Format 5, section 6.4; Linux Standard Base, "Exception Frames" (.eh_frame).
 */
import { Cursor, lastAtOrBelow, SymbolError } from '../bytes.ts';
import type { Elf } from '../elf.ts';
import { guard } from './units.ts';

export type RegisterRule =
  /** Unchanged by this frame. */
  | { readonly is: 'same' }
  | { readonly is: 'undefined' }
  /** Saved at CFA + offset. */
  | { readonly is: 'saved'; readonly offset: number }
  /** The caller's value is CFA + offset itself. */
  | { readonly is: 'value'; readonly offset: number }
  | { readonly is: 'register'; readonly register: number }
  /** By an expression, of which the value is the address where it is saved or the value itself. */
  | { readonly is: 'expression'; readonly expression: Uint8Array; readonly isValue: boolean };

export interface FrameRow {
  readonly cfa:
    | { readonly is: 'register'; readonly register: number; readonly offset: number }
    | { readonly is: 'expression'; readonly expression: Uint8Array };
  /** By DWARF number; those not named are unchanged. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
  /** DWARF number of the column that holds the return address. */
  readonly returnRegister: number;
  /** The frame is a signal handler's trampoline: its caller was interrupted, not called. */
  readonly isSignalFrame: boolean;
}

interface Cie {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly returnRegister: number;
  readonly encoding: number;
  readonly isSignalFrame: boolean;
  readonly hasAugmentation: boolean;
  readonly start: number;
  readonly end: number;
  readonly addressSize: number;
}

interface Fde {
  readonly low: number;
  readonly high: number;
  readonly cie: Cie;
  readonly start: number;
  readonly end: number;
  readonly section: FrameSection;
}

interface FrameSection {
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly isEh: boolean;
}

const MAX_ENTRIES = 2_000_000;
const MAX_STATES = 64;

/** The rules at a link-time address; undefined where nothing tells. */
export function openFrames(elf: Elf): (pc: number) => FrameRow | undefined {
  let index: Fde[] | undefined;
  return pc => {
    index ??= [...sectionsOf(elf)].flatMap(readIndex).sort((a, b) => a.low - b.low);
    const fde = index[lastAtOrBelow(index, pc, f => f.low)];
    return fde && pc < fde.high ? guard(() => rowAt(fde, pc)) : undefined;
  };
}

function* sectionsOf(elf: Elf): Generator<FrameSection> {
  const eh = elf.section('.eh_frame');
  const bytes = eh && guard(() => elf.data(eh));
  if (eh && bytes) yield { bytes, address: eh.address, isEh: true };
  const debug = elf.debugSection('frame');
  if (debug) yield { bytes: debug, address: 0, isEh: false };
}

function readIndex(section: FrameSection): Fde[] {
  const list: Fde[] = [];
  const cies = new Map<number, Cie | undefined>();
  guard(() => {
    const c = new Cursor(section.bytes, section.isEh ? '.eh_frame' : '.debug_frame');
    while (c.end - c.offset >= 4 && list.length < MAX_ENTRIES) {
      const entry = c.offset;
      let length = c.u32();
      let wide = false;
      if (length === 0xffffffff) {
        wide = true;
        length = c.u64();
      }
      if (length === 0) {
        if (section.isEh) return;
        continue;
      }
      const idAt = c.offset;
      const end = idAt + length;
      const id = wide && !section.isEh ? c.u64() : c.u32();
      const isCie = section.isEh ? id === 0 : id === (wide ? 2 ** 64 : 0xffffffff);
      if (!isCie) {
        const cieAt = section.isEh ? idAt - id : id;
        if (!cies.has(cieAt))
          cies.set(
            cieAt,
            guard(() => readCie(section, cieAt)),
          );
        const cie = cies.get(cieAt);
        const fde = cie && guard(() => readFde(section, cie, c.offset, end));
        if (fde && fde.high > fde.low && fde.low !== 0) list.push(fde);
      }
      if (end <= entry) return;
      c.seek(end);
    }
  });
  return list;
}

function readCie(section: FrameSection, at: number): Cie {
  const c = new Cursor(section.bytes, 'CIE', at);
  let length = c.u32();
  let wide = false;
  if (length === 0xffffffff) {
    wide = true;
    length = c.u64();
  }
  const end = c.offset + length;
  c.skip(wide && !section.isEh ? 8 : 4);
  const version = c.u8();
  const augmentation = c.cstring();
  let addressSize = 8;
  if (version >= 4) {
    addressSize = c.u8();
    c.skip(1);
  }
  const codeAlignment = c.uleb();
  const dataAlignment = c.sleb();
  const returnRegister = version === 1 ? c.u8() : c.uleb();
  let encoding = 0;
  let isSignalFrame = false;
  const hasAugmentation = augmentation.startsWith('z');
  if (hasAugmentation) {
    const size = c.uleb();
    const after = c.offset + size;
    for (const letter of augmentation.slice(1)) {
      if (letter === 'R') encoding = c.u8();
      else if (letter === 'P') readPointer(c, c.u8(), section, addressSize);
      else if (letter === 'L') c.u8();
      else if (letter === 'S') isSignalFrame = true;
      else if (letter !== 'B') break;
    }
    c.seek(after);
  } else if (augmentation !== '') {
    throw new SymbolError('CIE', `augmentation ${augmentation} is not known`);
  }
  return {
    codeAlignment,
    dataAlignment,
    returnRegister,
    encoding,
    isSignalFrame,
    hasAugmentation,
    start: c.offset,
    end,
    addressSize,
  };
}

function readFde(section: FrameSection, cie: Cie, at: number, end: number): Fde {
  const c = new Cursor(section.bytes, 'FDE', at, end);
  const low = readPointer(c, cie.encoding, section, cie.addressSize);
  // The length has the pointer's size and no base.
  const high = low + readPointer(c, cie.encoding & 0x0f, section, cie.addressSize);
  if (cie.hasAugmentation) c.skip(c.uleb());
  return { low, high, cie, start: c.offset, end, section };
}

/** A pointer in a DW_EH_PE_… encoding. */
function readPointer(c: Cursor, encoding: number, section: FrameSection, addressSize: number): number {
  if (encoding === 0xff) return 0;
  const at = section.address + c.offset;
  let value: number;
  switch (encoding & 0x0f) {
    case 0x00:
      value = c.unsigned(addressSize);
      break;
    case 0x01:
      value = c.uleb();
      break;
    case 0x02:
      value = c.u16();
      break;
    case 0x03:
      value = c.u32();
      break;
    case 0x04:
      value = c.u64();
      break;
    case 0x09:
      value = c.sleb();
      break;
    case 0x0a:
      value = (c.u16() << 16) >> 16;
      break;
    case 0x0b:
      value = c.i32();
      break;
    case 0x0c:
      value = c.i64();
      break;
    default:
      throw new SymbolError('.eh_frame', `pointer encoding ${encoding} is not known`);
  }
  return (encoding & 0x70) === 0x10 ? at + value : value;
}

interface Draft {
  cfa: FrameRow['cfa'];
  registers: Map<number, RegisterRule>;
}

function rowAt(fde: Fde, pc: number): FrameRow {
  const { cie, section } = fde;
  const draft: Draft = { cfa: { is: 'register', register: -1, offset: 0 }, registers: new Map() };
  run(section, cie, cie.start, cie.end, draft, undefined, 0, Number.POSITIVE_INFINITY);
  const initial = new Map(draft.registers);
  run(section, cie, fde.start, fde.end, draft, initial, fde.low, pc);
  return {
    cfa: draft.cfa,
    registers: draft.registers,
    returnRegister: cie.returnRegister,
    isSignalFrame: cie.isSignalFrame,
  };
}

/** Runs call frame instructions until the location passes `pc`. */
function run(
  section: FrameSection,
  cie: Cie,
  start: number,
  end: number,
  draft: Draft,
  initial: ReadonlyMap<number, RegisterRule> | undefined,
  low: number,
  pc: number,
): void {
  const c = new Cursor(section.bytes, 'call frame instructions', start, end);
  const states: Draft[] = [];
  let location = low;
  const { codeAlignment: code, dataAlignment: data } = cie;
  const saved = (register: number, offset: number): void => {
    draft.registers.set(register, { is: 'saved', offset });
  };
  const restore = (register: number): void => {
    const rule = initial?.get(register);
    if (rule) draft.registers.set(register, rule);
    else draft.registers.delete(register);
  };
  const cfaOffset = (offset: number): void => {
    if (draft.cfa.is === 'register') draft.cfa = { ...draft.cfa, offset };
  };
  const block = (): Uint8Array => c.take(c.uleb());
  while (!c.atEnd) {
    const op = c.u8();
    const low6 = op & 0x3f;
    switch (op >> 6) {
      case 1:
        location += low6 * code;
        if (location > pc) return;
        continue;
      case 2:
        saved(low6, c.uleb() * data);
        continue;
      case 3:
        restore(low6);
        continue;
    }
    switch (op) {
      case 0x00:
        break;
      case 0x01:
        location = readPointer(c, cie.encoding, section, cie.addressSize);
        break;
      case 0x02:
        location += c.u8() * code;
        break;
      case 0x03:
        location += c.u16() * code;
        break;
      case 0x04:
        location += c.u32() * code;
        break;
      case 0x05:
        saved(c.uleb(), c.uleb() * data);
        break;
      case 0x06:
        restore(c.uleb());
        break;
      case 0x07:
        draft.registers.set(c.uleb(), { is: 'undefined' });
        break;
      case 0x08:
        draft.registers.set(c.uleb(), { is: 'same' });
        break;
      case 0x09:
        draft.registers.set(c.uleb(), { is: 'register', register: c.uleb() });
        break;
      case 0x0a:
        if (states.length >= MAX_STATES) throw new SymbolError('call frame instructions', 'remember too many states');
        states.push({ cfa: draft.cfa, registers: new Map(draft.registers) });
        break;
      case 0x0b: {
        const state = states.pop();
        if (!state) throw new SymbolError('call frame instructions', 'restore a state that was not remembered');
        draft.cfa = state.cfa;
        draft.registers = state.registers;
        break;
      }
      case 0x0c:
        draft.cfa = { is: 'register', register: c.uleb(), offset: c.uleb() };
        break;
      case 0x0d: {
        const register = c.uleb();
        draft.cfa = { is: 'register', register, offset: draft.cfa.is === 'register' ? draft.cfa.offset : 0 };
        break;
      }
      case 0x0e:
        cfaOffset(c.uleb());
        break;
      case 0x0f:
        draft.cfa = { is: 'expression', expression: block() };
        break;
      case 0x10:
      case 0x16:
        draft.registers.set(c.uleb(), { is: 'expression', expression: block(), isValue: op === 0x16 });
        break;
      case 0x11:
        saved(c.uleb(), c.sleb() * data);
        break;
      case 0x12:
        draft.cfa = { is: 'register', register: c.uleb(), offset: c.sleb() * data };
        break;
      case 0x13:
        cfaOffset(c.sleb() * data);
        break;
      case 0x14:
        draft.registers.set(c.uleb(), { is: 'value', offset: c.uleb() * data });
        break;
      case 0x15:
        draft.registers.set(c.uleb(), { is: 'value', offset: c.sleb() * data });
        break;
      case 0x2e:
        c.uleb();
        break;
      default:
        throw new SymbolError('call frame instructions', `operation ${op} is not known`);
    }
    if (location > pc) return;
  }
}
