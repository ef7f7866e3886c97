/**
 * The TextMate grammar of strace's output, which `ring3 trace` writes too: calls with their arguments and results, calls that
 * another thread interrupts, signals, exits. `scripts/grammar.ts` writes the JSON that VS Code loads.
 */
import { syscallNames } from '../emulator/abi/syscalls.ts';

const SCOPE = 'strace';

export function straceGrammar(): object {
  const scope = (name: string) => `${name}.${SCOPE}`;
  const captures = (...names: (string | undefined)[]) =>
    Object.fromEntries(names.flatMap((name, index) => (name ? [[String(index + 1), { name: scope(name) }]] : [])));
  // The longest first: `read` is the beginning of `readv`, too.
  const calls = [...syscallNames()].sort((a, b) => b.length - a.length || a.localeCompare(b)).join('|');
  return {
    name: 'strace',
    scopeName: `source.${SCOPE}`,
    patterns: [
      { include: '#prefix' },
      {
        name: scope('markup.italic.signal'),
        match: '--- (SIG\\w+|stopped by SIG\\w+)(?: (\\{[^\\n]*\\}))? ---',
        captures: captures('constant.language.signal', 'meta.structure'),
      },
      {
        name: scope('markup.bold.end'),
        match:
          '\\+\\+\\+ (exited with) (\\d+) \\+\\+\\+|\\+\\+\\+ (killed by) (SIG\\w+)(?: \\(core dumped\\))? \\+\\+\\+',
        captures: captures('keyword.control', 'constant.numeric', 'keyword.control', 'constant.language.signal'),
      },
      { match: '<\\.\\.\\. (\\w+) resumed>', captures: captures('entity.name.function') },
      { name: scope('comment.block'), match: '<unfinished \\.\\.\\.>' },
      { name: scope('comment.block'), match: '/\\*.*?\\*/' },
      { match: `\\b(${calls})(?=\\()`, captures: captures('entity.name.function') },
      { match: '\\b(syscall_0x[0-9a-f]+|[a-z_][a-z0-9_]*)(?=\\()', captures: captures('support.function') },
      { include: '#result' },
      { include: '#values' },
    ],
    repository: {
      prefix: {
        patterns: [
          {
            match: '^(?:\\[pid\\s+(\\d+)\\]|(\\d+)(?=\\s))\\s*',
            captures: captures('constant.numeric.process', 'constant.numeric.process'),
          },
          {
            name: scope('comment.line.time'),
            match: '(?<=^|\\s)(?:\\d+:\\d\\d:\\d\\d(?:\\.\\d+)?|\\d{9,}\\.\\d+)(?=\\s)',
          },
        ],
      },
      result: {
        patterns: [
          {
            match: '(?<=\\)|>)\\s+(=)\\s+(-1)\\s+(E[A-Z0-9]+)\\s+(\\([^)]*\\))',
            captures: captures('keyword.operator', 'invalid.illegal.result', 'invalid.illegal.errno', 'comment.line'),
          },
          {
            match: '(?<=\\)|>)\\s+(=)\\s+(\\?)(?:\\s+(ERESTART\\w+)\\s+(\\([^)]*\\)))?',
            captures: captures('keyword.operator', 'constant.language', 'constant.language.errno', 'comment.line'),
          },
          {
            match: '(?<=\\)|>)\\s+(=)\\s+(-?\\d+|0x[0-9a-f]+)(<[^>\\n]*>)?',
            captures: captures('keyword.operator', 'constant.numeric.result', 'string.other.descriptor'),
          },
          { name: scope('comment.line.time'), match: '<\\d+\\.\\d+>$' },
        ],
      },
      values: {
        patterns: [
          {
            name: scope('string.quoted.double'),
            begin: '"',
            end: '"(?:\\.\\.\\.)?|$',
            patterns: [{ name: scope('constant.character.escape'), match: '\\\\(?:x[0-9a-f]{2}|[0-7]{1,3}|.)' }],
          },
          { match: '\\b(\\w+)(=)(?![=>])', captures: captures('variable.parameter', 'keyword.operator') },
          { name: scope('constant.language.null'), match: '\\bNULL\\b' },
          { match: '\\b(\\d+)(<[^>\\n]*>)', captures: captures('constant.numeric', 'string.other.descriptor') },
          { name: scope('constant.numeric'), match: '(?<![\\w])-?(?:0x[0-9a-f]+|\\d+)\\b' },
          { name: scope('constant.other.flag'), match: '\\b[A-Z][A-Z0-9_]{2,}\\b' },
          { name: scope('keyword.operator'), match: '[|&*~]|=>|\\bor\\b' },
        ],
      },
    },
  };
}
