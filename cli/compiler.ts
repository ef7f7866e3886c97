/**
 * Node's compiler thread: one for all machines, started when there is something to compile. Its answers are fetched
 * without the event loop, for a machine that runs gives it its turn only now and then.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type Answer, askThread, type Compiler } from '../emulator/compiler.ts';

export interface ThreadData {
  port: MessagePort;
  /** In shared memory: how many answers were sent, and whether the thread listens. */
  state: Int32Array;
}

export const ANSWERS = 0;
export const LISTENS = 1;

/** Beside the bundle; whoever runs from source has none, and compiles where the machine runs. */
const FILE = join(dirname(fileURLToPath(import.meta.url)), 'compiler-thread.cjs');

let compiler: Compiler | undefined;

/** The thread's interface; it is started by the first job. Undefined where there is no bundle of it. */
export function compilerThread(): Compiler | undefined {
  if (!compiler && existsSync(FILE)) compiler = startLater(FILE);
  return compiler;
}

function startLater(file: string): Compiler {
  const state = new Int32Array(new SharedArrayBuffer(8));
  let heard = 0;
  let port: MessagePort | undefined;
  const line = askThread(question => {
    port ??= start();
    // Meanwhile a machine does better to compile by itself than to wait.
    if (!Atomics.load(state, LISTENS)) return false;
    port.postMessage(question);
    return true;
  });

  function start(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const data: ThreadData = { port: port2, state };
    const worker = new Worker(file, { name: 'ring3-compiler', workerData: data, transferList: [port2] });
    // It ends with the process, and does not keep it.
    worker.unref();
    worker.on('error', line.fail);
    worker.on('exit', line.fail);
    return port1;
  }

  return {
    compile: line.compile,
    poll() {
      if (heard === Atomics.load(state, ANSWERS)) return;
      heard++;
      line.receive((receiveMessageOnPort(port as MessagePort) as { message: Answer }).message);
    },
  };
}
