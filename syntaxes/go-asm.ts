/**
 * The TextMate grammar of Go's assembler, as its lexer and parser (cmd/asm/internal) read the language: identifiers may
 * hold `·` and `∕`, statements end at a newline or `;`, a label may stand before one, and the body of a #define is
 * statements too. `scripts/grammar.ts` writes the JSON that VS Code loads.
 *
 * A word where a statement begins is an instruction when the assembler knows it, else it can only be a macro.
 */
import { FUNCDATA_MACROS, TEXT_FLAGS } from '../language-server/syntax/words.ts';

const SCOPE = 'goasm';

/** One identifier: letters of any script, `_`, the middle dot and the division slash; digits after the first. */
const NAME = '[\\p{L}_\\x{00B7}\\x{2215}][\\p{L}\\p{N}_\\x{00B7}\\x{2215}]*';
/**
 * Where a statement begins: at a line's start, behind `;` or a label, where a macro's body begins, and in the debugger's
 * listings two spaces behind the address.
 */
const START = '(?:^|\\G|(?<=[;:])|(?<=[0-9a-f]  ))[ \\t]*';

const FLAGS = Object.keys(TEXT_FLAGS).join('|');

/** Registers of all architectures, by the names the assembler takes. */
const REGISTERS = [
  // amd64, 386
  '[ABCD][XLH]|[SD]I|BP|(?:SP|BP|SI|DI)B|R(?:[89]|1[0-5])B|[C-GS]S|TLS|TR|CR\\d+|DR\\d+',
  '[XYZ](?:[12]?\\d|3[01])|K[0-7]|M[0-7]',
  // arm, arm64, loong64, mips, ppc64, s390x, riscv64
  'R(?:[12]?\\d|3[01])|F(?:[1-5]?\\d|6[0-3])|D(?:[12]?\\d|3[01])|g|RSP|ZR|LR|R18_PLATFORM|RSB',
  'V(?:[1-5]?\\d|6[0-3])|VS(?:[1-5]?\\d|6[0-3])|P(?:\\d|1[0-5])|A(?:\\d|1[0-5])|AR(?:\\d|1[0-5])',
  'CR[0-7](?:LT|GT|EQ|SO)?|XER|CTR|FPSCR|FPSR|FPCR|CPSR|SPSR|NZCV|FCSR\\d?|FCC\\d|HI|LO|FCR\\d+',
  '[A-Z][A-Z0-9_]*_EL[0-3]|FP_MODE|ZERO|RA|GP|TP|T[0-6]|S(?:\\d|1[01])|F[TAS]\\d+',
].join('|');

/** Mnemonics that the same architectures have: `['arm', 'arm64']` and what both know. */
export interface Mnemonics {
  readonly architectures: readonly string[];
  readonly words: readonly string[];
}

