/**
 * POSIX message queues (ipc/mqueue.c; mq_overview(7)): files of a file system of their own, in which messages wait by
 * priority. A message is handed straight to who waits for one, and room straight to who waits for that: nobody comes in
 * between, and a queue never holds more than it may.
 */
import { CLOCK, RLIMIT, SIGEV } from '../../abi/flags.ts';
import { SI_CODE, SIGRTMAX } from '../../abi/signals.ts';
import { MQ_ATTR, SIGEVENT, TIMESPEC } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTSOCK,
  ETIMEDOUT,
} from '../errors.ts';
import { O_ACCMODE, O_CLOEXEC, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../fs/constants.ts';
import { freeDescriptor, inodeOfFile, installNew, openFile } from '../fs/descriptions.ts';
import { MAY_READ, MAY_WRITE, requireAccess } from '../fs/inodes.ts';
import { changed } from '../fs/io.ts';
import { decodeName, encodeName } from '../fs/names.ts';
import { lookup } from '../fs/paths.ts';
import { IN, OUT } from '../fs/readiness.ts';
import type { Description, Directory, MessageFile, QueuedMessage } from '../fs/state.ts';
import { makeMessageFile, removeFile } from '../fs/tree.ts';
import { tellNetlink } from '../net/netlink.ts';
import { wakeTask } from '../scheduler.ts';
import type { Task, WakeReason } from '../state.ts';
import { NANOSECONDS, sinceBoot } from '../time.ts';
import { interruption } from '../waits.ts';

/** What /proc/sys/fs/mqueue says: queues, and messages and bytes of one, of users that are not root. */
const [QUEUES, MESSAGES, MESSAGE_SIZE] = [256, 10, 8192];
/** HARD_MSGMAX, HARD_MSGSIZEMAX: root's. */
const [HARD_MESSAGES, HARD_SIZE] = [65536, 16 << 20];
const PRIORITIES = 32768;
const NAME_MAX = 255;
const PATH_MAX = 4096;
/** struct msg_msg and struct posix_msg_tree_node: what RLIMIT_MSGQUEUE counts beside the messages. */
const [MESSAGE_HEAD, TREE_NODE] = [48, 48];

/** The last byte of a cookie: a message has come, or nobody will be told any more. */
const [WOKEN, REMOVED] = [1, 2];
const COOKIE = 32;

/** What a blocked call keeps. A receiver finds its message in `message`, a sender learns by `sent` that it is in. */
interface Exchange {
  message?: QueuedMessage;
  sent?: boolean;
}

const receivers = (queue: MessageFile): string => `mq:${queue.id}:message`;
const senders = (queue: MessageFile): string => `mq:${queue.id}:room`;

function directoryOf(c: Context): Directory {
  const superblock = c.state.fs.superblocks.find(({ type }) => type === 'mqueue')!;
  return c.state.fs.inodes.get(superblock.root) as Directory;
}

/** A name as the kernel takes it: without the slash that the library has cut off. */
function readName(c: Context, address: number): string {
  const bytes = c.space.readString(address, PATH_MAX);
  if (!bytes) throw ENAMETOOLONG;
  const name = decodeName(bytes);
  if (name === '') throw ENOENT;
  if (name.includes('/') || name === '.' || name === '..') throw EACCES;
  return name;
}

const foundIn = (c: Context, name: string) => {
  const directory = directoryOf(c);
  return { directory, name, last: 'name' as const, slash: false, inode: lookup(c, directory, name) };
};

/** How many messages of how many bytes a new queue holds; EINVAL, EMFILE. */
function sizeOf(c: Context, attributes: number): { maxMessages: number; messageSize: number } {
  const root = c.process.credentials.euid === 0;
  let [maxMessages, messageSize] = [MESSAGES, MESSAGE_SIZE];
  if (attributes !== 0) {
    const { mq_maxmsg, mq_msgsize } = readStruct(MQ_ATTR, c.space.read(attributes, MQ_ATTR.size));
    [maxMessages, messageSize] = [Number(mq_maxmsg), Number(mq_msgsize)];
    if (maxMessages <= 0 || messageSize <= 0) throw EINVAL;
    if (maxMessages > (root ? HARD_MESSAGES : MESSAGES) || messageSize > (root ? HARD_SIZE : MESSAGE_SIZE))
      throw EINVAL;
  }
  return { maxMessages, messageSize };
}

const bytesOf = ({ maxMessages, messageSize }: Pick<MessageFile, 'maxMessages' | 'messageSize'>): number =>
  maxMessages * (MESSAGE_HEAD + messageSize) + Math.min(maxMessages, PRIORITIES) * TREE_NODE;

function create(c: Context, name: string, mode: number, attributes: number): MessageFile {
  if (encodeName(name).length > NAME_MAX) throw ENAMETOOLONG;
  const queues = [...c.state.fs.inodes.values()].filter(inode => inode.is === 'mqueue');
  const { euid } = c.process.credentials;
  if (queues.length >= QUEUES && euid !== 0) throw ENOSPC;
  const size = sizeOf(c, attributes);
  const used = queues.reduce((sum, queue) => sum + (queue.uid === euid ? bytesOf(queue) : 0), 0);
  if (BigInt(used + bytesOf(size)) > c.process.limits[RLIMIT.RLIMIT_MSGQUEUE]!.soft) throw EMFILE;
  return makeMessageFile(c, foundIn(c, name), mode, size);
}

const ACCESS = { [O_RDONLY]: MAY_READ, [O_WRONLY]: MAY_WRITE, [O_RDWR]: MAY_READ | MAY_WRITE } as const;

function open(c: Context, name: string, flags: number, mode: number, attributes: number): number {
  // An attribute block that cannot be read is EFAULT also where the queue exists.
  if (attributes !== 0) c.space.read(attributes, MQ_ATTR.size);
  freeDescriptor(c.process);
  let queue = foundIn(c, name).inode;
  if (!queue) {
    if (!(flags & O_CREAT)) throw ENOENT;
    queue = create(c, name, mode, attributes);
  } else {
    if (flags & O_CREAT && flags & O_EXCL) throw EEXIST;
    if ((flags & O_ACCMODE) === O_ACCMODE) throw EINVAL;
    requireAccess(c, queue, ACCESS[(flags & O_ACCMODE) as keyof typeof ACCESS]);
  }
  const place = { directory: directoryOf(c).id, name };
  return installNew(c, queue, (flags & (O_ACCMODE | O_NONBLOCK)) | O_CLOEXEC, place);
}

/** The queue behind a descriptor that is open for this; EBADF. */
function queueOf(c: Context, fd: number, use?: typeof O_RDONLY | typeof O_WRONLY) {
  const description = openFile(c, fd);
  const queue = inodeOfFile(c, description);
  if (queue.is !== 'mqueue') throw EBADF;
  const mode = description.flags & O_ACCMODE;
  if (use !== undefined && mode !== use && mode !== O_RDWR) throw EBADF;
  return { queue, description };
}

/** When a call gives up: a time of CLOCK_REALTIME, in nanoseconds since boot. */
function deadlineOf(c: Context, address: number): bigint | undefined {
  if (address === 0) return undefined;
  const { tv_sec, tv_nsec } = readStruct(TIMESPEC, c.space.read(address, TIMESPEC.size));
  if (tv_sec < 0n || tv_nsec < 0n || tv_nsec >= NANOSECONDS) throw EINVAL;
  return sinceBoot(c, CLOCK.CLOCK_REALTIME, tv_sec * NANOSECONDS + tv_nsec);
}

function wait(c: Context, what: string, key: string, deadline: bigint | undefined, data: Exchange): Result {
  return c.block({ what, keys: [key], deadline, onSignal: 'restart', data });
}

/** Who has waited longest, and what it keeps. */
function firstWaiting(c: Context, key: string): { task: Task; exchange: Exchange } | undefined {
  let first: { task: Task; since: bigint; waiting: Waiting } | undefined;
  for (const task of c.state.tasks.values()) {
    const run = task.run.is === 'stopped' ? task.run.was : task.run;
    if (run.is !== 'blocked' || run.reason || !run.waiting.keys.includes(key)) continue;
    if (!first || run.since < first.since) first = { task, since: run.since, waiting: run.waiting };
  }
  return first && { task: first.task, exchange: first.waiting.data as Exchange };
}

/** The highest priority first, and among equals who came first. */
function insert(queue: MessageFile, message: QueuedMessage): void {
  const behind = queue.messages.findIndex(({ priority }) => priority < message.priority);
  queue.messages.splice(behind < 0 ? queue.messages.length : behind, 0, message);
}

function send(c: Context, queue: MessageFile, message: QueuedMessage): void {
  const receiver = firstWaiting(c, receivers(queue));
  if (receiver) {
    receiver.exchange.message = message;
    wakeTask(c, receiver.task, 'woken');
    return;
  }
  insert(queue, message);
  if (queue.messages.length === 1) tellOwner(c, queue, WOKEN);
  changed(c, queue.id, IN);
}

/** A queue that was empty has a message, or who asked to be told of that has gone: once, then nobody is told any more. */
function tellOwner(c: Context, queue: MessageFile, what: typeof WOKEN | typeof REMOVED): void {
  const { owner } = queue;
  queue.owner = undefined;
  if (!owner || !isAlive(c, owner.process)) return;
  if (owner.socket) {
    const socket = c.state.fs.inodes.get(owner.socket.inode);
    const cookie = owner.socket.cookie.slice();
    cookie[COOKIE - 1] = what;
    if (socket?.is === 'socket') tellNetlink(c, socket, cookie);
  } else if (owner.signo !== 0 && what === WOKEN) {
    const fields = new Uint8Array(16);
    const view = new DataView(fields.buffer);
    view.setInt32(0, c.process.id, true);
    view.setUint32(4, c.process.credentials.uid, true);
    view.setBigUint64(8, owner.value, true);
    c.signal({ is: 'process', id: owner.process }, owner.signo, SI_CODE.SI_MESGQ, fields);
  }
}

const isAlive = (c: Context, process: number): boolean => c.state.processes.get(process)?.run.is === 'alive';

/** close(2) by whoever is to be told. */
export function forgetOwner(c: Context, queue: MessageFile): void {
  if (queue.owner?.process === c.process.id) tellOwner(c, queue, REMOVED);
}

/** The first message; a sender that waits comes in its place. */
function take(c: Context, queue: MessageFile): QueuedMessage | undefined {
  const message = queue.messages.shift();
  if (!message) return undefined;
  const sender = firstWaiting(c, senders(queue));
  if (sender?.exchange.message) {
    insert(queue, sender.exchange.message);
    sender.exchange.sent = true;
    wakeTask(c, sender.task, 'woken');
  } else changed(c, queue.id, OUT);
  return message;
}

interface ReceiveArguments {
  u_msg_ptr: number;
  u_msg_prio: number;
}

function deliver(c: Context, { u_msg_ptr, u_msg_prio }: ReceiveArguments, { bytes, priority }: QueuedMessage): number {
  if (u_msg_prio !== 0) c.space.writeU32(u_msg_prio, priority);
  c.space.write(u_msg_ptr, bytes);
  return bytes.length;
}

/** Ends a wait that nobody has ended with an exchange. */
function giveUp(waiting: Waiting, reason: WakeReason): never {
  if (reason === 'timeout') throw ETIMEDOUT;
  throw interruption(waiting);
}

const isNonblocking = ({ flags }: Description): boolean => (flags & O_NONBLOCK) !== 0;

/** mq_notify(3) by thread: the library waits for the cookie at a netlink socket. */
function cookieOf(c: Context, fd: number, address: number): { inode: number; cookie: Uint8Array } {
  const cookie = c.space.read(address, COOKIE).slice();
  const socket = inodeOfFile(c, openFile(c, fd));
  if (socket.is !== 'socket') throw ENOTSOCK;
  if (socket.kind !== 'netlink') throw EINVAL;
  return { inode: socket.id, cookie };
}

const KINDS: readonly number[] = [SIGEV.SIGEV_NONE, SIGEV.SIGEV_SIGNAL, SIGEV.SIGEV_THREAD];

function notify(c: Context, fd: number, address: number): number {
  const asked = address === 0 ? undefined : readStruct(SIGEVENT, c.space.read(address, SIGEVENT.size));
  if (asked && !KINDS.includes(asked.sigev_notify)) throw EINVAL;
  const bySignal = asked?.sigev_notify === SIGEV.SIGEV_SIGNAL;
  if (asked && bySignal && (asked.sigev_signo < 0 || asked.sigev_signo > SIGRTMAX)) throw EINVAL;
  const socket =
    asked?.sigev_notify === SIGEV.SIGEV_THREAD ? cookieOf(c, asked.sigev_signo, Number(asked.sigev_value)) : undefined;
  const { queue } = queueOf(c, fd);
  const mine = queue.owner?.process === c.process.id;
  if (!asked) {
    if (mine) tellOwner(c, queue, REMOVED);
    return 0;
  }
  if (queue.owner && isAlive(c, queue.owner.process)) throw EBUSY;
  queue.owner = { process: c.process.id, signo: bySignal ? asked.sigev_signo : 0, value: asked.sigev_value, socket };
  return 0;
}

export const messageFileCalls: HandlerTable = {
  mq_open: (c, { u_name, oflag, mode, u_attr }) => open(c, readName(c, u_name), oflag, mode, u_attr),
  mq_unlink(c, { u_name }) {
    removeFile(c, foundIn(c, readName(c, u_name)));
    return 0;
  },
  mq_timedsend: {
    start(c, { mqdes, u_msg_ptr, msg_len, msg_prio, u_abs_timeout }) {
      const deadline = deadlineOf(c, u_abs_timeout);
      if (msg_prio >= PRIORITIES) throw EINVAL;
      const { queue, description } = queueOf(c, mqdes, O_WRONLY);
      if (msg_len > queue.messageSize) throw EMSGSIZE;
      const message = { priority: msg_prio, bytes: c.space.read(u_msg_ptr, msg_len).slice() };
      if (queue.messages.length >= queue.maxMessages) {
        if (isNonblocking(description)) throw EAGAIN;
        return wait(c, `room in message queue ${mqdes}`, senders(queue), deadline, { message });
      }
      send(c, queue, message);
      return 0;
    },
    resume: (_c, _args, waiting, reason) => ((waiting.data as Exchange).sent ? 0 : giveUp(waiting, reason)),
  },
  mq_timedreceive: {
    start(c, args) {
      const deadline = deadlineOf(c, args.u_abs_timeout);
      const { queue, description } = queueOf(c, args.mqdes, O_RDONLY);
      if (args.msg_len < queue.messageSize) throw EMSGSIZE;
      const message = take(c, queue);
      if (message) return deliver(c, args, message);
      if (isNonblocking(description)) throw EAGAIN;
      return wait(c, `message of queue ${args.mqdes}`, receivers(queue), deadline, {});
    },
    resume(c, args, waiting, reason) {
      const { message } = waiting.data as Exchange;
      return message ? deliver(c, args, message) : giveUp(waiting, reason);
    },
  },
  mq_notify: (c, { mqdes, u_notification }) => notify(c, mqdes, u_notification),
  mq_getsetattr(c, { mqdes, u_mqstat, u_omqstat }) {
    const asked = u_mqstat === 0 ? undefined : readStruct(MQ_ATTR, c.space.read(u_mqstat, MQ_ATTR.size));
    if (asked && asked.mq_flags & ~BigInt(O_NONBLOCK)) throw EINVAL;
    const { queue, description } = queueOf(c, mqdes);
    const old = writeStruct(MQ_ATTR, {
      mq_flags: BigInt(description.flags & O_NONBLOCK),
      mq_maxmsg: BigInt(queue.maxMessages),
      mq_msgsize: BigInt(queue.messageSize),
      mq_curmsgs: BigInt(queue.messages.length),
    });
    if (asked) description.flags = (description.flags & ~O_NONBLOCK) | Number(asked.mq_flags);
    if (u_omqstat !== 0) c.space.write(u_omqstat, old);
    return 0;
  },
};

/** What read(2) of a queue's file says (mqueue_read_file). */
export function describeQueue(queue: MessageFile): string {
  const size = queue.messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const kind = queue.owner?.socket ? SIGEV.SIGEV_THREAD : queue.owner?.signo ? SIGEV.SIGEV_SIGNAL : 0;
  const [signo, pid] = [queue.owner?.signo ?? 0, queue.owner?.process ?? 0];
  const field = (value: number, width: number): string => String(value).padEnd(width);
  return `QSIZE:${field(size, 10)} NOTIFY:${field(kind, 5)} SIGNO:${field(signo, 5)} NOTIFY_PID:${field(pid, 6)}\n`;
}
