import * as vscode from 'vscode';

export function web(): void {
  describe('in the web extension host', () => {
    it('activates', async () => {
      const extension = vscode.extensions.getExtension('ring3.ring3');
      if (!extension) throw new Error('the extension is not there');
      await extension.activate();
    });
  });
}
