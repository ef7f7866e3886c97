/**
 * What a Go file declares: package, imports, constants, types and functions. Bodies are skipped, for assembly needs only
 * signatures; what cannot be read is left out, so that a file may be half-written.
 */
import { type GoToken, tokenizeGo } from './lexer.ts';

export type GoType =
  | { readonly is: 'name'; readonly name: string; readonly package?: string; readonly arguments?: readonly GoType[] }
  | { readonly is: 'pointer'; readonly element: GoType }
  | { readonly is: 'slice'; readonly element: GoType }
  | { readonly is: 'array'; readonly length: GoExpression; readonly element: GoType }
  | { readonly is: 'map'; readonly key: GoType; readonly element: GoType }
  | { readonly is: 'chan'; readonly element: GoType; readonly text: string }
  | { readonly is: 'func'; readonly signature: GoSignature }
  | { readonly is: 'struct'; readonly fields: readonly GoField[] }
  /** `empty`: no methods and nothing embedded. */
  | { readonly is: 'interface'; readonly empty: boolean; readonly text: string };

export type GoExpression = readonly GoToken[];

export interface GoField {
  readonly name: string;
  /** Offset of the name; of an embedded field's type. */
  readonly start: number;
  readonly type: GoType;
  readonly embedded: boolean;
}

/** Names that share a type; none for a parameter without a name. */
export interface GoParameter {
  readonly names: readonly string[];
  readonly type: GoType;
  readonly variadic: boolean;
}

export interface GoSignature {
  readonly parameters: readonly GoParameter[];
  readonly results: readonly GoParameter[];
}

export interface GoFunction {
  readonly name: string;
  /** Offset of the name. */
  readonly start: number;
  /** Offsets of the whole declaration, without the body. */
  readonly from: number;
  readonly to: number;
  readonly hasBody: boolean;
  readonly receiver?: GoParameter;
  readonly generic: boolean;
  readonly signature: GoSignature;
}

export interface GoConstant {
  readonly name: string;
  readonly start: number;
  readonly value: GoExpression;
  /** The type's name, where one is written. */
  readonly type?: string;
  readonly iota: number;
}

export interface GoTypeDeclaration {
  readonly name: string;
  readonly start: number;
  readonly type: GoType;
  readonly generic: boolean;
}

export interface GoFile {
  readonly text: string;
  readonly package: string;
  /** Path by the name it is used under. */
  readonly imports: ReadonlyMap<string, string>;
  readonly constants: readonly GoConstant[];
  readonly types: readonly GoTypeDeclaration[];
  readonly functions: readonly GoFunction[];
  readonly variables: readonly { readonly name: string; readonly start: number }[];
}

/** Never throws. */
export function parseGo(text: string): GoFile {
  return new GoParser(text).file();
}

/** What a type cannot be read from. */
class NoType extends Error {}

