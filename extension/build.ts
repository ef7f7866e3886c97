/**
 * Go source becomes an executable before the session starts, so that what the compiler says stands where a Go programmer
 * looks for it: in the Problems view, at the line. How it is built is the debug adapter's knowledge (`Environment.build`).
 */
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { buildProgram, look as lookAt } from '../debug-adapter/go-build.ts';

let problems: vscode.DiagnosticCollection | undefined;
let log: vscode.OutputChannel | undefined;

export async function buildGo(
  configuration: vscode.DebugConfiguration,
  context: vscode.ExtensionContext,
  token?: vscode.CancellationToken,
): Promise<vscode.DebugConfiguration | undefined> {
  const folder = typeof configuration.cwd === 'string' ? configuration.cwd : workspaceFolder();
  const path = isAbsolute(configuration.program) ? configuration.program : join(folder ?? '.', configuration.program);
  // A folder, a .go file, or a .s file of a package; anything else is run as it is.
  const source = /\.(go|s)$/.test(path);
  const look = await lookAt(path);
  if (look.is !== 'directory' && !source) return configuration;

  if (!vscode.workspace.isTrusted) {
    void vscode.window.showErrorMessage(
      'Ring 3 builds Go source only in workspaces you trust. Executables run in any workspace: name one as "program".',
    );
    return undefined;
  }
  problems ??= keep(context, vscode.languages.createDiagnosticCollection('ring3'));
  log ??= keep(context, vscode.window.createOutputChannel('Ring 3'));
  problems.clear();

  const title = `Building ${path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)} for linux/amd64`;
  const flags = configuration.buildFlags ?? [];
  const result = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    buildProgram(vscode.workspace.getConfiguration('ring3').get<string>('goCommand') || 'go', {
      path: path.endsWith('.s') ? join(path, '..') : path,
      flags: typeof flags === 'string' ? flags.split(/\s+/).filter(Boolean) : flags,
      optimize: configuration.optimize === true,
    }),
  );
  if (token?.isCancellationRequested) return undefined;
  if (result.is === 'built') {
    const packageFolder = look.is === 'directory' ? path : join(path, '..');
    return { ...configuration, program: result.program, cwd: configuration.cwd ?? packageFolder };
  }

  log.replace(`${result.message}\n\n${result.output}\n`);
  const count = showProblems(problems, result.output, look.is === 'directory' ? path : join(path, '..'));
  const show = count > 0 ? 'Show problems' : 'Show output';
  void vscode.window.showErrorMessage(result.message, show).then(answer => {
    if (answer !== show) return;
    if (count > 0) void vscode.commands.executeCommand('workbench.actions.view.problems');
    else log?.show();
  });
  return undefined;
}

function workspaceFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
}

function keep<T extends vscode.Disposable>(context: vscode.ExtensionContext, disposable: T): T {
  context.subscriptions.push(disposable);
  return disposable;
}

/** The compiler's and assembler's `file:line:column: message` lines. Returns how many there were. */
function showProblems(collection: vscode.DiagnosticCollection, output: string, folder: string): number {
  const byFile = new Map<string, vscode.Diagnostic[]>();
  for (const line of output.split('\n')) {
    const match = /^(?:vet: )?(.+?\.(?:go|s)):(\d+)(?::(\d+))?: (.+)$/.exec(line.trim());
    if (!match) continue;
    const [, file, row, column, message] = match;
    const at = new vscode.Position(Math.max(0, Number(row) - 1), Math.max(0, Number(column ?? 1) - 1));
    const diagnostic = new vscode.Diagnostic(new vscode.Range(at, at), message, vscode.DiagnosticSeverity.Error);
    diagnostic.source = 'go build';
    const path = isAbsolute(file) ? file : join(folder, file);
    byFile.set(path, [...(byFile.get(path) ?? []), diagnostic]);
  }
  for (const [path, diagnostics] of byFile) collection.set(vscode.Uri.file(path), diagnostics);
  return byFile.size;
}
