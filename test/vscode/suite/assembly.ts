/** The language server through the editor, the same in both extension hosts. */
import * as vscode from 'vscode';
import { driver, until } from './driver.ts';

const TEXT = `#include "textflag.h"

// func Mul(a, b int64) int64
TEXT ·Mul(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
again:
	IMULQ b+8(FP), AX
	JMP again
	RET
`;

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
      const folder = vscode.workspace.workspaceFolders![0].uri;
      const file = vscode.Uri.joinPath(folder, 'mul_amd64.s');
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(TEXT));
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
  });
}
