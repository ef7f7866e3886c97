/** System V message queues (ipc/msg.c): messages with a type, taken in order or by type. */
import { MSG_CMD, MSG_OP } from '../../abi/flags-system.ts';
import { MemoryFault } from '../../memory/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { E2BIG, EAGAIN, EIDRM, EINVAL, ENOMSG, EPERM } from '../errors.ts';
import { wake } from '../scheduler.ts';
import type { WakeReason } from '../state.ts';
import { interruption } from '../waits.ts';
import {
  addObject,
  getObject,
  highestPlace,
  type Message,
  type MessageQueue,
  objectOf,
  removeObject,
  requireOwner,
  requirePermission,
  seconds,
  setPerm,
  stat,
  writePerm,
} from './objects.ts';

/** MSGMAX, MSGMNB, MSGMNI. */
const [LONGEST, QUEUE_BYTES, QUEUES] = [8192, 16384, 32000];
const DS_SIZE = 120;

const senders = (queue: number): string => `msg:${queue}:room`;
const receivers = (queue: number): string => `msg:${queue}:message`;

const bytesIn = (queue: MessageQueue): number => queue.messages.reduce((sum, { bytes }) => sum + bytes.length, 0);

function queueOf(c: Context, id: number, waited: boolean): MessageQueue {
  try {
    return objectOf(c.state.ipc.msg, id);
  } catch (error) {
    throw waited && error === EINVAL ? EIDRM : error;
  }
}

interface SendArguments {
  msqid: number;
  msgp: number;
  msgsz: number;
  msgflg: number;
}

function send(c: Context, { msqid, msgp, msgsz, msgflg }: SendArguments, waited: boolean): Result {
  const type = BigInt.asIntN(64, c.space.readU64(msgp));
  if (msgsz > LONGEST || msgsz < 0 || msqid < 0 || type < 1n) throw EINVAL;
  const bytes = c.space.read(msgp + 8, msgsz).slice();
  const queue = queueOf(c, msqid, waited);
  requirePermission(c, queue, 2);
  // Empty messages count, too: there are as many as there may be bytes.
  if (bytesIn(queue) + msgsz > queue.limit || queue.messages.length + 1 > queue.limit) {
    if (msgflg & MSG_OP.IPC_NOWAIT) throw EAGAIN;
    return c.block({ what: `room in message queue ${msqid}`, keys: [senders(msqid)], onSignal: 'restart-nohand' });
  }
  queue.messages.push({ type, bytes });
  queue.sender = c.process.id;
  queue.stime = seconds(c);
  wake(c, receivers(msqid));
  return 0;
}

/** The message that a type asks for: 0 any, below 0 the lowest type up to it, with MSG_EXCEPT any but it. */
function find(queue: MessageQueue, type: bigint, flags: number): number {
  const { messages } = queue;
  if (flags & MSG_OP.MSG_COPY) return type >= 0n && type < BigInt(messages.length) ? Number(type) : -1;
  if (type === 0n) return messages.length > 0 ? 0 : -1;
  if (type > 0n) return messages.findIndex(m => (flags & MSG_OP.MSG_EXCEPT ? m.type !== type : m.type === type));
  let best = -1;
  for (const [i, message] of messages.entries())
    if (message.type <= -type && (best < 0 || message.type < messages[best]!.type)) best = i;
  return best;
}

interface ReceiveArguments extends SendArguments {
  msgtyp: bigint;
}

function receive(c: Context, args: ReceiveArguments, waited: boolean): Result {
  const { msqid, msgp, msgsz, msgtyp, msgflg } = args;
  if (msqid < 0 || msgsz < 0) throw EINVAL;
  const copies = (msgflg & MSG_OP.MSG_COPY) !== 0;
  if (copies && (msgflg & MSG_OP.MSG_EXCEPT || !(msgflg & MSG_OP.IPC_NOWAIT))) throw EINVAL;
  const queue = queueOf(c, msqid, waited);
  requirePermission(c, queue, 4);
  const at = find(queue, msgtyp, msgflg);
  if (at < 0) {
    if (msgflg & MSG_OP.IPC_NOWAIT) throw ENOMSG;
    return c.block({ what: `message of queue ${msqid}`, keys: [receivers(msqid)], onSignal: 'restart-nohand' });
  }
  const message = queue.messages[at]!;
  if (msgsz < message.bytes.length && !(msgflg & MSG_OP.MSG_NOERROR)) throw E2BIG;
  const take = (): void => {
    if (copies) return;
    queue.messages.splice(at, 1);
    queue.receiver = c.process.id;
    queue.rtime = seconds(c);
    wake(c, senders(msqid));
  };
  const bytes = message.bytes.subarray(0, msgsz);
  try {
    deliver(c, msgp, message, bytes);
  } catch (error) {
    // It is lost, as in Linux; only the host may be asked again.
    if (error instanceof MemoryFault) take();
    throw error;
  }
  take();
  return bytes.length;
}

