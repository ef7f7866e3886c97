/** What is wrong with a file, where the editor shows it. */
import { type Diagnostic, DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver';
import { checkFile, type Surroundings } from '../check/check.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { rangeOf } from './symbols.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
} as const;

/** So many say enough; the assembler itself stops after ten. */
const MOST = 200;

export function diagnostics(file: AssemblyFile, surroundings: Surroundings): Diagnostic[] {
  const { problems } = checkFile(file, surroundings);
  return problems.slice(0, MOST).map(({ message, span, severity = 'error', code, fix }) => ({
    message,
    range: rangeOf(file.source, span),
    severity: SEVERITIES[severity],
    source: code === 'asmdecl' || code === 'framepointer' ? 'vet' : 'asm',
    code,
    ...(fix ? { data: fix } : {}),
    ...(code === 'unreachable' ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  }));
}