class GoParser {
  readonly #text: string;
  readonly #tokens: readonly GoToken[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenizeGo(text);
  }

  file(): GoFile {
    let name = '';
    const imports = new Map<string, string>();
    const constants: GoConstant[] = [];
    const types: GoTypeDeclaration[] = [];
    const functions: GoFunction[] = [];
    const variables: { name: string; start: number }[] = [];
    while (this.#at < this.#tokens.length) {
      const start = this.#at;
      const word = this.#text_();
      this.#at++;
      try {
        if (word === 'package') name = this.#text_();
        else if (word === 'import') this.#group(() => this.#import(imports));
        else if (word === 'const') this.#constants(constants);
        else if (word === 'type') this.#group(() => this.#type(types));
        else if (word === 'var') this.#group(() => this.#variable(variables));
        else if (word === 'func') {
          const fn = this.#function(this.#tokens[start].start);
          if (fn) functions.push(fn);
        }
      } catch (error) {
        if (!(error instanceof NoType)) throw error;
      }
      this.#skipStatement();
    }
    return { text: this.#text, package: name, imports, constants, types, functions, variables };
  }

  #text_(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? '';
  }

  #isName(ahead = 0): boolean {
    return this.#tokens[this.#at + ahead]?.kind === 'name';
  }

  #take(text: string): boolean {
    if (this.#text_() !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new NoType();
  }

  /** To behind the `;` that ends what is here, over whole brackets. */
  #skipStatement(): void {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { kind, text } = this.#tokens[this.#at];
      if (kind !== 'mark') continue;
      if (text === '(' || text === '[' || text === '{') depth++;
      else if (text === ')' || text === ']' || text === '}') depth = Math.max(0, depth - 1);
      else if (text === ';' && depth === 0) {
        this.#at++;
        return;
      }
    }
  }

  #group(each: () => void): void {
    if (!this.#take('(')) {
      each();
      return;
    }
    while (this.#at < this.#tokens.length && this.#text_() !== ')') {
      const start = this.#at;
      try {
        each();
      } catch (error) {
        if (!(error instanceof NoType)) throw error;
      }
      this.#skipToSemicolon();
      if (this.#at === start) this.#at++;
    }
    this.#at++;
  }

  /** Behind the next `;` of this depth, or before the bracket that closes it. */
  #skipToSemicolon(): void {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { kind, text } = this.#tokens[this.#at];
      if (kind !== 'mark') continue;
      if (text === '(' || text === '[' || text === '{') depth++;
      else if (text === ')' || text === ']' || text === '}') {
        if (depth === 0) return;
        depth--;
      } else if (text === ';' && depth === 0) {
        this.#at++;
        return;
      }
    }
  }

  #import(imports: Map<string, string>): void {
    let name: string | undefined;
    if (this.#isName() || this.#text_() === '.') {
      name = this.#text_();
      this.#at++;
    }
    if (this.#tokens[this.#at]?.kind !== 'string') return;
    const path = this.#text_().slice(1, -1);
    imports.set(name ?? path.slice(path.lastIndexOf('/') + 1), path);
    this.#at++;
  }

  #variable(variables: { name: string; start: number }[]): void {
    while (this.#isName()) {
      variables.push({ name: this.#text_(), start: this.#tokens[this.#at].start });
      this.#at++;
      if (!this.#take(',')) return;
    }
  }

  /** A constant without a value repeats the last one, with the next iota. */
  #constants(constants: GoConstant[]): void {
    let iota = 0;
    let last: { values: GoExpression[]; type?: string } = { values: [] };
    this.#group(() => {
      const names: GoToken[] = [];
      while (this.#isName()) {
        names.push(this.#tokens[this.#at++]);
        if (!this.#take(',')) break;
      }
      let type: string | undefined;
      const from = this.#at;
      while (this.#at < this.#tokens.length && this.#text_() !== '=' && this.#text_() !== ';' && this.#text_() !== ')')
        this.#at++;
      if (this.#at > from)
        type = this.#tokens
          .slice(from, this.#at)
          .map(({ text }) => text)
          .join('');
      if (this.#take('=')) last = { values: this.#expressions(), type };
      names.forEach(({ text, start }, index) => {
        constants.push({ name: text, start, value: last.values[index] ?? [], type: last.type, iota });
      });
      iota++;
    });
  }

  #expressions(): GoExpression[] {
    const list: GoToken[][] = [[]];
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at];
      if (token.kind === 'mark') {
        if ('([{'.includes(token.text)) depth++;
        else if (')]}'.includes(token.text)) {
          if (depth === 0) break;
          depth--;
        } else if (depth === 0 && token.text === ';') break;
        else if (depth === 0 && token.text === ',') {
          list.push([]);
          continue;
        }
      }
      list[list.length - 1].push(token);
    }
    return list;
  }

  #type(types: GoTypeDeclaration[]): void {
    if (!this.#isName()) return;
    const { text: name, start } = this.#tokens[this.#at++];
    let generic = false;
    // `type T[P any] …` and not `type T [4]int`.
    if (this.#text_() === '[' && this.#isName(1) && this.#text_(2) !== ']') {
      const at = this.#at;
      this.#brackets();
      generic = true;
      if (this.#text_() === ';' || this.#text_() === '') {
        this.#at = at;
        generic = false;
      }
    }
    this.#take('=');
    types.push({ name, start, type: this.#goType(), generic });
  }

  /** Over a bracket and what it holds. */
  #brackets(): void {
    let depth = 0;
    do {
      const text = this.#text_();
      if (text === '(' || text === '[' || text === '{') depth++;
      else if (text === ')' || text === ']' || text === '}') depth--;
      this.#at++;
    } while (depth > 0 && this.#at < this.#tokens.length);
  }

  #function(from: number): GoFunction | undefined {
    let receiver: GoParameter | undefined;
    if (this.#text_() === '(') [receiver] = this.#parameters();
    if (!this.#isName()) return undefined;
    const { text: name, start } = this.#tokens[this.#at++];
    const generic = this.#text_() === '[';
    if (generic) this.#brackets();
    const signature = this.#signature();
    const last = this.#tokens[this.#at - 1];
    const to = last.start + last.text.length;
    return { name, start, from, to, hasBody: this.#text_() === '{', receiver, generic, signature };
  }

  #signature(): GoSignature {
    const parameters = this.#parameters();
    let results: GoParameter[] = [];
    if (this.#text_() === '(') results = this.#parameters();
    else if (this.#startsType()) results = [{ names: [], type: this.#goType(), variadic: false }];
    return { parameters, results };
  }

  #startsType(): boolean {
    const token = this.#tokens[this.#at];
    if (!token) return false;
    if (token.kind === 'name') return true;
    return token.text === '*' || token.text === '[' || token.text === '<-';
  }

  /**
   * `(a, b int, c ...T)` or `(int, string)`: either every entry has a name or none has, which only the whole list tells.
   */
  #parameters(): GoParameter[] {
    this.#expect('(');
    const entries: { name?: string; type?: GoType; variadic: boolean }[] = [];
    while (this.#text_() !== ')') {
      if (this.#at >= this.#tokens.length) throw new NoType();
      let name: string | undefined;
      const next = this.#text_(1);
      const nameFollowed =
        this.#isName() && next !== ',' && next !== ')' && next !== '.' && !(next === '[' && this.#isInstance());
      const isTypeWord = ['func', 'map', 'chan', 'struct', 'interface'].includes(this.#text_());
      if (nameFollowed && !isTypeWord) {
        name = this.#text_();
        this.#at++;
      }
      const variadic = this.#take('...');
      entries.push({ name, type: this.#goType(), variadic });
      if (!this.#take(',')) {
        this.#take(';');
        break;
      }
    }
    this.#expect(')');
    if (!entries.some(({ name }) => name !== undefined)) {
      return entries.map(({ type, variadic }) => ({ names: [], type: type!, variadic }));
    }
    const list: { names: string[]; type: GoType; variadic: boolean }[] = [];
    let waiting: string[] = [];
    for (const { name, type, variadic } of entries) {
      if (name === undefined) {
        waiting.push(type?.is === 'name' ? type.name : '_');
        continue;
      }
      list.push({ names: [...waiting, name], type: type!, variadic });
      waiting = [];
    }
    return list;
  }

  /** `List[int]` and not `a []int`, `a [4]int`. */
  #isInstance(): boolean {
    if (this.#text_(2) === ']') return false;
    const at = this.#at;
    this.#at++;
    this.#brackets();
    const following = this.#text_();
    this.#at = at;
    return following === ',' || following === ')';
  }

  #goType(): GoType {
    const token = this.#tokens[this.#at];
    if (!token) throw new NoType();
    const start = token.start;
    this.#at++;
    if (token.kind === 'name') {
      switch (token.text) {
        case 'func':
          return { is: 'func', signature: this.#signature() };
        case 'map': {
          this.#expect('[');
          const key = this.#goType();
          this.#expect(']');
          return { is: 'map', key, element: this.#goType() };
        }
        case 'chan': {
          const direction = this.#take('<-') ? 'chan<- ' : 'chan ';
          return { is: 'chan', element: this.#goType(), text: direction };
        }
        case 'struct':
          return this.#struct();
        case 'interface': {
          const empty = this.#text_(1) === '}';
          this.#brackets();
          return { is: 'interface', empty, text: this.#text.slice(start, this.#endOfLast()) };
        }
      }
      let name = token.text;
      let from: string | undefined;
      if (this.#text_() === '.' && this.#isName(1)) {
        from = name;
        name = this.#text_(1);
        this.#at += 2;
      }
      let args: GoType[] | undefined;
      if (this.#text_() === '[' && this.#text_(1) !== ']') {
        args = [];
        this.#at++;
        while (this.#text_() !== ']') {
          args.push(this.#goType());
          if (!this.#take(',')) break;
        }
        this.#expect(']');
      }
      return { is: 'name', name, package: from, arguments: args };
    }
    switch (token.text) {
      case '*':
        return { is: 'pointer', element: this.#goType() };
      case '(': {
        const type = this.#goType();
        this.#expect(')');
        return type;
      }
      case '<-': {
        this.#expect('chan');
        return { is: 'chan', element: this.#goType(), text: '<-chan ' };
      }
      case '[': {
        if (this.#take(']')) return { is: 'slice', element: this.#goType() };
        const from = this.#at;
        for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
          const text = this.#text_();
          if (text === '[') depth++;
          if (text === ']' && depth-- === 0) break;
        }
        const length = this.#tokens.slice(from, this.#at);
        this.#expect(']');
        return { is: 'array', length, element: this.#goType() };
      }
    }
    throw new NoType();
  }

  #endOfLast(): number {
    const last = this.#tokens[this.#at - 1];
    return last.start + last.text.length;
  }

  #struct(): GoType {
    this.#expect('{');
    const fields: GoField[] = [];
    while (this.#text_() !== '}') {
      if (this.#at >= this.#tokens.length) throw new NoType();
      if (this.#take(';')) continue;
      const next = this.#text_(1);
      const embedded =
        this.#text_() === '*' ||
        next === ';' ||
        next === '}' ||
        next === '.' ||
        this.#tokens[this.#at + 1]?.kind === 'string';
      if (embedded) {
        const type = this.#goType();
        const named = type.is === 'pointer' ? type.element : type;
        const name = named.is === 'name' ? named.name : '_';
        fields.push({ name, start: this.#endOfLast() - name.length, type, embedded: true });
      } else {
        const names: { name: string; start: number }[] = [];
        do {
          if (!this.#isName()) throw new NoType();
          names.push({ name: this.#text_(), start: this.#tokens[this.#at].start });
          this.#at++;
        } while (this.#take(','));
        const type = this.#goType();
        for (const each of names) fields.push({ ...each, type, embedded: false });
      }
      if (this.#tokens[this.#at]?.kind === 'string') this.#at++;
      if (!this.#take(';') && this.#text_() !== '}') throw new NoType();
    }
    this.#expect('}');
    return { is: 'struct', fields };
  }
}