export function grammar(mnemonics: readonly Mnemonics[]): object {
  const scope = (name: string) => `${name}.${SCOPE}`;
  const captures = (...names: (string | undefined)[]) =>
    Object.fromEntries(names.flatMap((name, index) => (name ? [[String(index + 1), { name: scope(name) }]] : [])));

  return {
    $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
    name: 'Go Assembly',
    scopeName: `source.${SCOPE}`,
    patterns: [
      { include: '#leading' },
      { include: '#comments' },
      { include: '#preprocessor' },
      { include: '#statement' },
    ],
    repository: {
      comments: {
        patterns: [
          { name: scope('comment.line.double-slash'), match: '//.*$' },
          { name: scope('comment.block'), begin: '/\\*', end: '\\*/' },
        ],
      },

      /** A comment before a statement: behind it the statement begins as if it were the line. */
      leading: {
        begin: '^[ \\t]*(/\\*.*?\\*/)[ \\t]*(?=[^ \\t/])',
        beginCaptures: captures('comment.block'),
        end: '(?=\\\\[ \\t]*$)|$',
        patterns: [{ include: '#comments' }, { include: '#statement' }],
      },

      preprocessor: {
        patterns: [
          {
            name: scope('meta.preprocessor.include'),
            match: '^[ \\t]*(#[ \\t]*include)\\b[ \\t]*("[^"\\n]*")?',
            captures: captures('keyword.control.directive.include', 'string.quoted.double.include'),
          },
          {
            // The body goes on while lines end in a backslash.
            name: scope('meta.preprocessor.macro'),
            begin: `^[ \\t]*(#[ \\t]*define)\\b[ \\t]+(${NAME})(?:(\\()([^)\\n]*)(\\)))?[ \\t]*`,
            beginCaptures: captures(
              'keyword.control.directive.define',
              'entity.name.function.preprocessor',
              'punctuation.definition.parameters.begin',
              'variable.parameter.preprocessor',
              'punctuation.definition.parameters.end',
            ),
            end: '(?<!\\\\)(?=\\n)|(?<!\\\\)$',
            patterns: [
              { name: scope('constant.character.escape.line-continuation'), match: '\\\\[ \\t]*$\\n?' },
              { include: '#leading' },
              { include: '#comments' },
              { include: '#statement' },
            ],
          },
          {
            name: scope('meta.preprocessor'),
            match: `^[ \\t]*(#[ \\t]*(?:ifdef|ifndef|undef))\\b[ \\t]*(${NAME})?`,
            captures: captures('keyword.control.directive.conditional', 'entity.name.function.preprocessor'),
          },
          {
            name: scope('meta.preprocessor'),
            match: '^[ \\t]*(#[ \\t]*(?:else|endif|line))\\b',
            captures: captures('keyword.control.directive.conditional'),
          },
          { name: scope('invalid.illegal.directive'), match: '^[ \\t]*#[ \\t]*\\w*' },
        ],
      },

      statement: {
        patterns: [
          { name: scope('constant.numeric.address'), match: '^[ \\t]*[0-9a-f]{4,16}(?=  \\S)' },
          { include: '#label' },
          { include: '#directive' },
          { include: '#branch' },
          { include: '#instruction' },
          { include: '#macro' },
          { include: '#operands' },
          { name: scope('punctuation.separator.statement'), match: ';' },
        ],
      },

      label: {
        match: `${START}(${NAME})(:)`,
        captures: captures('entity.name.label', 'punctuation.separator.label'),
      },

      /** TEXT, GLOBL and DATA name what they define; the others are pseudo-instructions. */
      directive: {
        patterns: [
          {
            match: `${START}(TEXT)\\b[ \\t]+((?:${NAME})?)(<[A-Za-z0-9]*>)?`,
            captures: captures('keyword.control.directive.text', 'entity.name.function', 'storage.modifier.abi'),
          },
          {
            match: `${START}(GLOBL|DATA)\\b[ \\t]+((?:${NAME})?)(<[A-Za-z0-9]*>)?`,
            captures: captures('keyword.control.directive.data', 'entity.name.variable', 'storage.modifier.abi'),
          },
          {
            match: `${START}(FUNCDATA|PCDATA|PCALIGN)\\b`,
            captures: captures('keyword.control.directive.funcdata'),
          },
          {
            match: `${START}(${Object.keys(FUNCDATA_MACROS).join('|')})\\b`,
            captures: captures('support.function.macro'),
          },
        ],
      },

      /** A call or jump to a symbol: its target is a function. */
      branch: {
        match: `${START}(CALL|JMP|BL|B|BR|JAL|CALLIND)\\b[ \\t]+(${NAME})(<[A-Za-z0-9]*>)?(?=[-+\\w]*\\(SB\\))`,
        captures: captures('keyword.other.instruction.branch', 'entity.name.function.call', 'storage.modifier.abi'),
      },

      /** A grammar cannot know whom a file is for; so the scope says which architectures have the instruction. */
      instruction: {
        match: `${START}(?:${mnemonics.map(({ words }) => `(${trie(words)})`).join('|')})((?:\\.[A-Za-z0-9_]+)*)(?![\\p{L}\\p{N}_\\x{00B7}\\x{2215}(])`,
        captures: captures(
          ...mnemonics.map(({ architectures }) => `keyword.other.instruction.${architectures.join('.')}`),
          'keyword.other.instruction.suffix',
        ),
      },

      /** Not so a register or a number that a #define gives a name. */
      macro: {
        match: `${START}(?!(?:${REGISTERS}|SP|SB|FP|PC)(?![\\p{L}\\p{N}_\\x{00B7}\\x{2215}]))(${NAME}(?:\\.[A-Za-z0-9_]+)*)`,
        captures: captures('support.function.macro'),
      },

      operands: {
        patterns: [
          {
            // x+8(FP), x-8(SP): an argument or a local by name and place.
            match: `(${NAME})(?:([-+])(0[xX][0-9a-fA-F]+|\\d+))?(?=\\((?:FP|SP)\\))`,
            captures: captures('variable.parameter', 'keyword.operator.arithmetic', 'constant.numeric'),
          },
          {
            match: `(${NAME})(<[A-Za-z0-9]*>)?(?=(?:[-+][\\w·+*-]+)?\\(SB\\))`,
            captures: captures('variable.other.global', 'storage.modifier.abi'),
          },
          { name: scope('string.quoted.double'), match: '"(?:[^"\\\\\\n]|\\\\.)*"' },
          { name: scope('string.quoted.single'), match: "'(?:[^'\\\\\\n]|\\\\.)+'" },
          {
            name: scope('constant.numeric'),
            match:
              '(?<![\\p{L}\\p{N}_\\x{00B7}])(?:0[xX][0-9a-fA-F_]+(?:\\.[0-9a-fA-F]*)?(?:[pP][-+]?\\d+)?|0[bB][01_]+|\\d+(?:\\.\\d*)?(?:[eE][-+]?\\d+)?)',
          },
          { name: scope('keyword.operator.immediate'), match: '\\$' },
          { name: scope('constant.language.pseudo-register'), match: '(?<=\\()(?:SB|FP|PC)(?=\\))|\\b(?:SB|FP|PC)\\b' },
          {
            match: `(?<![\\p{L}\\p{N}_\\x{00B7}])(${REGISTERS}|SP)((?:\\.[A-Z]\\d*)?)(?![\\p{L}\\p{N}_\\x{00B7}])`,
            captures: captures('variable.language.register', 'storage.modifier.arrangement'),
          },
          { name: scope('constant.language.flag'), match: `\\b(?:${FLAGS})\\b` },
          { name: scope('constant.other.funcdata'), match: '\\b(?:FUNCDATA|PCDATA)_\\w+' },
          { name: scope('keyword.operator.arithmetic'), match: '<<|>>|->|@>|[-+*/%&|^~!]' },
          { name: scope('punctuation.separator.operand'), match: ',' },
          { name: scope('punctuation.section.brackets'), match: '[()\\[\\]]' },
          { name: scope('storage.modifier.abi'), match: '<[A-Za-z0-9]*>' },
          { name: scope('variable.other'), match: NAME },
        ],
      },
    },
  };
}

/** One expression for many words, with common beginnings written once: a third of the size, and fast to reject. */
export function trie(list: readonly string[]): string {
  interface Node {
    end: boolean;
    next: Map<string, Node>;
  }
  const root: Node = { end: false, next: new Map() };
  for (const word of list) {
    let node = root;
    for (const letter of word) {
      let next = node.next.get(letter);
      if (!next) {
        next = { end: false, next: new Map() };
        node.next.set(letter, next);
      }
      node = next;
    }
    node.end = true;
  }
  const write = (node: Node): string => {
    const letters: string[] = [];
    const longer: string[] = [];
    for (const [letter, next] of node.next) {
      const rest = write(next);
      if (rest === '') letters.push(letter);
      else longer.push(letter + rest);
    }
    if (letters.length > 1) longer.push(`[${letters.join('')}]`);
    else longer.push(...letters);
    if (longer.length === 0) return '';
    const one = longer.length === 1 ? longer[0] : `(?:${longer.join('|')})`;
    if (!node.end) return one;
    return longer.length === 1 && longer[0].length > 1 && !/^\[[^\]]*\]$/.test(one) ? `(?:${one})?` : `${one}?`;
  };
  return write(root);
}
