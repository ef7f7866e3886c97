import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { driver, until } from './driver.ts';

const samples = () => vscode.workspace.workspaceFolders![0].uri.fsPath;

function hello(more: object = {}): vscode.DebugConfiguration {
  return {
    type: 'ring3',
    request: 'launch',
    name: 'hello',
    program: join(samples(), 'bin', 'hello'),
    // The samples are built with -trimpath.
    substitutePath: [{ from: samples(), to: 'ring3.dev/samples' }],
    ...more,
  };
}

/** One row of the register view, as its page shows it. */
interface Row {
  register: string;
  value: string;
  here: string;
  linux: string;
  go: string;
  changed: boolean;
}

interface Page {
  headline: string;
  instruction: string;
  convention: string;
  call: string;
  running: boolean;
  rows: Row[];
}

const READ_PAGE = `(() => {
  const root = document.querySelector('ring3-registers').shadowRoot;
  if (!root) return undefined;
  const text = (node, selector) => (node.querySelector(selector)?.innerText ?? '').trim();
  return {
    headline: text(root, '.headline'),
    instruction: text(root, '.instruction code'),
    convention: text(root, 'vscode-badge'),
    call: text(root, '.call code'),
    running: root.querySelector('main')?.classList.contains('running') ?? false,
    rows: [...root.querySelectorAll('[data-register]')].map(row => ({
      register: row.dataset.register,
      value: text(row, '.value code'),
      here: text(row, '.here'),
      linux: text(row, '.role.linux'),
      go: text(row, '.role.go'),
      changed: row.classList.contains('changed'),
    })),
  };
})()`;

const readPage = () => driver.webview<Page | undefined>('ring3-registers', READ_PAGE);

/** Waits for a page that shows a stop which `accept` takes. */
function pageAt(what: string, accept: (page: Page) => boolean): Promise<Page> {
  return until(what, async () => {
    const page = await readPage();
    return page && !page.running && accept(page) ? page : undefined;
  });
}

async function stopDebugging(): Promise<void> {
  await vscode.debug.stopDebugging();
  await until('the session to end', () => vscode.debug.activeDebugSession === undefined);
  vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
}

/** What the program printed, and the exit code, as the protocol tells them. */
function listen(): { output: () => string; exitCode: () => number | undefined; dispose(): void } {
  let output = '';
  let exitCode: number | undefined;
  const tracker = vscode.debug.registerDebugAdapterTrackerFactory('ring3', {
    createDebugAdapterTracker: () => ({
      onDidSendMessage(message) {
        if (message.event === 'output' && message.body.category === 'stdout') output += message.body.output;
        if (message.event === 'exited') exitCode = message.body.exitCode;
      },
    }),
  });
  return { output: () => output, exitCode: () => exitCode, dispose: () => tracker.dispose() };
}

export function debugging(): void {
  describe('pressing F5 on hello', () => {
    afterEach(stopDebugging);

    it('stops at write, shows the registers with their roles, steps over the call and runs to the end', async () => {
      const heard = listen();
      await vscode.commands.executeCommand('ring3.breakOnSyscall', 'write');
      const names = vscode.debug.breakpoints.map(b => b instanceof vscode.FunctionBreakpoint && b.functionName);
      assert.deepEqual(names, ['syscall:write']);

      // A launch.json and the key, as a person does it.
      const folder = vscode.workspace.workspaceFolders![0];
      await vscode.workspace
        .getConfiguration('launch', folder.uri)
        .update('configurations', [hello()], vscode.ConfigurationTarget.WorkspaceFolder);
      await vscode.window.showTextDocument(vscode.Uri.file(join(samples(), 'hello', 'main.go')));
      await driver.press('F5');
      await until('a session', () => vscode.debug.activeDebugSession?.type === 'ring3');
      await vscode.commands.executeCommand('workbench.view.debug');
      // Room for the registers, as somebody who came for them would make it.
      for (const view of ['variablesView', 'watchExpressionsView']) {
        await vscode.commands.executeCommand(`workbench.debug.${view}.toggleVisibility`);
      }
      await vscode.commands.executeCommand('ring3.registers.focus');

      const before = await pageAt('the stop at write', page => page.call.startsWith('write('));
      assert.match(before.headline, /Syscall6/);
      assert.match(before.instruction, /SYSCALL/i);
      assert.match(before.convention, /Linux syscall ABI/);
      assert.equal(before.call, 'write(1, "hello, kernel\\n", 14)');
      const row = (page: Page, register: string) => page.rows.find(candidate => candidate.register === register)!;
      assert.match(row(before, 'rax').here, /number.*write/s);
      assert.match(row(before, 'rdi').here, /fd.*1/s);
      assert.match(row(before, 'rsi').here, /buf.*"hello, kernel\\n"/s);
      assert.match(row(before, 'rdx').here, /count.*14/s);
      assert.equal(row(before, 'rdx').value, '0xe');
      for (const register of ['rax', 'rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9']) {
        assert.notEqual(row(before, register).linux, '', `${register} in Linux's ABI`);
      }
      for (const register of ['rax', 'rbx', 'rcx', 'r14']) {
        assert.notEqual(row(before, register).go, '', `${register} in Go's ABI`);
      }
      await driver.dragPane('Ring 3 Registers', -520);
      await driver.screenshot('1-stop-at-write');
      for (const theme of ['Default Dark Modern', 'Default High Contrast']) {
        await vscode.workspace
          .getConfiguration('workbench')
          .update('colorTheme', theme, vscode.ConfigurationTarget.Global);
        await new Promise(resolve => setTimeout(resolve, 500));
        await driver.screenshot(`1-stop-at-write ${theme}`);
      }
      await vscode.workspace
        .getConfiguration('workbench')
        .update('colorTheme', undefined, vscode.ConfigurationTarget.Global);

      await vscode.commands.executeCommand('workbench.action.debug.stepOver');
      const after = await pageAt('the result', page => row(page, 'rax')?.value === '0xe');
      assert.ok(row(after, 'rax').changed);
      assert.ok(!row(after, 'rdi').changed);
      await until('the output', () => heard.output() === 'hello, kernel\n');
      await driver.screenshot('2-after-write');

      // The page broke no rule of its content security policy (before axe does), and is accessible.
      assert.deepEqual(
        (await driver.complaints()).filter(text => /Content Security Policy/.test(text)),
        [],
      );
      const axe = readFileSync(join(__dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
      const violations = await driver.accessibility('ring3-registers', axe);
      assert.deepEqual(violations, []);

      await vscode.debug.activeDebugSession!.customRequest('continue', { threadId: 1 }).then(undefined, () => {});
      await until('the exit', () => heard.exitCode() !== undefined);
      assert.equal(heard.exitCode(), 0);
      heard.dispose();
    });
  });
}
