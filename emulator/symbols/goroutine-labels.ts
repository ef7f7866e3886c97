/**
 * The labels that runtime/pprof.Do and SetGoroutineLabels give a goroutine. `g.labels` points to a map of strings up to Go
 * 1.23 and to a sorted list of pairs since 1.24; either way without a type, so their layouts stand here.
 *
 * Source: runtime/pprof/label.go and runtime/map.go (`hmap`, `bmap`) of those versions.
 */
import type { ViewMemory } from '../abi/arch.ts';
import type { Field, ValueType } from '../abi/go-abi.ts';
import { decodeUtf8, word } from './bytes.ts';
import { mapEntries } from './go-containers.ts';

export interface Label {
  readonly key: string;
  readonly value: string;
}

/** More are not shown with a goroutine. */
const MOST_LABELS = 32;
const LONGEST = 256;
const FIRST_WITH_LIST = 24;
const STRING_SIZE = 16;

/** @param pointer what `g.labels` holds. Sorted by key; empty where there are none, or memory does not make sense. */
export function goroutineLabels(memory: ViewMemory, pointer: number | undefined, minor: number | undefined): Label[] {
  if (!pointer) return [];
  const labels = (minor ?? FIRST_WITH_LIST) >= FIRST_WITH_LIST ? listed(memory, pointer) : mapped(memory, pointer);
  return labels.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function listed(memory: ViewMemory, pointer: number): Label[] {
  const [list, count] = [word(memory, pointer), word(memory, pointer + 8)];
  if (!list || !count) return [];
  return Array.from({ length: Math.min(count, MOST_LABELS) }, (_, i) =>
    label(memory, list + i * 2 * STRING_SIZE, list + i * 2 * STRING_SIZE + STRING_SIZE),
  ).filter(found => found !== undefined);
}

function mapped(memory: ViewMemory, pointer: number): Label[] {
  const labels: Label[] = [];
  for (const { key, value } of mapEntries(memory, LABEL_MAP, word(memory, pointer) ?? 0)) {
    const found = label(memory, key.address, value.address);
    if (found) labels.push(found);
    if (labels.length >= MOST_LABELS) break;
  }
  return labels;
}

function label(memory: ViewMemory, keyAt: number, valueAt: number): Label | undefined {
  const [key, value] = [string(memory, keyAt), string(memory, valueAt)];
  return key === undefined || value === undefined ? undefined : { key, value };
}

function string(memory: ViewMemory, at: number): string | undefined {
  const [text, length] = [word(memory, at), word(memory, at + 8)];
  if (text === undefined || length === undefined) return undefined;
  return length === 0 ? '' : decodeUtf8(memory.read(text, Math.min(length, LONGEST)));
}

const STRING: ValueType = { kind: 'string', name: 'string', size: STRING_SIZE };
const part = (name: string, offset: number, type: ValueType): Field => ({ name, offset, type });
const eight = (element: ValueType): ValueType => ({
  kind: 'array',
  name: `[8]${element.name}`,
  size: 8 * element.size,
  length: 8,
  element: () => element,
});
const BYTE: ValueType = { kind: 'uint', name: 'uint8', size: 1 };
const BUCKET: ValueType = {
  kind: 'struct',
  name: 'bucket<string,string>',
  size: 272,
  fields: [
    part('tophash', 0, eight(BYTE)),
    part('keys', 8, eight(STRING)),
    part('values', 136, eight(STRING)),
    part('overflow', 264, { kind: 'pointer', name: '*bucket<string,string>', size: 8 }),
  ],
};
const BUCKETS: ValueType = { kind: 'pointer', name: '*bucket<string,string>', size: 8, element: () => BUCKET };
const HEADER: ValueType = {
  kind: 'struct',
  name: 'hash<string,string>',
  size: 48,
  fields: [part('flags', 8, BYTE), part('B', 9, BYTE), part('buckets', 16, BUCKETS), part('oldbuckets', 24, BUCKETS)],
};
/** map[string]string as it was before Go 1.24. */
const LABEL_MAP: ValueType = {
  kind: 'map',
  name: 'map[string]string',
  size: 8,
  key: () => STRING,
  element: () => STRING,
  header: () => HEADER,
};
