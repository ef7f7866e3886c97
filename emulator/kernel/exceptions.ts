/** What the CPU could not do becomes a signal, with the codes and addresses Linux gives (arch/x86/kernel/traps.c). */
import { BUS_CODE, FPE_CODE, ILL_CODE, SEGV_CODE, SIG, TRAP_CODE } from '../abi/signals.ts';
import { ADDRESS_END } from '../memory/types.ts';
import type { Exception } from './api.ts';
import type { Core } from './context.ts';
import { faultInfo, kernelInfo } from './siginfo.ts';
import { forceSignal } from './signals.ts';
import type { Task } from './state.ts';

/** The user half of the canonical addresses ends here; what lies between it and the kernel half is a #GP. */
const CANONICAL_END = 2 ** 47;
const KERNEL_START = 2 ** 64 - 2 ** 47;

/** The signal of each exception. */
export function signalOf(exception: Exception): number {
  switch (exception.is) {
    case 'page-fault':
      return exception.fault.cause === 'beyond-file' ? SIG.SIGBUS : SIG.SIGSEGV;
    case 'general-protection':
    case 'overflow':
      return SIG.SIGSEGV;
    case 'invalid-opcode':
      return SIG.SIGILL;
    case 'divide-error':
    case 'floating-point':
      return SIG.SIGFPE;
    case 'breakpoint':
    case 'debug':
      return SIG.SIGTRAP;
    case 'alignment-check':
    case 'stack-fault':
      return SIG.SIGBUS;
  }
}

export function raiseException(core: Core, task: Task, exception: Exception): void {
  const { arch } = core.options;
  const r = task.registers;
  const pc = arch.pc(r);
  const signo = signalOf(exception);
  const trap = (code: number, address: number): void => forceSignal(core, task, signo, faultInfo(signo, code, address));
  if (exception.is === 'page-fault') {
    const { fault } = exception;
    if (fault.address >= CANONICAL_END && fault.address < KERNEL_START) {
      raiseException(core, task, { is: 'general-protection' });
      return;
    }
    const present = fault.cause === 'protected' || fault.address >= ADDRESS_END;
    const described = arch.signal.trap(r, { is: 'page-fault', access: fault.access, present });
    task.fault = { trap: described.trap, error: described.error, address: fault.address };
    if (fault.cause === 'beyond-file') trap(BUS_CODE.BUS_ADRERR, fault.address);
    else trap(fault.cause === 'unmapped' ? SEGV_CODE.SEGV_MAPERR : SEGV_CODE.SEGV_ACCERR, fault.address);
    return;
  }
  const described = arch.signal.trap(r, exception);
  task.fault = { trap: described.trap, error: described.error, address: task.fault?.address ?? 0 };
  switch (exception.is) {
    case 'invalid-opcode':
      trap(ILL_CODE.ILL_ILLOPN, pc);
      return;
    case 'divide-error':
      trap(FPE_CODE.FPE_INTDIV, pc);
      return;
    case 'floating-point':
      // Without a code the flags were cleared meanwhile: Linux takes it for a spurious exception.
      if (described.code !== undefined && described.code !== 0) trap(described.code, pc);
      return;
    case 'debug':
      trap(exception.instruction ? TRAP_CODE.TRAP_BRKPT : TRAP_CODE.TRAP_TRACE, pc);
      return;
    case 'alignment-check':
      trap(BUS_CODE.BUS_ADRALN, 0);
      return;
    case 'general-protection':
    case 'overflow':
    case 'stack-fault':
    case 'breakpoint':
      forceSignal(core, task, signo, kernelInfo(signo));
      return;
  }
}
