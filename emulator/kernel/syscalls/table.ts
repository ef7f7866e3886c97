/** Which calls Ring 3 answers: the topics' handlers in one table. */
import type { SyscallName } from '../../abi/syscalls.ts';
import type { Handler, HandlerTable } from '../context.ts';
import { messageFileCalls } from '../ipc/message-files.ts';
import { systemMessageCalls } from '../ipc/messages.ts';
import { semaphoreCalls } from '../ipc/semaphores.ts';
import { sharedMemoryCalls } from '../ipc/shared-memory.ts';
import { cloneCalls } from './clone.ts';
import { credentialCalls } from './credentials.ts';
import { descriptorCalls } from './descriptors.ts';
import { directoryCalls } from './directories.ts';
import { futexCalls } from './futex.ts';
import { inotifyCalls } from './inotify.ts';
import { inspectCalls } from './inspect.ts';
import { memoryCalls } from './memory.ts';
import { messageCalls } from './message.ts';
import { metadataCalls } from './metadata.ts';
import { openCalls } from './open.ts';
import { pidfdCalls } from './pidfd.ts';
import { pipeCalls } from './pipes.ts';
import { pollingCalls } from './polling.ts';
import { prctlCalls } from './prctl.ts';
import { privilegedCalls } from './privileged.ts';
import { processCalls } from './process.ts';
import { readWriteCalls } from './read-write.ts';
import { signalCalls } from './signal.ts';
import { socketCalls } from './socket.ts';
import { spliceCalls } from './splice.ts';
import { systemCalls } from './system.ts';
import { timeCalls } from './time.ts';
import { waitCalls } from './wait.ts';
import { attributeCalls } from './xattr.ts';

/** restart_syscall is the dispatcher's own; the entry says that it is there. */
const dispatched: HandlerTable = { restart_syscall: () => 0 };

const TABLE: HandlerTable = {
  ...cloneCalls,
  ...waitCalls,
  ...processCalls,
  ...prctlCalls,
  ...credentialCalls,
  ...memoryCalls,
  ...signalCalls,
  ...futexCalls,
  ...timeCalls,
  ...systemCalls,
  ...openCalls,
  ...readWriteCalls,
  ...spliceCalls,
  ...directoryCalls,
  ...metadataCalls,
  ...attributeCalls,
  ...descriptorCalls,
  ...pipeCalls,
  ...pidfdCalls,
  ...pollingCalls,
  ...inspectCalls,
  ...inotifyCalls,
  ...privilegedCalls,
  ...socketCalls,
  ...messageCalls,
  ...sharedMemoryCalls,
  ...semaphoreCalls,
  ...systemMessageCalls,
  ...messageFileCalls,
  ...dispatched,
};

/** The handler of a call, or undefined: ENOSYS. */
export const handlerOf = <N extends SyscallName>(name: N): Handler<N> | undefined =>
  TABLE[name] as Handler<N> | undefined;
