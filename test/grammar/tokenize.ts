/** Reads text with the grammar as VS Code does: vscode-textmate over Oniguruma. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar, type StateStack } from 'vscode-textmate';
import { GRAMMAR } from '../../scripts/grammar.ts';

export interface Token {
  text: string;
  /** The innermost scopes, without the grammar's own name and the language's suffix. */
  scope: string;
}

const loaded = new Map<string, Promise<IGrammar>>();

export function loadGrammar(file = GRAMMAR, scopeName = 'source.goasm'): Promise<IGrammar> {
  const known = loaded.get(file);
  if (known) return known;
  const made = (async () => {
    const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));
    await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer);
    const registry = new textmate.Registry({
      onigLib: Promise.resolve({
        createOnigScanner: patterns => new oniguruma.OnigScanner(patterns),
        createOnigString: text => new oniguruma.OnigString(text),
      }),
      loadGrammar: async () => textmate.parseRawGrammar(readFileSync(file, 'utf8'), file),
    });
    const grammar = await registry.loadGrammar(scopeName);
    if (!grammar) throw new Error('the grammar does not load');
    return grammar;
  })();
  loaded.set(file, made);
  return made;
}

export async function tokenize(
  text: string,
  from?: Promise<IGrammar>,
): Promise<{ lines: Token[][]; depth: number; stoppedEarly: boolean }> {
  const grammar = await (from ?? loadGrammar());
  let state: StateStack = textmate.INITIAL;
  let stoppedEarly = false;
  const lines = text.split('\n').map(line => {
    const result = grammar.tokenizeLine(line, state, 2000);
    state = result.ruleStack;
    stoppedEarly ||= result.stoppedEarly;
    return result.tokens.map(({ startIndex, endIndex, scopes }) => ({
      text: line.slice(startIndex, endIndex),
      scope: scopes
        .slice(1)
        .filter(scope => !scope.startsWith('meta.'))
        .map(scope => scope.replace(/\.(goasm|strace|disassembly)$/, ''))
        .join(' '),
    }));
  });
  return { lines, depth: state.depth, stoppedEarly };
}

/** The words of some lines with their scopes; white space and plain punctuation left out. */
export async function scopesOf(text: string, from?: Promise<IGrammar>): Promise<string[]> {
  const { lines } = await tokenize(text, from);
  return lines
    .flat()
    .filter(token => token.scope !== '' && !/^(punctuation|keyword\.operator)/.test(token.scope))
    .map(token => `${token.text.trim()}  ${token.scope}`);
}
