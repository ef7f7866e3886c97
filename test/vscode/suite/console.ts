/** The Debug Console: colours where Ring 3 says something, its commands, functions written down as they are called. */
import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { driver, until } from './driver.ts';

/** What the console shows in a colour of ANSI's. */
const COLOURED = '.repl .code-foreground-colored';
const ROWS = '.repl .monaco-list-row';

export function debugConsole(): void {
  describe('the Debug Console', () => {
    afterEach(async () => {
      await vscode.debug.stopDebugging();
      await until('the session to end', () => vscode.debug.activeDebugSession === undefined);
      vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    });

    it('shows calls, values and code in colours, and copies them plain', async () => {
      const samples = vscode.workspace.workspaceFolders![0].uri.fsPath;
      vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint('syscall:write')]);
      const stops: { reason: string; threadId: number }[] = [];
      const tracker = vscode.debug.registerDebugAdapterTrackerFactory('ring3', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage({ event, body }) {
            if (event === 'stopped') stops.push({ reason: body.reason, threadId: body.threadId });
          },
        }),
      });
      assert.ok(
        await vscode.debug.startDebugging(undefined, {
          type: 'ring3',
          request: 'launch',
          name: 'console',
          program: join(samples, 'bin', 'hello'),
          traceFunctions: ['main.main', 'syscall.*'],
          internalConsoleOptions: 'openOnSessionStart',
        }),
      );
      await until('the stop', () => vscode.debug.activeStackItem !== undefined);
      await vscode.commands.executeCommand('workbench.panel.repl.view.focus');
      const shown = async (text: string) => (await driver.texts(ROWS)).some(row => row.includes(text));
      await until('the call', () => shown('→ syscall.write(fd 1, p len 14 cap 14  "hello, kernel\\n")'));
      assert.ok((await driver.texts(COLOURED)).some(text => text.includes('syscall.write')));
      // The list holds what fits.
      await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
      for (const [typed, answer] of [
        ['buf', '0x'],
        ['/trace 3', 'prlimit64('],
        ['/disassemble', 'SYSCALL'],
      ]) {
        await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
        await driver.type(typed);
        await driver.press('Enter');
        await until(`the answer to ${typed}`, () => shown(answer));
      }
      const coloured = await until('colours', async () => {
        const texts = await driver.texts(COLOURED);
        return texts.some(text => text.includes('SYSCALL')) ? texts : undefined;
      });
      for (const text of ['prlimit64', '"hello, kernel\\n"', 'SYSCALL'])
        assert.ok(
          coloured.some(part => part.includes(text)),
          `${text} among ${JSON.stringify(coloured)}`,
        );
      assert.deepEqual(
        (await driver.texts(ROWS)).filter(row => row.includes('\u001b') || /\[3\dm/.test(row)),
        [],
        'codes that are shown as text',
      );
      await driver.screenshot('8-debug-console');
      await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');

      // One goroutine goes on, and VS Code follows.
      await vscode.commands.executeCommand('ring3.stepOverAlone');
      await until('the step', () => stops.length === 2);
      assert.deepEqual(stops[1], { ...stops[0], reason: 'step' });

      // Other views show values without codes. The window may still think of the frame that is gone.
      const session = vscode.debug.activeDebugSession!;
      const { stackFrames } = await session.customRequest('stackTrace', { threadId: stops[1].threadId, levels: 1 });
      const frameId = stackFrames[0].id;
      const { result } = await session.customRequest('evaluate', { expression: 'buf', context: 'clipboard', frameId });
      assert.ok(!result.includes('\u001b'), result);
      tracker.dispose();
    });

    it('is not used by a program in a terminal', async () => {
      const samples = vscode.workspace.workspaceFolders![0].uri.fsPath;
      const outputs: string[] = [];
      let exitCode: number | undefined;
      const tracker = vscode.debug.registerDebugAdapterTrackerFactory('ring3', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage({ event, body }) {
            if (event === 'output') outputs.push(body.category);
            if (event === 'exited') exitCode = body.exitCode;
          },
        }),
      });
      assert.ok(
        await vscode.debug.startDebugging(undefined, {
          type: 'ring3',
          request: 'launch',
          name: 'terminal',
          program: join(samples, 'bin', 'hello'),
          console: 'integratedTerminal',
        }),
      );
      await until('the exit', () => exitCode !== undefined, 60_000);
      assert.equal(exitCode, 0);
      // A terminal's blanks are wider than others.
      const printed = async () => (await driver.texts('.xterm-rows')).join('\n').replaceAll('\u00a0', ' ');
      await until('the output', async () => (await printed()).includes('hello, kernel'));
      assert.ok(!outputs.includes('stdout'));
      await driver.screenshot('9-terminal');
      tracker.dispose();
    });
  });
}
