/** The browser's worker that compiles the guest's hot code. */
import type { Question } from '../emulator/compiler.ts';
import { answerQuestion } from '../emulator/compiler-thread.ts';

/** What a dedicated worker has of `self`. */
const scope = self as unknown as {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
};

scope.onmessage = ({ data }) => scope.postMessage(answerQuestion(data));
scope.postMessage('listens');
