/**
 * The interpreter's loop, a first batch of handlers and the templates of opcodes, when a bundle carries them: generating
 * them costs more than fifty milliseconds of every start. The bundler puts what `scripts/prebuild.ts` makes in this
 * file's place; from source the loop is generated, handlers are made and heads learned when they are first needed.
 */
import type { TemplateList } from './templates.ts';

export const prebuilt:
  | {
      loop: Uint8Array<ArrayBuffer>;
      handlers: Uint8Array<ArrayBuffer>;
      /** Keys of the shapes, in the order of their handlers: first those inline in the loop. */
      shapes: readonly string[];
      templates: TemplateList;
    }
  | undefined = undefined;
