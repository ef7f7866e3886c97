/** The thread that compiles the guest's hot code, one for all machines of a process. */
import { workerData } from 'node:worker_threads';
import type { Question } from '../emulator/compiler.ts';
import { answerQuestion } from '../emulator/compiler-thread.ts';
import { ANSWERS, LISTENS, type ThreadData } from './compiler.ts';

const { port, state } = workerData as ThreadData;

port.on('message', (question: Question) => {
  port.postMessage(answerQuestion(question));
  Atomics.add(state, ANSWERS, 1);
});
Atomics.store(state, LISTENS, 1);
