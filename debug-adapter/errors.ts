/** A request that is answered with a sentence instead of a body: what is wrong and what to do about it. */
export class Refusal extends Error {
  /** Whether the client should put it before the user's eyes (a failed launch), or only use it (a failed hover). */
  readonly show: boolean;

  constructor(sentence: string, options: { show?: boolean } = {}) {
    super(sentence);
    this.show = options.show ?? false;
  }
}
