import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

export function manifest(): void {
  describe('the extension', () => {
    it('is there and activates', async () => {
      const extension = vscode.extensions.getExtension('ring3.ring3');
      assert.ok(extension);
      await extension.activate();
    });

    it('has its commands', async () => {
      const commands = await vscode.commands.getCommands(true);
      for (const { command } of vscode.extensions.getExtension('ring3.ring3')!.packageJSON.contributes.commands) {
        assert.ok(commands.includes(command), command);
      }
    });
  });
}
