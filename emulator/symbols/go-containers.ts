/**
 * What Go's maps and channels hold, read from memory by the layout that debug information gives. Both implementations of
 * maps: Swiss tables since 1.24, buckets before.
 *
 * Source: internal/runtime/maps/{map,table,group}.go, before 1.24 runtime/map.go (`hmap`, `bmap`); runtime/chan.go.
 */
import type { ViewMemory } from '../abi/arch.ts';
import type { Field, ValueType } from '../abi/go-abi.ts';
import { word } from './bytes.ts';

/** A value that lies in memory. */
export interface Placed {
  readonly type: ValueType;
  readonly address: number;
}

export interface MapEntry {
  readonly key: Placed;
  readonly value: Placed;
}

export interface ChannelContent {
  readonly count: number;
  readonly capacity: number;
  readonly closed: boolean;
  /** In the order in which they will be received. */
  items(start: number, count: number): Placed[];
}

/** A directory of tables, or an array of buckets, longer than this is damage. */
const MAX_TABLES = 1 << 20;
/** Groups or buckets that are looked at for one map. */
const MAX_GROUPS = 1 << 22;
/** Chains of overflow buckets are short. */
const MAX_CHAIN = 10_000;

const field = (type: ValueType | undefined, name: string): Field | undefined =>
  type?.fields?.find(candidate => candidate.name === name);
const pointee = (type: ValueType | undefined): ValueType | undefined => type?.element?.();

/** How many entries a map has; undefined where its memory is not there. Both implementations count in the first word. */
export function mapLength(memory: ViewMemory, pointer: number): number | undefined {
  if (pointer === 0) return 0;
  const count = word(memory, pointer);
  return count !== undefined && count < 2 ** 40 ? count : undefined;
}

/** The entries of a map in the order of memory; ends early where memory does not make sense. Never throws. */
export function* mapEntries(memory: ViewMemory, type: ValueType, pointer: number): Generator<MapEntry> {
  const header = type.header?.();
  const key = type.key?.();
  const value = type.element?.();
  if (!header || !key || !value || pointer === 0) return;
  if (field(header, 'dirPtr')) yield* swissEntries(memory, header, key, value, pointer);
  else yield* bucketEntries(memory, header, key, value, pointer);
}

/** A key or a value that is too large for its slot is a pointer there. */
function inSlot(memory: ViewMemory, slot: ValueType, own: ValueType, address: number): Placed | undefined {
  if (slot.kind !== 'pointer' || slot.size === own.size) return { type: own, address };
  const to = word(memory, address);
  return to ? { type: own, address: to } : undefined;
}

function* swissEntries(
  memory: ViewMemory,
  header: ValueType,
  key: ValueType,
  value: ValueType,
  pointer: number,
): Generator<MapEntry> {
  const [dirPtr, dirLen] = [field(header, 'dirPtr')!, field(header, 'dirLen')];
  const table = pointee(pointee(dirPtr.type));
  const groups = field(table, 'groups');
  const data = field(groups?.type, 'data');
  const mask = field(groups?.type, 'lengthMask');
  const group = pointee(data?.type);
  if (!dirLen || !groups || !data || !mask || !group) return;
  const directory = word(memory, pointer + dirPtr.offset);
  const length = word(memory, pointer + dirLen.offset);
  if (!directory || length === undefined || length > MAX_TABLES) return;
  // A small map has no tables: the directory is its only group.
  if (length === 0) {
    yield* groupEntries(memory, group, key, value, directory);
    return;
  }
  let last = 0;
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const at = word(memory, directory + i * 8);
    if (!at) return;
    // Several neighbours in the directory may be the same table.
    if (at === last) continue;
    last = at;
    const first = word(memory, at + groups.offset + data.offset);
    const most = word(memory, at + groups.offset + mask.offset);
    if (!first || most === undefined) return;
    for (let g = 0; g <= most; g++) {
      if (seen++ > MAX_GROUPS) return;
      yield* groupEntries(memory, group, key, value, first + g * group.size);
    }
  }
}

