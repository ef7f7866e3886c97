/** How a call goes on, or ends, that waited: for handlers of calls that keep nothing while they wait. */
import type { Context, Result, Waiting } from './context.ts';
import { EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTSYS, type Errno, type Restart } from './errors.ts';
import type { WakeReason } from './state.ts';

/** What a handler throws when a signal ends its wait: what its `onSignal` says. */
export function interruption(waiting: Waiting): Errno | Restart {
  switch (waiting.onSignal) {
    case 'restart':
      return ERESTARTSYS;
    case 'restart-nohand':
      return ERESTARTNOHAND;
    case 'restart-block':
      return ERESTART_RESTARTBLOCK;
    case 'eintr':
    case 'none':
      return EINTR;
  }
}

/** The call begins anew when it is woken, also when the wake was a deadline's (a timerfd's expiry). */
export function again<A>(start: (c: Context, args: A) => Result) {
  return {
    start,
    resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
      if (reason === 'signal') throw interruption(waiting);
      return start(c, args);
    },
  };
}
