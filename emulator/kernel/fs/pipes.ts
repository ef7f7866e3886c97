/** Pipes as Linux fills and drains them (fs/pipe.c): slots of a page, small writes merged into the last slot. */
import { PAGE_SIZE } from '../../memory/types.ts';
import type { Pipe } from './state.ts';

/** Unread bytes. */
export function pipeLength(pipe: Pipe): number {
  let length = 0;
  for (const slot of pipe.slots) length += slot.bytes.length - slot.start;
  return length;
}

export function pipeFull(pipe: Pipe): boolean {
  return pipe.slots.length >= pipe.capacity;
}

/** At most `maximum` bytes, left where they are; empty if there are none. */
export function peekPipe(pipe: Pipe, maximum: number): Uint8Array {
  const result = new Uint8Array(Math.min(maximum, pipeLength(pipe)));
  let at = 0;
  for (const slot of pipe.slots) {
    if (at === result.length) break;
    const part = slot.bytes.subarray(slot.start, slot.start + result.length - at);
    result.set(part, at);
    at += part.length;
  }
  return result;
}

export function skipPipe(pipe: Pipe, count: number): void {
  for (let left = count; left > 0; ) {
    const slot = pipe.slots[0];
    const part = Math.min(left, slot.bytes.length - slot.start);
    slot.start += part;
    left -= part;
    if (slot.start === slot.bytes.length) pipe.slots.shift();
  }
}

/** Puts in what fits and returns how much that was. A write of at most a page goes in whole or not at all. */
export function putIntoPipe(pipe: Pipe, bytes: Uint8Array): number {
  let at = 0;
  const odd = bytes.length % PAGE_SIZE;
  const last = pipe.slots.at(-1);
  if (odd > 0 && last && last.bytes.length + odd <= PAGE_SIZE) {
    const merged = new Uint8Array(last.bytes.length + odd);
    merged.set(last.bytes);
    merged.set(bytes.subarray(0, odd), last.bytes.length);
    last.bytes = merged;
    at = odd;
  }
  while (at < bytes.length && !pipeFull(pipe)) {
    const part = bytes.slice(at, at + PAGE_SIZE);
    pipe.slots.push({ bytes: part, start: 0 });
    at += part.length;
  }
  return at;
}
