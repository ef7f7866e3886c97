/**
 * siginfo_t, the 128 bytes that say why a signal came (include/uapi/asm-generic/siginfo.h): signo, errno, code and,
 * from byte 16 on, fields that depend on the code.
 */
import { SI_CODE } from '../abi/signals.ts';

export const SIGINFO_SIZE = 128;

function start(signo: number, code: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, signo, true);
  view.setInt32(8, code, true);
  return { bytes, view };
}

/** kill (SI_USER), tgkill (SI_TKILL), and with `value` rt_sigqueueinfo. */
export function userInfo(signo: number, code: number, pid: number, uid: number, value = 0n): Uint8Array {
  const { bytes, view } = start(signo, code);
  view.setInt32(16, pid, true);
  view.setUint32(20, uid, true);
  view.setBigUint64(24, BigInt.asUintN(64, value), true);
  return bytes;
}

/** From the kernel itself. */
export const kernelInfo = (signo: number): Uint8Array => start(signo, SI_CODE.SI_KERNEL).bytes;

/** A trap: the address that faulted, or of the instruction. */
export function faultInfo(signo: number, code: number, address: number): Uint8Array {
  const { bytes, view } = start(signo, code);
  view.setBigUint64(16, BigInt(address), true);
  return bytes;
}

/** A POSIX timer: its number, how many expiries were missed, the value it was created with. */
export function timerInfo(signo: number, timer: number, overrun: number, value: bigint): Uint8Array {
  const { bytes, view } = start(signo, SI_CODE.SI_TIMER);
  view.setInt32(16, timer, true);
  view.setInt32(20, overrun, true);
  view.setBigUint64(24, BigInt.asUintN(64, value), true);
  return bytes;
}

/** SIGCHLD. Times in clock ticks. */
export function childInfo(
  signo: number,
  code: number,
  pid: number,
  uid: number,
  status: number,
  ticks: bigint,
): Uint8Array {
  const { bytes, view } = start(signo, code);
  view.setInt32(16, pid, true);
  view.setUint32(20, uid, true);
  view.setInt32(24, status, true);
  view.setBigInt64(32, ticks, true);
  return bytes;
}

export const infoCode = (info: Uint8Array): number => new DataView(info.buffer, info.byteOffset).getInt32(8, true);
