/**
 * The TextMate grammar of the debugger's documents in Intel's or GNU's syntax: a function's instructions behind their
 * addresses, with the source lines they come from as comments. Documents in Go's syntax are Go assembly, whose grammar
 * knows the addresses, too. `scripts/grammar.ts` writes the JSON that VS Code loads.
 */
const SCOPE = 'disassembly';

/** Registers of x86-64 by Intel's names; GNU's have a `%` before. */
const REGISTERS = [
  'r(?:[abcd]x|[sd]i|[sb]p|ip)|r(?:[89]|1[0-5])[dwb]?|e?[abcd]x|[abcd][hl]|e?(?:[sd]i|[sb]p|ip)|[sd]il|[sb]pl',
  '[xyz]mm(?:[12]?\\d|3[01])|k[0-7]|mm[0-7]|st(?:\\([0-7]\\))?|[c-gs]s|[cd]r\\d+|bnd[0-3]',
].join('|');

const PREFIXES = 'lock|rep(?:n?e|n?z)?|bnd|notrack|xacquire|xrelease|data16|addr32|rex(?:\\.[WRXB]+)?|[c-gs]s';

export function disassemblyGrammar(): object {
  const scope = (name: string) => `${name}.${SCOPE}`;
  return {
    name: 'Disassembly',
    scopeName: `source.${SCOPE}`,
    patterns: [
      { name: scope('comment.line.double-slash'), match: '^//.*$' },
      {
        // What stands behind the address, to the end of the line.
        begin: '^[ \\t]*([0-9a-f]{4,16})(?=  \\S)',
        beginCaptures: { 1: { name: scope('constant.numeric.address') } },
        end: '$',
        patterns: [{ include: '#missing' }, { include: '#instruction' }],
      },
    ],
    repository: {
      missing: { patterns: [{ name: scope('invalid.illegal'), match: '\\((?:bad|no memory)\\)' }] },
      instruction: {
        patterns: [
          { name: scope('keyword.other.instruction.prefix'), match: `(?<=  |\\G)(?:(?:${PREFIXES})\\s+)+(?=[a-z])` },
          {
            begin:
              '\\b(?:(j[a-z]+|call[a-z]*|loop[a-z]*|ret[a-z]*|sys(?:call|enter|exit|ret)[a-z]*)|([a-z][a-z0-9]+))\\b',
            beginCaptures: {
              1: { name: scope('keyword.other.instruction.branch') },
              2: { name: scope('keyword.other.instruction') },
            },
            end: '$',
            patterns: [{ include: '#operands' }],
          },
        ],
      },
      operands: {
        patterns: [
          { name: scope('comment.line.number-sign'), match: '#\\s.*$' },
          {
            // A place by its name: a function, and how far into it.
            match: '(<)([^\\s<>+]+(?:<[^<>]*>[^\\s<>+]*)*)(?:(\\+)(0x[0-9a-f]+))?(>)',
            captures: {
              1: { name: scope('punctuation.definition.symbol.begin') },
              2: { name: scope('entity.name.function') },
              3: { name: scope('keyword.operator.arithmetic') },
              4: { name: scope('constant.numeric') },
              5: { name: scope('punctuation.definition.symbol.end') },
            },
          },
          {
            name: scope('storage.type.size'),
            match: '\\b(?i:(?:byte|[dfqo]?word|tbyte|[xyz]mmword) ptr|far)\\b',
          },
          { name: scope('variable.language.register'), match: `%?\\b(?:${REGISTERS})\\b` },
          { name: scope('constant.numeric'), match: '\\$?-?\\b(?:0x[0-9a-f]+|\\d+)\\b' },
          { name: scope('keyword.operator.arithmetic'), match: '[-+*]' },
        ],
      },
    },
  };
}