function deliver(c: Context, address: number, { type }: Message, bytes: Uint8Array): void {
  c.space.writeU64(address, type);
  c.space.write(address + 8, bytes);
}

/** Both wait in the same way. */
const waits = <A>(call: (c: Context, args: A, waited: boolean) => Result) => ({
  start: (c: Context, args: A): Result => call(c, args, false),
  resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
    if (reason === 'signal') throw interruption(waiting);
    return call(c, args, true);
  },
});

function describe(queue: MessageQueue): Uint8Array {
  const { bytes, view } = writePerm(queue, DS_SIZE);
  const { stime, rtime, ctime, messages, limit } = queue;
  const words = [stime, rtime, ctime, bytesIn(queue), messages.length, limit];
  for (const [i, word] of words.entries()) view.setBigUint64(48 + 8 * i, BigInt(word), true);
  view.setInt32(96, queue.sender, true);
  view.setInt32(100, queue.receiver, true);
  return bytes;
}

/** struct msginfo: pool, map, max, mnb, mni, ssz, tql, and a short. */
function information(c: Context, cmd: number): Uint8Array {
  const queues = [...c.state.ipc.msg.objects.values()];
  const count = queues.reduce((sum, queue) => sum + queue.messages.length, 0);
  const total = queues.reduce((sum, queue) => sum + bytesIn(queue), 0);
  const now = cmd === MSG_CMD.MSG_INFO;
  const pool = Math.floor((QUEUES * QUEUE_BYTES) / 1024);
  const words = [now ? queues.length : pool, now ? count : QUEUE_BYTES, LONGEST, QUEUE_BYTES, QUEUES, 16];
  return new Uint8Array(Int32Array.from([...words, now ? total : QUEUE_BYTES, 0xffff]).buffer);
}

function controlQueue(c: Context, id: number, cmd: number, address: number): number {
  const { msg } = c.state.ipc;
  if (id < 0 || cmd < 0) throw EINVAL;
  switch (cmd) {
    case MSG_CMD.IPC_INFO:
    case MSG_CMD.MSG_INFO:
      c.space.write(address, information(c, cmd));
      return highestPlace(msg);
    case MSG_CMD.IPC_STAT:
      return stat(c, msg, 'number', id, address, describe);
    case MSG_CMD.MSG_STAT:
      return stat(c, msg, 'place', id, address, describe);
    case MSG_CMD.MSG_STAT_ANY:
      return stat(c, msg, 'any place', id, address, describe);
    case MSG_CMD.IPC_SET: {
      const queue = objectOf(msg, id);
      requireOwner(c, queue);
      const limit = Number(c.space.readU64(address + 88));
      if (limit > QUEUE_BYTES && c.process.credentials.euid !== 0) throw EPERM;
      setPerm(c, queue, address, DS_SIZE);
      queue.limit = limit;
      wake(c, senders(id));
      return 0;
    }
    case MSG_CMD.IPC_RMID: {
      const queue = objectOf(msg, id);
      requireOwner(c, queue);
      removeObject(msg, queue);
      wake(c, senders(id));
      wake(c, receivers(id));
      return 0;
    }
    default:
      throw EINVAL;
  }
}

export const systemMessageCalls: HandlerTable = {
  msgget: (c, { key, msgflg }) =>
    getObject(c, c.state.ipc.msg, key | 0, msgflg, () =>
      addObject<MessageQueue>(c, c.state.ipc.msg, key | 0, msgflg, QUEUES, {
        is: 'msg',
        messages: [],
        limit: QUEUE_BYTES,
        stime: 0n,
        rtime: 0n,
        sender: 0,
        receiver: 0,
      }),
    ),
  msgsnd: waits(send),
  msgrcv: waits(receive),
  msgctl: (c, { msqid, cmd, buf }) => controlQueue(c, msqid, cmd, buf),
};
