/** Reading of mangled names, which may be damaged: nothing is taken for granted, and what does not fit ends the reading. */

/** The text is no mangled name, or one in a form that is not read. Never leaves this folder's demanglers. */
export class NotMangled extends Error {}

/** Names of real programs are shorter and nest less; types that contain types double in length without end. */
const LONGEST = 8192;
const DEEPEST = 200;
const MOST_STEPS = 100_000;

export class MangledText {
  readonly #text: string;
  #at: number;
  #depth = 0;
  #steps = 0;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** So many characters, fewer at the end. */
  peek(count: number): string {
    if (++this.#steps > MOST_STEPS) throw new NotMangled();
    return this.#text.slice(this.#at, this.#at + count);
  }

  skip(count: number): void {
    if (this.#at + count > this.#text.length) throw new NotMangled();
    this.#at += count;
  }

  /** The rest is of no interest. */
  toEnd(): void {
    this.#at = this.#text.length;
  }

  tryTake(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  take(word: string): void {
    if (!this.tryTake(word)) throw new NotMangled();
  }

  takeBytes(count: number): string {
    if (!(count > 0)) throw new NotMangled();
    const start = this.#at;
    this.skip(count);
    return this.#text.slice(start, this.#at);
  }

  /** Characters of a class; none is none. */
  takeWhile(letters: RegExp): string {
    const start = this.#at;
    while (!this.atEnd && letters.test(this.#text[this.#at])) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Guards what calls itself. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST || this.atEnd) throw new NotMangled();
    const result = read();
    this.#depth--;
    return result;
  }

  /** Goes on elsewhere in the text for a while. */
  from<T>(at: number, read: () => T): T {
    const back = this.#at;
    this.#at = at;
    const result = this.nested(read);
    this.#at = back;
    return result;
  }

  /** Undefined where the text is not what the reader wants, or longer than anybody reads. */
  reading(read: () => string): string | undefined {
    try {
      const result = this.#text.length > LONGEST ? undefined : read();
      return result === undefined || result.length > LONGEST ? undefined : result;
    } catch (error) {
      if (error instanceof NotMangled) return undefined;
      throw error;
    }
  }
}
