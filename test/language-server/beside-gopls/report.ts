/** Two servers' answers as a page: how many of the questions each answers, and every answer in full. */
import type { Answers } from './answers.ts';
import { keyOf, QUESTIONS, type Question } from './questions.ts';

/** gopls' answers, as scripts/compare-gopls.ts has written them down. */
export interface Recorded {
  readonly gopls: string;
  readonly go: string;
  readonly answers: Answers;
}

/** Lines of an answer that are shown. */
const MOST_LINES = 8;

const feature = ({ method }: Question): string =>
  method === 'workspace/symbol'
    ? 'workspace symbols'
    : (WORDS[method.replace('textDocument/', '')] ?? method.replace('textDocument/', ''));

const WORDS: Readonly<Record<string, string>> = {
  documentSymbol: 'outline',
  documentHighlight: 'highlights',
  signatureHelp: 'signature help',
  foldingRange: 'folding',
  selectionRange: 'selections',
  inlayHint: 'inlay hints',
  'semanticTokens/full': 'semantic tokens',
  prepareCallHierarchy: 'call hierarchy',
  codeAction: 'code actions',
};

/** “3 of 7”, for each kind of question and each of the two languages. */
export function summary({ gopls, answers }: Recorded, ring3: Answers): string {
  const features = [...new Set(QUESTIONS.map(feature))];
  const count = (name: string, isGo: boolean, from: Answers): string => {
    const asked = QUESTIONS.filter(question => feature(question) === name && question.file.endsWith('.go') === isGo);
    const answered = asked.filter(question => from[keyOf(question)] !== undefined).length;
    return asked.length === 0 ? '' : answered === 0 ? '–' : `${answered} of ${asked.length}`;
  };
  const rows = features.map(name => [
    name,
    ...[false, true].flatMap(isGo => [count(name, isGo, answers), count(name, isGo, ring3)]),
  ]);
  const head = ['asked', `.s: gopls ${gopls}`, '.s: Ring 3', '.go: gopls', '.go: Ring 3'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function page(recorded: Recorded, ring3: Answers): string {
  const answer = (lines: readonly string[] | undefined): string => {
    if (!lines) return '–\n';
    const rest = lines.length - MOST_LINES;
    return [...lines.slice(0, MOST_LINES), ...(rest > 0 ? [`… ${rest} more`] : [])].join('\n').concat('\n');
  };
  return `# Beside gopls

What gopls ${recorded.gopls} (with ${recorded.go} and its own defaults) and this server answer to the same questions about the
package in \`sums/\`. Written by \`npx tsx scripts/compare-gopls.ts\`, which needs gopls; a test holds what it says.

${summary(recorded, ring3)}

Of Go files this server is asked only what leads into assembly. Of diagnostics, the absence of one is an answer, too: the
package is right for the compiler, and \`go vet\` is what objects to \`broken_amd64.s\`.

## Every question
${QUESTIONS.map(
  question => `
### ${feature(question)}, ${question.file}: ${question.title}

\`\`\`text
gopls
${answer(recorded.answers[keyOf(question)]).replace(/^(?=.)/gm, '  ')}Ring 3
${answer(ring3[keyOf(question)]).replace(/^(?=.)/gm, '  ')}\`\`\`
`,
).join('')}`.replaceAll('  ```', '  ~~~');
}
