/**
 * The event loop's turn. A timer of no milliseconds takes one in Node and four in a browser, which is a twentieth and a
 * fifth of the time when the machine stops for it every fifteen.
 */

/** Resolves when what has happened meanwhile (messages, input, timers) has been heard of. */
export const nextTurn: () => Promise<void> =
  typeof setImmediate === 'function' ? () => new Promise(resolve => void setImmediate(resolve)) : messages();

/** A message to oneself is queued behind everything else; unlike timers, browsers don't delay it. */
function messages(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise(resolve => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}
