/**
 * What a tracer hears: the shapes of the kernel's events that it uses. They are written down here because traces never
 * import the kernel; a kernel event of another kind is ignored.
 */
import type { TracedCall } from './context.ts';

export type TraceEvent =
  | { readonly is: 'syscall-enter' | 'syscall-blocked' | 'syscall-exit'; readonly call: TracedCall }
  | {
      readonly is: 'signal';
      readonly task: number;
      readonly signo: number;
      readonly info: Uint8Array;
      /** "default" with a stop signal: the task stops. */
      readonly action?: string;
    }
  | { readonly is: 'task-start'; readonly task: number; readonly parent: number }
  | {
      readonly is: 'task-exit';
      readonly task: number;
      readonly status: number;
      readonly killedBy?: number;
      readonly coreDumped: boolean;
    };

/** Whether an event of the kernel is one of those. */
export const isTraceEvent = (event: { readonly is: string }): event is TraceEvent =>
  event.is === 'syscall-enter' ||
  event.is === 'syscall-blocked' ||
  event.is === 'syscall-exit' ||
  event.is === 'signal' ||
  event.is === 'task-start' ||
  event.is === 'task-exit';
