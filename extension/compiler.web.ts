/**
 * The browser's compiler thread: a worker of the worker in which the machine runs, started when there is something to
 * compile. Its answers come when the machine gives the event loop its turn.
 */
import { type Answer, askThread, type Compiler } from '../emulator/compiler.ts';

/** `url` is where the thread's code is. */
export function compilerThread(url: string): Compiler {
  let worker: Worker | undefined;
  let listens = false;
  const line = askThread(question => {
    worker ??= start();
    if (listens) worker.postMessage(question);
    return listens;
  });
  function start(): Worker {
    const started = new Worker(url, { name: 'ring3-compiler' });
    started.onmessage = ({ data }: MessageEvent<Answer | 'listens'>) => {
      if (data === 'listens') listens = true;
      else line.receive(data);
    };
    started.onerror = line.fail;
    return started;
  }
  return { compile: line.compile, poll() {} };
}
