/** siginfo_t as traces show it, after a signal's name and in the calls that carry one. */

import { errnoByNumber } from '../abi/errno.ts';
import { AUDIT_ARCH } from '../abi/flags-system.ts';
import { CODES_OF_SIGNAL, SI_CODE, SIG, signalName } from '../abi/signals.ts';
import {
  SIGINFO,
  SIGINFO_CHILD,
  SIGINFO_FAULT,
  SIGINFO_KILL,
  SIGINFO_POLL,
  SIGINFO_QUEUE,
  SIGINFO_SYS,
  SIGINFO_TIMER,
} from '../abi/structs.ts';
import { type Column, syscallByNumber } from '../abi/syscalls.ts';
import { readStruct } from '../abi/types.ts';
import { choice, hex, pointer } from './text.ts';

const signal = (signo: number): string => (signo > 0 ? signalName(signo) : String(signo));

function codeName(signo: number, code: number): string {
  for (const names of [SI_CODE, CODES_OF_SIGNAL[signo]]) {
    const found = names && Object.entries(names).find(([, value]) => value === code);
    if (found) return found[0];
  }
  return hex(code >>> 0);
}

const source = (info: Uint8Array): string => {
  const { si_pid, si_uid } = readStruct(SIGINFO_KILL, info);
  return `, si_pid=${si_pid}, si_uid=${si_uid | 0}`;
};

const sigval = (value: bigint): string => `, si_int=${BigInt.asIntN(32, value)}, si_ptr=${pointer(value)}`;

function fromUser(info: Uint8Array, code: number): string {
  if (code === SI_CODE.SI_USER || code === SI_CODE.SI_TKILL) return source(info);
  if (code === SI_CODE.SI_TIMER) {
    const { si_timerid, si_overrun, si_value } = readStruct(SIGINFO_TIMER, info);
    return `, si_timerid=${hex(si_timerid >>> 0)}, si_overrun=${si_overrun}${sigval(si_value)}`;
  }
  if (code === SI_CODE.SI_SIGIO) return poll(info);
  const { si_value } = readStruct(SIGINFO_QUEUE, info);
  return source(info) + (si_value === 0n ? '' : sigval(si_value));
}

function poll(info: Uint8Array): string {
  const { si_band, si_fd } = readStruct(SIGINFO_POLL, info);
  return `, si_band=${si_band}, si_fd=${si_fd}`;
}

const CLD_EXITED = 1;
const SEGV_BNDERR = 3;
const SEGV_PKUERR = 4;

function fromKernel(info: Uint8Array, signo: number, code: number, column: Column): string {
  switch (signo) {
    case SIG.SIGCHLD: {
      const { si_status, si_utime, si_stime } = readStruct(SIGINFO_CHILD, info);
      const status = code === CLD_EXITED ? String(si_status) : signal(si_status);
      return `${source(info)}, si_status=${status}, si_utime=${si_utime}, si_stime=${si_stime}`;
    }
    case SIG.SIGILL:
    case SIG.SIGFPE:
    case SIG.SIGBUS:
    case SIG.SIGSEGV:
    case SIG.SIGTRAP: {
      const { si_addr, si_lower, si_upper } = readStruct(SIGINFO_FAULT, info);
      let text = `, si_addr=${pointer(si_addr)}`;
      if (signo === SIG.SIGSEGV && code === SEGV_BNDERR)
        text += `, si_lower=${pointer(si_lower)}, si_upper=${pointer(si_upper)}`;
      if (signo === SIG.SIGSEGV && code === SEGV_PKUERR) text += `, si_pkey=${si_lower >>> 0}`;
      return text;
    }
    case SIG.SIGIO:
      return code >= 1 && code <= 6 ? poll(info) : '';
    case SIG.SIGSYS: {
      const { si_call_addr, si_syscall, si_arch } = readStruct(SIGINFO_SYS, info);
      const name = syscallByNumber(column, si_syscall);
      const call = name ? `__NR_${name}` : `${si_syscall}`;
      const arch = choice(AUDIT_ARCH, BigInt(si_arch), 'AUDIT_ARCH_???');
      return `, si_call_addr=${pointer(si_call_addr)}, si_syscall=${call}, si_arch=${arch}`;
    }
    default: {
      const { si_pid, si_uid, si_value } = readStruct(SIGINFO_QUEUE, info);
      return (si_pid || si_uid ? source(info) : '') + (si_value === 0n ? '' : sigval(si_value));
    }
  }
}

/** `{si_signo=SIGURG, si_code=SI_TKILL, si_pid=1, si_uid=1000}`; `info` is the 128 bytes that the kernel has. */
export function formatSiginfo(info: Uint8Array, column: Column): string {
  if (info.length < SIGINFO.size) return '{}';
  const { si_signo, si_errno, si_code } = readStruct(SIGINFO, info);
  if (si_signo === 0) return '{}';
  const errno = si_errno === 0 ? '' : `, si_errno=${errnoByNumber(si_errno)?.name ?? si_errno}`;
  const rest = si_code <= 0 ? fromUser(info, si_code) : fromKernel(info, si_signo, si_code, column);
  return `{si_signo=${signal(si_signo)}, si_code=${codeName(si_signo, si_code)}${errno}${rest}}`;
}
