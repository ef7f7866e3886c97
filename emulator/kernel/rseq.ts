/**
 * Restartable sequences (rseq(2), kernel/rseq.c): a thread announces a stretch of code that must not be interrupted.
 * When it loses the CPU inside, or a signal handler is about to run, it goes on at the stretch's abort address.
 */
import { SIG } from '../abi/signals.ts';
import { MemoryFault } from '../memory/types.ts';
import type { Core } from './context.ts';
import { spaceOf } from './memory.ts';
import { kernelInfo } from './siginfo.ts';
import { forceSignal } from './signals.ts';
import type { Task } from './state.ts';

/** Offset of the pointer to struct rseq_cs in struct rseq; the layout of rseq_cs. */
const POINTER = 8;
const CS = { version: 0, start: 8, length: 16, abort: 24, size: 32 } as const;

export function abortCriticalSection(core: Core, task: Task): void {
  const { arch } = core.options;
  const space = spaceOf(core, core.state.processes.get(task.processId)!);
  try {
    const pointer = Number(space.readU64(task.rseq.address + POINTER));
    if (pointer !== 0) {
      const bytes = space.read(pointer, CS.size);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const offset = BigInt(arch.pc(task.registers)) - view.getBigUint64(CS.start, true);
      const abort = Number(view.getBigUint64(CS.abort, true));
      const inside = offset >= 0n && offset < view.getBigUint64(CS.length, true);
      // The word before the abort address must be the one that was registered: no other code can be jumped to.
      const valid = view.getUint32(CS.version, true) === 0 && space.readU32(abort - 4) === task.rseq.signature;
      space.writeU64(task.rseq.address + POINTER, 0n);
      if (inside && valid) arch.setPc(task.registers, abort);
      else if (inside) forceSignal(core, task, SIG.SIGSEGV, kernelInfo(SIG.SIGSEGV));
    }
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    forceSignal(core, task, SIG.SIGSEGV, kernelInfo(SIG.SIGSEGV));
  }
  task.rseq.check = false;
}
