/**
 * What the program writes, as text for the debug console. Writes end where they like, also in the middle of a character:
 * each stream keeps the bytes of an unfinished one until the rest comes. A program that writes a lot is not sent a
 * message per write: what comes in one turn of the event loop goes out together, in order.
 */

export interface ProgramOutput {
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Sends what is waiting; at the end of the program also the bytes that never became a character. */
  flush(last?: boolean): void;
}

/** Messages longer than this are sent at once, so that a loop that prints does not fill memory. */
const AT_ONCE = 16 * 1024;

export function programOutput(send: (stream: 'stdout' | 'stderr', text: string) => void): ProgramOutput {
  const decoders = {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  };
  let stream: 'stdout' | 'stderr' = 'stdout';
  let text = '';
  let scheduled = false;
  const flush = () => {
    if (text !== '') send(stream, text);
    text = '';
  };
  return {
    write(to, bytes) {
      if (to !== stream) {
        flush();
        stream = to;
      }
      text += decoders[to].decode(bytes, { stream: true });
      if (text.length >= AT_ONCE) flush();
      else if (!scheduled) {
        scheduled = true;
        setTimeout(() => {
          scheduled = false;
          flush();
        }, 0);
      }
    },
    flush(last = false) {
      flush();
      if (!last) return;
      for (const to of ['stdout', 'stderr'] as const) {
        const rest = decoders[to].decode();
        if (rest !== '') send(to, rest);
      }
    },
  };
}
