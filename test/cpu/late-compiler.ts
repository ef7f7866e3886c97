/** Another thread that compiles, as far as a CPU can tell: it works on copies, and answers late, in order. */
import type { CompileResult, Compiler } from '../../emulator/compiler.ts';
import { compileJob } from '../../emulator/cpu/compile.ts';

export interface LateCompiler extends Compiler {
  /** How many jobs it was given. */
  readonly asked: number;
}

/** Each answer comes when it was asked for `polls` times since the last; every `fails`th is that it could not be done. */
export function lateCompiler(polls: number, fails = Number.POSITIVE_INFINITY): LateCompiler {
  const queue: ((ok: boolean) => void)[] = [];
  let asked = 0;
  let answered = 0;
  let waited = 0;
  return {
    get asked() {
      return asked;
    },
    compile(job, done) {
      asked++;
      const copy = structuredClone(job);
      queue.push(ok => {
        const result: CompileResult | undefined = ok ? compileJob(copy) : undefined;
        done(result);
      });
      return true;
    },
    poll() {
      if (queue.length === 0 || ++waited < polls) return;
      waited = 0;
      queue.shift()?.(++answered % fails !== 0);
    },
  };
}
