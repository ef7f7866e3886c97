/** What a compiler thread does. It has no machine and no memory of one, only the code that it is sent. */
import type { Answer, Question } from './compiler.ts';
import { compileJob } from './cpu/compile.ts';

export function answerQuestion({ id, job }: Question): Answer {
  try {
    return { id, result: compileJob(job) };
  } catch {
    // Whoever asked does it again, and fails in its own name.
    return { id };
  }
}
