/** What a user is told when something cannot be done. */

/** A request that is answered with a sentence instead of a body: what is wrong and what to do about it. */
export class Refusal extends Error {
  /** Whether the client should put it before the user's eyes (a failed launch), or only use it (a failed hover). */
  readonly show: boolean;

  constructor(sentence: string, options: { show?: boolean } = {}) {
    super(sentence);
    this.show = options.show ?? false;
  }
}

/** Why a program could not be loaded: what execve would answer is an errno with its sentence, what the loader explains is a message. */
export function whyNot(error: unknown): string {
  const said = error as { message?: string; sentence?: string; name?: string };
  return said.message ?? said.sentence ?? said.name ?? String(error);
}
