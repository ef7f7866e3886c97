/** Memory as bytes. What is not there is said to be unreadable, never an error: memory views ask for whole pages. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { Refusal } from './errors.ts';
import { addressFrom } from './evaluate.ts';
import { checked, type Session, targetOf } from './session.ts';

/** One answer holds no more than this. */
const LIMIT = 1 << 20;
/** Beyond this many references a client does not look any more. */
const SHOWN_LIMIT = 64;

export function readMemory(
  session: Session,
  args: DebugProtocol.ReadMemoryArguments,
): DebugProtocol.ReadMemoryResponse['body'] {
  const { machine } = targetOf(session);
  const base = addressFrom(session, checked<string>(args.memoryReference, 'string', 'memoryReference'));
  const offset = Math.trunc(Number(args.offset)) || 0;
  const sum = base + offset;
  const address = Number.isSafeInteger(sum) ? sum : -1;
  const count = Math.min(Math.max(0, Number(args.count) || 0), LIMIT);
  const task = session.stop?.task ?? machine.current;
  const bytes = address < 0 || task === undefined ? new Uint8Array(0) : machine.read(task, address, count);
  const shown = session.memoryShown.get(args.memoryReference);
  session.memoryShown.set(args.memoryReference, {
    from: Math.min(offset, shown?.from ?? offset),
    to: Math.max(offset + count, shown?.to ?? 0),
  });
  if (session.memoryShown.size > SHOWN_LIMIT) session.memoryShown.delete([...session.memoryShown.keys()][0]);
  return {
    address: hex(address),
    ...(bytes.length < count ? { unreadableBytes: count - bytes.length } : {}),
    ...(bytes.length > 0 ? { data: encodeBase64(bytes) } : {}),
  };
}

export function writeMemory(
  session: Session,
  args: DebugProtocol.WriteMemoryArguments,
): DebugProtocol.WriteMemoryResponse['body'] {
  const { machine } = targetOf(session);
  const address =
    addressFrom(session, checked<string>(args.memoryReference, 'string', 'memoryReference')) +
    (Number(args.offset) || 0);
  const bytes = decodeBase64(checked<string>(args.data, 'string', 'data'));
  if (!bytes) throw new Refusal('The data is no base64.');
  const task = session.stop?.task ?? machine.current ?? 0;
  if (!args.allowPartial && machine.read(task, address, bytes.length).length < bytes.length)
    throw new Refusal(`There is no memory for ${bytes.length} bytes at ${hex(address)}.`);
  const written = machine.write(task, address, bytes);
  tellMemoryChanged(session, args.memoryReference, Number(args.offset) || 0, written);
  if (session.client.invalidatedEvent) session.emit('invalidated', { areas: ['variables', 'stacks'] });
  return { offset: 0, bytesWritten: written };
}

/** After a stop: what the client looks at may be other bytes now. */
export function tellMemoryMayHaveChanged(session: Session): void {
  for (const [reference, { from, to }] of session.memoryShown) tellMemoryChanged(session, reference, from, to - from);
}

export function tellMemoryChanged(session: Session, memoryReference: string, offset: number, count: number): void {
  if (session.client.memoryEvent) session.emit('memory', { memoryReference, offset, count });
}

function hex(address: number): string {
  return address < 0 ? `-0x${(-address).toString(16)}` : `0x${address.toString(16)}`;
}
