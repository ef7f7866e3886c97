/** What the session hears from the machine while it runs, and what it makes of it. */
import type { KernelEvent } from '../emulator/kernel/api.ts';
import { loadProgram } from '../emulator/symbols/program.ts';
import { arm, resolveAll } from './breakpoints.ts';
import { type Session, say, type Target } from './session.ts';

/** Returns the end of the listening. */
export function listenToMachine(session: Session, target: Target): () => void {
  /** Each unimplemented call is named once. */
  const named = new Set<number>();
  return target.machine.listen((event: KernelEvent) => {
    if (target.quiet) return;
    target.tracer?.(event);
    switch (event.is) {
      case 'syscall-enter':
      case 'syscall-exit':
        target.lastCall.set(event.call.task, event.call);
        break;
      case 'syscall-unimplemented':
        if (named.has(event.call.number)) break;
        named.add(event.call.number);
        say(
          session,
          `Ring 3 does not implement the syscall ${event.name} (${event.call.number}): ${event.why} It returned ENOSYS.`,
          'important',
        );
        break;
      case 'exec':
        if (target.machine.tasks().find(task => task.id === event.task)?.processId !== target.processId) break;
        // Another program in the same process: its own symbols, its own places for breakpoints.
        try {
          target.program = loadProgram(event.file, event.base);
        } catch (error) {
          say(session, `The symbols of ${event.path} cannot be read: ${(error as Error).message}`, 'important');
          break;
        }
        target.blocks.clear();
        target.openCalls.clear();
        session.sources.clear();
        resolveAll(session, target.program);
        arm(session);
        say(session, `The program goes on as ${event.path}.`);
        break;
      case 'task-start':
        session.emit('thread', { reason: 'started', threadId: event.task });
        break;
      case 'task-exit':
        target.lastCall.delete(event.task);
        session.emit('thread', { reason: 'exited', threadId: event.task });
        break;
    }
  });
}
