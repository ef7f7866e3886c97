import * as vscode from 'vscode';
import { driver, until } from './driver.ts';

function same(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

/** The web extension host: no Node, no Go; the machine in a web worker, files through the workspace. */
export function web(): void {
  describe('in the web extension host', () => {
    it('activates', async () => {
      const extension = vscode.extensions.getExtension('ring3.ring3');
      if (!extension) throw new Error('the extension is not there');
      await extension.activate();
      same(typeof process === 'undefined' || !process.versions?.node, true);
    });

    it('runs a program, stops at its write and goes on to the end', async () => {
      const folder = vscode.workspace.workspaceFolders![0].uri.path;
      let output = '';
      let exitCode: number | undefined;
      let stop: { threadId: number } | undefined;
      const tracker = vscode.debug.registerDebugAdapterTrackerFactory('ring3', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage(message) {
            if (message.event === 'output' && message.body.category === 'stdout') output += message.body.output;
            if (message.event === 'exited') exitCode = message.body.exitCode;
            if (message.event === 'stopped') stop = message.body;
          },
        }),
      });
      const started = await vscode.debug.startDebugging(undefined, {
        type: 'ring3',
        request: 'launch',
        name: 'hello',
        program: `${folder}/bin/hello`,
        syscallBreakpoints: ['write'],
      });
      same(started, true);
      await until('the stop', () => stop);
      const session = vscode.debug.activeDebugSession!;
      const registers = await session.customRequest('ring3/registers', { threadId: stop!.threadId });
      same(registers.call?.text, 'write(1, "hello, kernel\\n", 14)');
      await vscode.commands.executeCommand('workbench.view.debug');
      await until('the place in the editor', () => vscode.window.activeTextEditor?.document.uri.scheme === 'debug');
      await driver.screenshot('web-stop-at-write');
      await session.customRequest('continue', { threadId: stop!.threadId });
      await until('the exit', () => exitCode !== undefined);
      same([output, exitCode], ['hello, kernel\n', 0]);
      tracker.dispose();
    });

    it('refuses what it cannot build, with a sentence', async () => {
      const folder = vscode.workspace.workspaceFolders![0].uri.path;
      const started = await vscode.debug.startDebugging(undefined, {
        type: 'ring3',
        request: 'launch',
        name: 'hello',
        program: `${folder}/hello/main.go`,
      });
      same(started, false);
    });
  });
}
