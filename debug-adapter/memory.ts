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
  const sum = base + (Math.trunc(Number(args.offset)) || 0);
  const address = Number.isSafeInteger(sum) ? sum : -1;
  const count = Math.min(Math.max(0, Number(args.count) || 0), LIMIT);
  const task = session.stop?.task ?? machine.current;
  const bytes = address < 0 || task === undefined ? new Uint8Array(0) : machine.read(task, address, count);
  session.memoryShown.add(args.memoryReference);
  if (session.memoryShown.size > SHOWN_LIMIT) session.memoryShown.delete([...session.memoryShown][0]);
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
  session.emit('memory', { memoryReference: args.memoryReference, offset: Number(args.offset) || 0, count: written });
  if (session.client.invalidatedEvent) session.emit('invalidated', { areas: ['variables', 'stacks'] });
  return { offset: 0, bytesWritten: written };
}

function hex(address: number): string {
  return address < 0 ? `-0x${(-address).toString(16)}` : `0x${address.toString(16)}`;
}