function* groupEntries(
  memory: ViewMemory,
  group: ValueType,
  key: ValueType,
  value: ValueType,
  address: number,
): Generator<MapEntry> {
  const slots = field(group, 'slots');
  const slot = pointee(slots?.type);
  // Keys and values stand side by side, or (an experiment of 1.27) all keys before all values.
  const [keys, values] = [field(group, 'keys'), field(group, 'elems')];
  const ctrl = memory.read(address + (field(group, 'ctrl')?.offset ?? 0), 8);
  for (let i = 0; i < ctrl.length; i++) {
    if (ctrl[i] & 0x80) continue;
    const places =
      slots && slot
        ? [field(slot, 'key'), field(slot, 'elem')].map(f =>
            f ? { type: f.type, address: address + slots.offset + i * slot.size + f.offset } : undefined,
          )
        : [keys, values].map(f => {
            const item = pointee(f?.type);
            return f && item ? { type: item, address: address + f.offset + i * item.size } : undefined;
          });
    const [k, v] = places;
    const placed = k && v && [inSlot(memory, k.type, key, k.address), inSlot(memory, v.type, value, v.address)];
    if (placed?.[0] && placed[1]) yield { key: placed[0], value: placed[1] };
  }
}

/** Marks of a bucket's slot: below 5 it is empty or was moved. */
const MIN_TOP_HASH = 5;
const EVACUATED = [2, 3, 4];
const SAME_SIZE_GROW = 8;

function* bucketEntries(
  memory: ViewMemory,
  header: ValueType,
  key: ValueType,
  value: ValueType,
  pointer: number,
): Generator<MapEntry> {
  const offset = (name: string): number => field(header, name)?.offset ?? 0;
  const bucket = pointee(field(header, 'buckets')?.type);
  const parts = ['tophash', 'keys', 'values', 'overflow'].map(name => field(bucket, name));
  const [tophash, keys, values, overflow] = parts;
  if (!bucket || !tophash || !keys || !values) return;
  const [flags] = memory.read(pointer + offset('flags'), 1);
  const [log] = memory.read(pointer + offset('B'), 1);
  if (flags === undefined || log === undefined || log > 40) return;
  let seen = 0;

  function* chain(first: number): Generator<MapEntry> {
    let at: number | undefined = first;
    for (let links = 0; at && links < MAX_CHAIN; links++) {
      const marks = memory.read(at + tophash!.offset, 8);
      for (let i = 0; i < marks.length; i++) {
        if (marks[i] < MIN_TOP_HASH) continue;
        const [keySlot, valueSlot] = [pointee(keys!.type) ?? key, pointee(values!.type) ?? value];
        const k = inSlot(memory, keySlot, key, at + keys!.offset + i * keySlot.size);
        const v = inSlot(memory, valueSlot, value, at + values!.offset + i * valueSlot.size);
        if (k && v) yield { key: k, value: v };
      }
      at = overflow && word(memory, at + overflow.offset);
    }
  }

  const buckets = word(memory, pointer + offset('buckets'));
  for (let i = 0; buckets && i < 2 ** log; i++) {
    if (seen++ > MAX_GROUPS) return;
    yield* chain(buckets + i * bucket.size);
  }
  // While a map grows, what was not moved yet is in the old buckets.
  const old = word(memory, pointer + offset('oldbuckets'));
  const count = flags & SAME_SIZE_GROW ? 2 ** log : 2 ** (log - 1);
  for (let i = 0; old && i < count; i++) {
    if (seen++ > MAX_GROUPS) return;
    const [first] = memory.read(old + i * bucket.size + tophash.offset, 1);
    if (first !== undefined && !EVACUATED.includes(first)) yield* chain(old + i * bucket.size);
  }
}

/** Undefined for a nil channel, and where its memory is not there. Never throws. */
export function channelContent(memory: ViewMemory, type: ValueType, pointer: number): ChannelContent | undefined {
  const header = type.header?.();
  const item = type.element?.();
  const number = (name: string): number | undefined => {
    const found = field(header, name);
    if (!found || pointer === 0) return undefined;
    const bytes = memory.read(pointer + found.offset, found.type.size || 8);
    if (bytes.length < (found.type.size || 8)) return undefined;
    return [...bytes].reduceRight((sum, byte) => sum * 256 + byte, 0);
  };
  const [count, capacity, buffer, next] = ['qcount', 'dataqsiz', 'buf', 'recvx'].map(number);
  if (count === undefined || capacity === undefined || count > capacity || !item) return undefined;
  return {
    count,
    capacity,
    closed: (number('closed') ?? 0) !== 0,
    items: (start, length) =>
      Array.from(
        { length: buffer && next !== undefined ? Math.max(0, Math.min(length, count - start)) : 0 },
        (_, i) => ({
          type: item,
          address: buffer! + ((next! + start + i) % capacity) * item.size,
        }),
      ),
  };
}
