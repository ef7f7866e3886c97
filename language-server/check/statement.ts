/** Statements of the expanded text, one after the other: labels, the word, its suffixes, its operands as ranges of tokens. */
import type { Family } from '../syntax/assembler.ts';
import type { Expanded } from '../syntax/preprocess.ts';

/** Indices into the expanded tokens. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Line {
  /** Empty where a label stands, or nothing that can be read. */
  readonly word: string;
  readonly at: number;
  readonly suffix: string;
  readonly operands: Range[];
  readonly labels: number[];
}

/** Where a `.` behind the mnemonic is a suffix. */
const SUFFIXES = new Set<string>('arm arm64 amd64 386 loong64 riscv64'.split(' '));

export class Statements {
  readonly #tokens: readonly Expanded[];
  readonly #family: Family;
  readonly #problem: (message: string, at: number) => undefined;
  /** The token where the next statement begins. */
  #at = 0;

  constructor(tokens: readonly Expanded[], family: Family, problem: (message: string, at: number) => undefined) {
    this.#tokens = tokens;
    this.#family = family;
    this.#problem = problem;
  }

  get at(): number {
    return this.#at;
  }

  /** Goes to a statement; false where none is left. */
  skipToNext(): boolean {
    while (this.#at < this.#tokens.length && this.ends(this.#at)) this.#at++;
    return this.#at < this.#tokens.length;
  }

  /** Goes on at a token. */
  moveTo(at: number): void {
    this.#at = at;
  }

  /** Whether no statement goes on over a token. */
  ends(at: number): boolean {
    if (at >= this.#tokens.length) return true;
    const { kind, text } = this.#tokens[at];
    return kind === 'newline' || (kind === 'mark' && text === ';');
  }

  /** Splits the next statement off. */
  next(): Line {
    const tokens = this.#tokens;
    const start = this.#at;
    if (tokens[start].kind !== 'name') {
      this.#problem(`expected identifier, found "${tokens[start].text}"`, start);
      while (!this.ends(this.#at)) this.#at++;
      return { word: '', at: start, suffix: '', operands: [], labels: [] };
    }
    const word = tokens[this.#at++].text;
    if (!this.ends(this.#at) && this.#isMark(':')) {
      this.#at++;
      return { word: '', at: start, suffix: '', operands: [], labels: [start] };
    }
    let suffix = '';
    while (SUFFIXES.has(this.#family) && !this.ends(this.#at) && this.#isMark('.')) {
      this.#at++;
      if (this.ends(this.#at) || tokens[this.#at].kind !== 'name') {
        this.#problem(
          `instruction suffix expected identifier, found ${this.ends(this.#at) ? 'newline' : tokens[this.#at].text}`,
          this.#at - 1,
        );
      } else suffix += `.${tokens[this.#at++].text}`;
    }
    // As in the assembler, a label may have suffixes that nobody looks at.
    if (!this.ends(this.#at) && this.#isMark(':') && suffix) {
      this.#at++;
      return { word: '', at: start, suffix: '', operands: [], labels: [start] };
    }
    const operands = this.#operands();
    return { word, at: start, suffix, operands, labels: [] };
  }

  #isMark(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token.kind === 'mark' && token.text === text;
  }

  #operands(): Range[] {
    const tokens = this.#tokens;
    const operands: Range[] = [];
    let nesting = 0;
    let colon = -1;
    let from = this.#at;
    for (;;) {
      const atEnd = this.ends(this.#at);
      const text = atEnd ? '' : tokens[this.#at].text;
      const isMark = !atEnd && tokens[this.#at].kind === 'mark';
      if (atEnd || (nesting === 0 && isMark && (text === ',' || text === ':'))) {
        if (text === ':' && isMark) {
          if (colon >= 0) {
            this.#problem("invalid ':' in operand", this.#at);
            while (!this.ends(this.#at)) this.#at++;
            return operands;
          }
          colon = operands.length;
        }
        if (this.#at > from) {
          operands.push({ from, to: this.#at });
          if (colon >= 0 && operands.length === colon + 2) {
            // AX:DX means DX, AX.
            [operands[colon], operands[colon + 1]] = [operands[colon + 1], operands[colon]];
            colon = -1;
          }
        } else if (operands.length > 0 || (text === ',' && isMark) || colon >= 0) {
          this.#problem('missing operand', Math.min(this.#at, Math.max(0, this.#at - (atEnd ? 1 : 0))));
        }
        if (atEnd) return operands;
        this.#at++;
        from = this.#at;
        continue;
      }
      if (isMark && (text === '(' || text === '[')) nesting++;
      if (isMark && (text === ')' || text === ']')) nesting--;
      this.#at++;
    }
  }
}
