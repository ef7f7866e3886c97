/** The wire: messages cut anywhere arrive whole, and what is no message costs only itself. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMessage, messageReader } from '../../debug-adapter/framing.ts';

function readAll(chunks: Uint8Array[]): { messages: unknown[]; problems: string[] } {
  const messages: unknown[] = [];
  const problems: string[] = [];
  const read = messageReader(
    message => messages.push(message),
    problem => problems.push(problem),
  );
  for (const chunk of chunks) read(chunk);
  return { messages, problems };
}

test('messages survive any cut of the stream', () => {
  const wanted = [{ seq: 1, text: 'ä€😀' }, { seq: 2 }, { seq: 3, nested: { list: [1, 2] } }];
  const bytes = Buffer.concat(wanted.map(encodeMessage));
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), cuts => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, i) => new Uint8Array(bytes.subarray(at[i], end)));
      expect(readAll(chunks).messages).toEqual(wanted);
    }),
  );
});

test('garbage is reported and skipped', () => {
  const text = (s: string) => new TextEncoder().encode(s);
  const good = encodeMessage({ seq: 1 });
  expect(readAll([text('Content-Length: 3\r\n\r\n{{{'), good])).toEqual({
    messages: [{ seq: 1 }],
    problems: [expect.stringContaining('no JSON')],
  });
  expect(readAll([text('Hello: 5\r\n\r\n'), good]).messages).toEqual([{ seq: 1 }]);
  expect(readAll([text('Content-Length: 99999999999\r\n\r\n'), good]).messages).toEqual([{ seq: 1 }]);
  expect(readAll([text('x'.repeat(10_000)), good]).messages).toEqual([{ seq: 1 }]);
});
