/** What the session hears from the machine while it runs, and what it makes of it. */
import type { KernelEvent } from '../emulator/kernel/api.ts';
import { type Session, say, type Target } from './session.ts';

/** Returns the end of the listening. */
export function listenToMachine(session: Session, target: Target): () => void {
  /** Each unimplemented call is named once. */
  const named = new Set<number>();
  return target.machine.listen((event: KernelEvent) => {
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
