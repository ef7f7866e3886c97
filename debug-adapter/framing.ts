/**
 * The wire form of the protocol: `Content-Length: N`, an empty line, N bytes of UTF-8 JSON. A client that sends something
 * else is told so once and the rest of its input is skipped up to the next header, so that one bad message costs one
 * message.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEADER_END = [13, 10, 13, 10];
/** Longer headers and bodies are no DAP message. */
const HEADER_LIMIT = 4096;
const BODY_LIMIT = 64 * 1024 * 1024;

export function encodeMessage(message: unknown): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const header = encoder.encode(`Content-Length: ${body.length}\r\n\r\n`);
  const whole = new Uint8Array(header.length + body.length);
  whole.set(header);
  whole.set(body, header.length);
  return whole;
}

/** Takes bytes as they come and hands on whole messages; `problem` hears a sentence for what was no message. */
export function messageReader(
  receive: (message: unknown) => void,
  problem: (sentence: string) => void,
): (chunk: Uint8Array) => void {
  let pending: Uint8Array = new Uint8Array(0);
  return chunk => {
    pending = pending.length === 0 ? chunk : join(pending, chunk);
    for (;;) {
      const end = find(pending, HEADER_END);
      if (end < 0) {
        if (pending.length > HEADER_LIMIT) {
          problem('what came in is no debug adapter message (no Content-Length header)');
          pending = new Uint8Array(0);
        }
        return;
      }
      const header = decoder.decode(pending.subarray(0, Math.min(end, HEADER_LIMIT)));
      const length = Number(/(?:^|\r\n)content-length: *(\d{1,12})\s*(?:\r\n|$)/i.exec(header)?.[1] ?? Number.NaN);
      const start = end + HEADER_END.length;
      if (!(length <= BODY_LIMIT)) {
        problem('a message came without a usable Content-Length header and was skipped');
        pending = pending.subarray(start);
        continue;
      }
      if (pending.length < start + length) return;
      const body = decoder.decode(pending.subarray(start, start + length));
      pending = pending.slice(start + length);
      let message: unknown;
      try {
        message = JSON.parse(body);
      } catch (error) {
        problem(`a message was no JSON and was skipped: ${(error as Error).message}`);
        continue;
      }
      receive(message);
    }
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function find(bytes: Uint8Array, pattern: readonly number[]): number {
  outer: for (let at = bytes.indexOf(pattern[0]); at >= 0; at = bytes.indexOf(pattern[0], at + 1)) {
    if (at + pattern.length > bytes.length) return -1;
    for (let i = 1; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) continue outer;
    return at;
  }
  return -1;
}
