/** signalfd: blocked signals read as records of 128 bytes (struct signalfd_siginfo). */
import { SIGNALFD_SIGINFO } from '../../abi/structs.ts';
import type { Context } from '../context.ts';
import { EINVAL } from '../errors.ts';
import type { PendingSignal } from '../state.ts';
import type { Reading } from './io.ts';
import type { SignalFd } from './state.ts';

/** Signals that a read by this task could take, as a mask. */
export function pendingSignals(c: Context): bigint {
  let mask = 0n;
  for (const { signo } of [...c.task.pending, ...c.process.pending]) mask |= 1n << BigInt(signo - 1);
  return mask;
}

export function readSignals(c: Context, inode: SignalFd, length: number): Reading | undefined {
  const size = SIGNALFD_SIGINFO.size;
  if (length < size) throw EINVAL;
  const wanted = (s: PendingSignal): boolean => (inode.mask & (1n << BigInt(s.signo - 1))) !== 0n;
  const taken = [...c.task.pending, ...c.process.pending]
    .filter(wanted)
    .sort((a, b) => a.signo - b.signo)
    .slice(0, Math.floor(length / size));
  if (taken.length === 0) return undefined;
  const bytes = new Uint8Array(taken.length * size);
  taken.forEach((signal, i) => {
    bytes.set(record(signal.info), i * size);
  });
  return {
    bytes,
    done: count => {
      const gone = new Set(taken.slice(0, Math.floor(count / size)));
      c.task.pending = c.task.pending.filter(s => !gone.has(s));
      c.process.pending = c.process.pending.filter(s => !gone.has(s));
    },
  };
}

/** siginfo_t as a signalfd_siginfo: signal, errno and code first in both, then what the signal's kind has. */
function record(info: Uint8Array): Uint8Array {
  const from = new DataView(info.buffer, info.byteOffset, info.byteLength);
  const bytes = new Uint8Array(SIGNALFD_SIGINFO.size);
  const to = new DataView(bytes.buffer);
  const put = (name: keyof typeof SIGNALFD_SIGINFO.offsets, value: number): void =>
    to.setInt32(SIGNALFD_SIGINFO.offsets[name], value, true);
  put('ssi_signo', from.getInt32(0, true));
  put('ssi_errno', from.getInt32(4, true));
  put('ssi_code', from.getInt32(8, true));
  // From kill, tgkill, sigqueue and a child's end: who sent it, and a value or a status.
  put('ssi_pid', from.getInt32(16, true));
  put('ssi_uid', from.getInt32(20, true));
  const signo = from.getInt32(0, true);
  if (signo === 17) put('ssi_status', from.getInt32(24, true));
  else {
    put('ssi_int', from.getInt32(24, true));
    to.setBigUint64(SIGNALFD_SIGINFO.offsets.ssi_ptr, from.getBigUint64(24, true), true);
  }
  return bytes;
}
