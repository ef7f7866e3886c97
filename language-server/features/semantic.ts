/** Semantic tokens: what only the tree knows, and a grammar guesses. */
import type { SemanticTokens, SemanticTokensLegend } from 'vscode-languageserver';
import { checkedTargets } from '../check/check.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type Meaning, modelOf } from '../syntax/model.ts';
import { positionAt } from '../syntax/tree.ts';
import { isDirective } from '../syntax/words.ts';

const TYPES = ['keyword', 'function', 'variable', 'parameter', 'macro', 'label', 'operator', 'property'] as const;
type Type = (typeof TYPES)[number];
const MODIFIERS = ['definition', 'static', 'defaultLibrary'] as const;

export const legend: SemanticTokensLegend = { tokenTypes: [...TYPES], tokenModifiers: [...MODIFIERS] };

export function semanticTokens(file: AssemblyFile): SemanticTokens {
  const { source } = file;
  const model = modelOf(file);
  const assemblers = checkedTargets(file).map(({ architecture }) => assemblerOf(architecture));
  const isInstruction = (word: string) => assemblers.some(({ instructions }) => instructions.has(word));
  const isRegister = (word: string) =>
    assemblers.some(({ registers, numbered }) => registers.has(word) || numbered.has(word));
  const defined = new Set(model.functions.map(({ at }) => at));
  const functions = new Set(model.functions.map(({ symbol }) => symbol));

  const typeOf = (meaning: Meaning, token: number): [Type, number] | undefined => {
    switch (meaning.is) {
      case 'instruction':
        if (isDirective(meaning.name)) return ['keyword', 0];
        // Another architecture's word is none here; a header may define it.
        return [isInstruction(meaning.name) ? 'operator' : 'macro', 0];
      case 'macro':
        return ['macro', model.macros.get(meaning.name)?.argument === token ? 1 : 0];
      case 'parameter':
        return ['parameter', 0];
      case 'argument':
        return ['property', 0];
      case 'label':
        return ['label', 0];
      case 'symbol': {
        const isCode = functions.has(meaning.name) || defined.has(token);
        return [isCode ? 'function' : 'variable', (defined.has(token) ? 1 : 0) | (meaning.name.endsWith('<>') ? 2 : 0)];
      }
      case 'register':
        return isRegister(meaning.name) ? ['variable', 4] : undefined;
      default:
        return undefined;
    }
  };

  const data: number[] = [];
  let [lastLine, lastCharacter] = [0, 0];
  source.tokens.forEach((token, index) => {
    if (token.kind !== 'name') return;
    const meaning = model.meaning(index);
    const type = meaning && typeOf(meaning, index);
    if (!type) return;
    const { line, character } = positionAt(source, token.start);
    data.push(
      line - lastLine,
      line === lastLine ? character - lastCharacter : character,
      token.text.length,
      TYPES.indexOf(type[0]),
      type[1],
    );
    [lastLine, lastCharacter] = [line, character];
  });
  return { data };
}
