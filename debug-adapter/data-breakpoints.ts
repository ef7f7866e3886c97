/**
 * Breakpoints on data: what a variable, an expression or an address stands for as a range of memory, and the watch over
 * it. The machine stops behind the access, so the value before it is kept here.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Machine, Stop } from '../emulator/machine.ts';
import { allBreakpoints, arm, type Breakpoint, checkedList, describe, make } from './breakpoints.ts';
import { addressFrom, scopeOf, where } from './evaluate.ts';
import { checked, type Session, targetOf } from './session.ts';
import { evaluateText } from './values.ts';
import { itemIn } from './variables.ts';

/** Data that the machine watches, and an access that met it. */
export type Watchpoint = Parameters<Machine['setWatchpoints']>[1][number];
type Met = (Stop & { is: 'watchpoint' })['met'];

/** A page is more than anybody watches; larger ranges cost every access of theirs. */
const SIZE_LIMIT = 1 << 20;

const ACCESS: Readonly<Record<string, Watchpoint['access']>> = { read: 'read', write: 'write', readWrite: 'access' };

export function dataBreakpointInfo(
  session: Session,
  args: DebugProtocol.DataBreakpointInfoArguments,
): DebugProtocol.DataBreakpointInfoResponse['body'] {
  const name = checked<string>(args.name, 'string', 'name');
  const no = (description: string) => ({ dataId: null, description });
  const size = Math.trunc(Number(args.bytes)) || undefined;
  if (size !== undefined && (size < 1 || size > SIZE_LIMIT)) return no(`${size} bytes cannot be watched.`);
  const { program } = targetOf(session);
  const mode = typeof args.mode === 'string' ? args.mode : '';
  const yes = (address: number, length: number, what: string) => ({
    // A mode is chosen here, and sent back with what was chosen.
    dataId: `0x${address.toString(16)}:${length}${mode === '' ? '' : `:${mode}`}`,
    description: `${what} (${length} ${length === 1 ? 'byte' : 'bytes'} at 0x${address.toString(16)})`,
    accessTypes: Object.keys(ACCESS) as DebugProtocol.DataBreakpointAccessType[],
    // The heap and the stacks lie elsewhere in another run.
    canPersist: program.elf.type === 2 && program.symbolAt(address) !== undefined,
  });
  if (args.asAddress) return yes(addressFrom(session, name), size ?? 8, name);
  if (args.variablesReference) {
    const item = itemIn(session, args.variablesReference, name);
    const place = item && typeof item.data !== 'string' ? item.data.place : undefined;
    if (place?.is !== 'memory') return no(`${name} is not in memory: what is in a register cannot be watched.`);
    return yes(place.address, size ?? place.size, item!.path ?? name);
  }
  const { task, frame } = where(session, args.frameId);
  const value = evaluateText(name, scopeOf(session, task, frame));
  if (value.place?.is === 'memory') return yes(value.place.address, size ?? value.place.size, name);
  const data = 'data' in value ? value.data?.place : undefined;
  if (data?.is === 'memory') return yes(data.address, size ?? data.size, name);
  if (size !== undefined && value.is === 'integer' && value.value >= 0x1000n && value.value < 1n << 47n)
    return yes(Number(value.value), size, name);
  return no(`${name} is not in memory: give an address and a number of bytes, or *(u64*)address.`);
}

export function setDataBreakpoints(
  session: Session,
  args: DebugProtocol.SetDataBreakpointsArguments,
): DebugProtocol.SetDataBreakpointsResponse['body'] {
  const asked = checkedList<DebugProtocol.DataBreakpoint>(args.breakpoints);
  const former = [...session.breakpoints.data];
  session.breakpoints.data = asked.map(wish => {
    const [, address, size, mode] = /^(0x[0-9a-f]{1,12}):(\d{1,7})(?::(\w+))?$/i.exec(String(wish.dataId)) ?? [];
    const range = address === undefined ? undefined : { address: Number(address), size: Number(size) };
    const access = ACCESS[wish.accessType ?? 'write'] ?? 'write';
    return make(session, { is: 'data', range, access }, { ...wish, mode }, former);
  });
  remember(session);
  arm(session);
  return { breakpoints: session.breakpoints.data.map(breakpoint => describe(session, breakpoint)) };
}

/** Reads what is watched, to compare it with what it is at the next stop. */
function remember(session: Session): void {
  for (const breakpoint of session.breakpoints.data) {
    if (breakpoint.spot.is === 'data')
      breakpoint.before = bytesAt(session, breakpoint.spot.address, breakpoint.spot.size);
  }
}

function bytesAt(session: Session, address: number, size: number): Uint8Array {
  const machine = session.target?.machine;
  const task = session.stop?.task ?? machine?.current;
  return machine && task !== undefined ? machine.read(task, address, Math.min(size, 64)).slice() : new Uint8Array(0);
}

/** For the machine: everything that is watched. */
export function watchpoints(session: Session): Watchpoint[] {
  return allBreakpoints(session.breakpoints).flatMap(({ spot }) =>
    spot.is === 'data' ? [{ address: spot.address, size: spot.size, access: spot.access }] : [],
  );
}

export function meets({ spot }: Breakpoint, met: Met): boolean {
  if (spot.is !== 'data' || (spot.access !== 'access' && spot.access !== met.access)) return false;
  return met.address < spot.address + spot.size && spot.address < met.address + met.size;
}

/** "0x575c28: 41 → 42", or what was read. */
export function changeText(session: Session, breakpoint: Breakpoint, met: Met): string {
  const { spot, before } = breakpoint;
  if (spot.is !== 'data') return '';
  const place = targetOf(session).program.symbolAt(spot.address);
  const name = place && place.offset === 0 ? place.name : `0x${spot.address.toString(16)}`;
  const now = bytesAt(session, spot.address, spot.size);
  breakpoint.before = now;
  const text = (bytes: Uint8Array): string => {
    if (bytes.length > 8) return [...bytes.subarray(0, 16)].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
    return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n).toString();
  };
  return met.access === 'read' || !before ? `${name} is read: ${text(now)}` : `${name}: ${text(before)} → ${text(now)}`;
}
