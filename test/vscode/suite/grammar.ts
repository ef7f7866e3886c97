import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

export function grammar(): void {
  describe('Go assembly', () => {
    it('is recognised where vscode-go is not installed, and GNU assembly is not', async () => {
      const folder = vscode.workspace.workspaceFolders![0].uri;
      const text =
        '// Add two numbers.\n\n#include "textflag.h"\n\nTEXT ·Add(SB), NOSPLIT, $0-24\n\tMOVQ a+0(FP), AX\n\tRET\n';
      const file = vscode.Uri.joinPath(folder, 'add_amd64.s');
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
      const go = await vscode.workspace.openTextDocument(file);
      await vscode.window.showTextDocument(go);
      for (let i = 0; i < 50 && vscode.window.activeTextEditor?.document.languageId !== 'go.asm'; i++) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      assert.equal(vscode.window.activeTextEditor?.document.languageId, 'go.asm');

      const gnu = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, 'asm-hello', 'hello.s'));
      await vscode.window.showTextDocument(gnu);
      await new Promise(resolve => setTimeout(resolve, 300));
      assert.notEqual(gnu.languageId, 'go.asm');
    });
  });
}
