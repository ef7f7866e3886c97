/** The language server through the editor, the same in both extension hosts. */
import * as vscode from 'vscode';
import { driver, until } from './driver.ts';

const TEXT = `#include "textflag.h"

// func Mul(a, b int64) int64
TEXT ·Mul(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
again:
	IMULQ  b+8(FP),AX
	JNE again
	MOVQ AX, ret+16(FP)
	RET
`;

const GO = 'package mul\n\nfunc Mul(a, b int64) int64\n';

function same(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

/** Asks again until the server has read the file. */
function ask<T>(what: string, command: string, ...args: unknown[]): Promise<T[]> {
  return until(what, async () => {
    const answer = await vscode.commands.executeCommand<T[] | undefined>(command, ...args);
    return answer && answer.length > 0 ? answer : undefined;
  }) as Promise<T[]>;
}

export function assembly(): void {
  describe('the language server for Go assembly', () => {
    let document: vscode.TextDocument;

    before(async () => {
      const folder = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, 'mul');
      const file = vscode.Uri.joinPath(folder, 'mul_amd64.s');
      await vscode.workspace.fs.createDirectory(folder);
      const write = (uri: vscode.Uri, text: string) =>
        vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
      await write(vscode.Uri.joinPath(folder, 'mul.go'), GO);
      await write(file, TEXT);
      const opened = await vscode.workspace.openTextDocument(file);
      document = await vscode.languages.setTextDocumentLanguage(opened, 'go.asm');
      await vscode.window.showTextDocument(document);
    });

    it('tells the outline', async () => {
      const [mul] = await ask<vscode.DocumentSymbol>(
        'the outline',
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      same([mul.name, mul.detail, mul.children.map(({ name }) => name)], ['Mul', 'NOSPLIT, $0-24', ['again']]);
    });

    it('explains an instruction and a register', async () => {
      const hoverAt = async (word: string) => {
        const position = document.positionAt(document.getText().indexOf(word) + 1);
        const hovers = await ask<vscode.Hover>('a hover', 'vscode.executeHoverProvider', document.uri, position);
        return hovers.flatMap(({ contents }) => contents.map(part => (part as vscode.MarkdownString).value)).join('\n');
      };
      const instruction = await hoverAt('IMULQ');
      if (!instruction.includes('**IMULQ**') || !instruction.includes('writes OF')) throw new Error(instruction);
      const register = await hoverAt('AX');
      if (!register.includes('1st integer argument, result')) throw new Error(register);
    });

    it('reports what is wrong as one types, and takes it back', async () => {
      const of = () => vscode.languages.getDiagnostics(document.uri);
      const edit = new vscode.WorkspaceEdit();
      const place = new vscode.Position(7, 5);
      edit.insert(document.uri, place, 'x');
      await vscode.workspace.applyEdit(edit);
      const [problem] = await until('a diagnostic', () => (of().length > 0 ? of() : undefined));
      same([problem.message, problem.range.start.line], ['undefined label xagain', 7]);
      await vscode.commands.executeCommand('workbench.actions.view.problems');
      await driver.screenshot('assembly-diagnostics');
      await vscode.commands.executeCommand('undo');
      await until('no diagnostic', () => of().length === 0);
    });

    it('completes an argument of the Go declaration', async () => {
      const at = document.positionAt(document.getText().indexOf('b+8(FP)'));
      const list = await until('completions', async () => {
        const answer = await vscode.commands.executeCommand<vscode.CompletionList>(
          'vscode.executeCompletionItemProvider',
          document.uri,
          at,
        );
        return answer?.items.some(({ label }) => label === 'ret+16(FP)') ? answer : undefined;
      });
      const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
      same(
        ['a+0(FP)', 'b+8(FP)', 'R10'].map(label => labels.includes(label)),
        [true, true, true],
      );
    });

    it('goes to the Go declaration and renames in both languages', async () => {
      const at = document.positionAt(document.getText().indexOf('·Mul') + 1);
      const [place] = await ask<vscode.Location>(
        'the declaration',
        'vscode.executeDeclarationProvider',
        document.uri,
        at,
      );
      same([place.uri.path.endsWith('/mul.go'), place.range.start.line], [true, 2]);
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        at,
        'Times',
      );
      same(
        edit.entries().map(([uri, edits]) => [uri.path.slice(uri.path.lastIndexOf('/') + 1), edits.length]),
        [
          ['mul_amd64.s', 1],
          ['mul.go', 1],
        ],
      );
    });

    it('goes from a Go file into assembly, and renames from there', async () => {
      const uri = vscode.Uri.joinPath(document.uri, '..', 'mul.go');
      const go = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), 'go');
      const at = go.positionAt(go.getText().indexOf('Mul(') + 1);
      const [place] = await ask<vscode.Location>('the assembly', 'vscode.executeDefinitionProvider', uri, at);
      same([place.uri.path.endsWith('/mul_amd64.s'), place.range.start.line], [true, 3]);
      // What is asked of every file is not asked of Go here.
      same(await vscode.commands.executeCommand('vscode.executeFormatDocumentProvider', uri, {}), undefined);
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        uri,
        at,
        'Times',
      );
      const changes = edit
        .entries()
        .map(([{ path }, edits]) => `${path.slice(path.lastIndexOf('/') + 1)} ${edits.length}`);
      same(changes.sort(), ['mul.go 1', 'mul_amd64.s 1']);
    });

    it('shows completions as one types', async () => {
      const editor = await vscode.window.showTextDocument(document);
      const end = document.lineAt(4).range.end;
      editor.selection = new vscode.Selection(end, end);
      // Keys would overtake the selection; commands do not.
      for (const text of ['\n', ...'ADDQ b']) await vscode.commands.executeCommand('type', { text });
      await until('the completions', async () => {
        const texts = await driver.texts('.suggest-widget.visible .monaco-list-row');
        return texts.some(text => text.includes('b+8(FP)'));
      });
      await driver.screenshot('assembly-completion');
      await vscode.commands.executeCommand('acceptSelectedSuggestion');
      await until('the completion', () => document.lineAt(5).text.trim() === 'ADDQ b+8(FP)');
      const edit = new vscode.WorkspaceEdit();
      edit.delete(document.uri, document.lineAt(5).rangeIncludingLineBreak);
      await vscode.workspace.applyEdit(edit);
      same(document.getText(), TEXT);
    });

    it('formats the document', async () => {
      await vscode.window.showTextDocument(document);
      await vscode.commands.executeCommand('editor.action.formatDocument');
      await until('the formatted line', () => document.lineAt(6).text === '\tIMULQ b+8(FP), AX');
      await driver.screenshot('assembly-formatted');
    });

    it('shows the hover in the window', async () => {
      const editor = await vscode.window.showTextDocument(document);
      const at = document.positionAt(document.getText().indexOf('IMULQ') + 1);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand('editor.action.showHover');
      await until('the hover', async () => {
        const texts = await driver.texts('.monaco-hover');
        return texts.some(text => text.includes('IMULQ'));
      });
      await driver.screenshot('assembly-hover');
    });

    it('renames in the window, in both languages', async () => {
      const editor = await vscode.window.showTextDocument(document);
      const at = document.positionAt(document.getText().indexOf('·Mul') + 2);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand('editor.action.hideHover');
      // Done when the name is given.
      const renaming = vscode.commands.executeCommand('editor.action.rename');
      await until('the box to rename in', async () => {
        const fields = await driver.attributes('.rename-box input:focus', 'class');
        return fields.length > 0;
      });
      await driver.type('Times');
      await driver.screenshot('assembly-rename');
      await driver.press('Enter');
      await renaming;
      await until('the new name', () => document.getText().includes('TEXT ·Times(SB)'));
      const go = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(document.uri, '..', 'mul.go'));
      await until('the new name in Go', () => go.getText().includes('func Times(a, b int64)'));
      await vscode.window.showTextDocument(go, vscode.ViewColumn.Beside);
      await driver.screenshot('assembly-renamed');
      await vscode.commands.executeCommand('workbench.action.files.saveAll');
      await vscode.commands.executeCommand('workbench.action.closeEditorsInOtherGroups');
    });
  });
}
