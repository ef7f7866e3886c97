/** What the CPU could not do becomes a signal, with the codes and addresses Linux gives (arch/x86/kernel/traps.c). */
import { BUS_CODE, FPE_CODE, ILL_CODE, SEGV_CODE, SIG, TRAP_CODE } from '../abi/signals.ts';
import { ADDRESS_END } from '../memory/types.ts';
import type { Exception } from './api.ts';
import type { Core } from './context.ts';
import { resolveFault } from './memory.ts';
import { faultInfo, kernelInfo } from './siginfo.ts';
import { forceSignal } from './signals.ts';
import type { Task } from './state.ts';

/** The user half of the canonical addresses ends here; what lies between it and the kernel half is a #GP. */
const CANONICAL_END = 2 ** 47;
const KERNEL_START = 2 ** 64 - 2 ** 47;

/** A page fault that extends the stack is no exception: the task just runs on. */
export function raiseException(core: Core, task: Task, exception: Exception): void {
  const { arch } = core.options;
  const r = task.registers;
  const pc = arch.pc(r);
  if (exception.is === 'page-fault') {
    const { fault } = exception;
    const process = core.state.processes.get(task.processId)!;
    if (resolveFault(core, process, fault)) return;
    if (fault.address >= CANONICAL_END && fault.address < KERNEL_START) {
      raiseException(core, task, { is: 'general-protection' });
      return;
    }
    const present = fault.cause === 'protected' || fault.address >= ADDRESS_END;
    const { trap, error } = arch.signal.trap(r, { is: 'page-fault', access: fault.access, present });
    task.fault = { trap, error, address: fault.address };
    if (fault.cause === 'beyond-file')
      forceSignal(core, task, SIG.SIGBUS, faultInfo(SIG.SIGBUS, BUS_CODE.BUS_ADRERR, fault.address));
    else {
      const code = fault.cause === 'unmapped' ? SEGV_CODE.SEGV_MAPERR : SEGV_CODE.SEGV_ACCERR;
      forceSignal(core, task, SIG.SIGSEGV, faultInfo(SIG.SIGSEGV, code, fault.address));
    }
    return;
  }
  const described = arch.signal.trap(r, exception);
  task.fault = { trap: described.trap, error: described.error, address: task.fault?.address ?? 0 };
  switch (exception.is) {
    case 'invalid-opcode':
      forceSignal(core, task, SIG.SIGILL, faultInfo(SIG.SIGILL, ILL_CODE.ILL_ILLOPN, pc));
      return;
    case 'divide-error':
      forceSignal(core, task, SIG.SIGFPE, faultInfo(SIG.SIGFPE, FPE_CODE.FPE_INTDIV, pc));
      return;
    case 'floating-point':
      // Without a code the flags were cleared meanwhile: Linux takes it for a spurious exception.
      if (described.code !== undefined && described.code !== 0)
        forceSignal(core, task, SIG.SIGFPE, faultInfo(SIG.SIGFPE, described.code, pc));
      return;
    case 'general-protection':
    case 'overflow':
      forceSignal(core, task, SIG.SIGSEGV, kernelInfo(SIG.SIGSEGV));
      return;
    case 'stack-fault':
      forceSignal(core, task, SIG.SIGBUS, kernelInfo(SIG.SIGBUS));
      return;
    case 'breakpoint':
      forceSignal(core, task, SIG.SIGTRAP, kernelInfo(SIG.SIGTRAP));
      return;
    case 'debug': {
      const code = exception.instruction ? TRAP_CODE.TRAP_BRKPT : TRAP_CODE.TRAP_TRACE;
      forceSignal(core, task, SIG.SIGTRAP, faultInfo(SIG.SIGTRAP, code, pc));
      return;
    }
    case 'alignment-check':
      forceSignal(core, task, SIG.SIGBUS, faultInfo(SIG.SIGBUS, BUS_CODE.BUS_ADRALN, 0));
      return;
  }
}
