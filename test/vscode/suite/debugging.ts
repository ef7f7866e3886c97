import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  let page: Page | undefined;
  const check = async () => {
    page = await readPage();
    return page && !page.running && accept(page) ? page : undefined;
  };
  return until(what, check, 30_000, () => `the page shows ${JSON.stringify({ ...page, rows: page?.rows.length })}`);
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
      for (const view of ['variablesView', 'watchExpressionsView', 'loadedScriptsView']) {
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
      await driver.dragPane('Ring 3 Registers', -450);
      await driver.screenshot('1-stop-at-write');
      const reported = vscode.languages.getDiagnostics().filter(([uri, list]) => uri.scheme === 'debug' && list.length);
      assert.deepEqual(reported, [], 'disassembly is no source with mistakes');
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

      await vscode.commands.executeCommand('debug.action.openDisassemblyView');
      const rows = await until('the disassembly', async () => {
        const texts = await driver.texts('.disassembly-view .monaco-list-row');
        return texts.some(text => /\bSYSCALL\b/.test(text)) ? texts : undefined;
      });
      assert.ok(rows.length > 10, rows.join('\n'));
      await driver.screenshot('2-disassembly');
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');

      // A caller is selected in the call stack: its registers are shown, as far as they are known.
      let caller = before;
      for (let depth = 0; depth < 8 && !caller.headline.startsWith('main.main'); depth++) {
        const { headline } = caller;
        await vscode.commands.executeCommand('workbench.action.debug.callStackDown');
        caller = await pageAt("the caller's registers", page => page.headline !== headline);
      }
      assert.match(caller.headline, /^main\.main/);
      assert.notEqual(row(caller, 'rip')?.value, row(before, 'rip')?.value);
      await driver.screenshot('3-caller-selected');
      await vscode.commands.executeCommand('workbench.action.debug.callStackTop');
      await pageAt('the newest frame again', page => page.call.startsWith('write('));

      await vscode.commands.executeCommand('workbench.action.debug.stepOver');
      const after = await pageAt('the result', page => row(page, 'rax')?.value === '0xe');
      assert.ok(row(after, 'rax').changed);
      assert.ok(!row(after, 'rdi').changed);
      await until('the output', () => heard.output() === 'hello, kernel\n');
      await driver.screenshot('4-after-write');

      // The page broke no rule of its content security policy (before axe does), and is accessible.
      assert.deepEqual(
        (await driver.complaints()).filter(text => /Content Security Policy/.test(text)),
        [],
      );
      const axe = readFileSync(join(__dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
      const violations = await driver.accessibility('ring3-registers', axe);
      assert.deepEqual(violations, []);

      // Rows are reached by the arrow keys.
      const focused = await driver.webview<string[]>(
        'ring3-registers',
        `(() => {
          const root = document.querySelector('ring3-registers').shadowRoot;
          const rows = [...root.querySelectorAll('[data-register]')];
          rows[0].focus();
          const names = [root.activeElement.dataset.register];
          for (const key of ['ArrowDown', 'End', 'Home']) {
            root.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
            names.push(root.activeElement.dataset.register);
          }
          return names;
        })()`,
      );
      const registers = (await readPage())!.rows.map(({ register }) => register);
      assert.deepEqual(focused, [registers[0], registers[1], registers.at(-1), registers[0]]);

      // The view goes and comes back: the page is a new one and shows the same.
      await vscode.commands.executeCommand('workbench.view.explorer');
      await new Promise(resolve => setTimeout(resolve, 500));
      await vscode.commands.executeCommand('workbench.view.debug');
      await pageAt('the view again', page => row(page, 'rax')?.value === '0xe');

      // Another call, set while the program stands.
      await vscode.commands.executeCommand('ring3.breakOnSyscall', 'exit_group');
      await until('the breakpoint', () => vscode.debug.breakpoints.length === 2);
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await pageAt('the stop at exit_group', page => page.call.startsWith('exit_group(0)'));

      const { threadId } = vscode.debug.activeStackItem!;
      await vscode.debug.activeDebugSession!.customRequest('continue', { threadId });
      await until('the exit', () => heard.exitCode() !== undefined);
      assert.equal(heard.exitCode(), 0);
      heard.dispose();
    });
  });

  describe('Break on Syscall…', () => {
    afterEach(() => vscode.debug.removeBreakpoints(vscode.debug.breakpoints));

    it('lists every call with its number and a sentence, and sets what is chosen', async () => {
      void vscode.commands.executeCommand('ring3.breakOnSyscall');
      await until('the list', async () => (await driver.texts('.quick-input-list .monaco-list-row')).length > 5);
      await driver.type('openat');
      const choices = await until('openat', async () => {
        const texts = await driver.texts('.quick-input-list .monaco-list-row');
        return texts[0]?.includes('openat') ? texts : undefined;
      });
      assert.match(choices[0], /257/);
      assert.match(choices[0], /opens?/i);
      await driver.screenshot('5-break-on-syscall');
      await driver.press('Enter');
      await until('the breakpoint', () => vscode.debug.breakpoints.length === 1);
      assert.equal((vscode.debug.breakpoints[0] as vscode.FunctionBreakpoint).functionName, 'syscall:openat');

      // Again: it goes.
      await vscode.commands.executeCommand('ring3.breakOnSyscall', 'openat');
      assert.equal(vscode.debug.breakpoints.length, 0);
      await vscode.commands.executeCommand('ring3.breakOnSyscall', 'openat', 'exit');
      assert.equal((vscode.debug.breakpoints[0] as vscode.FunctionBreakpoint).functionName, 'syscall:openat:exit');
    });
  });

  describe('Go source', () => {
    before(function () {
      // A Go that is not there is told by the driver, which looked for it with its own PATH.
      if (!vscode.workspace.getConfiguration('ring3').get('goCommand', '').startsWith('/')) {
        // It also fails a run with CI=true in which a test did not run.
        this.skip();
      }
    });
    afterEach(stopDebugging);

    it('is built for linux and run by F5 without a launch.json', async function () {
      // The standard library may have to be compiled for debugging first.
      this.timeout(240_000);
      const folder = vscode.workspace.workspaceFolders![0];
      await vscode.workspace
        .getConfiguration('launch', folder.uri)
        .update('configurations', undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      const heard = listen();
      const file = vscode.Uri.file(join(samples(), 'println', 'main.go'));
      await vscode.window.showTextDocument(file);
      await driver.press('F5');
      await until('the exit', () => heard.exitCode() !== undefined, 230_000);
      assert.equal(heard.output(), 'hello, world 42\n');
      assert.equal(heard.exitCode(), 0);
      heard.dispose();
    });

    it('that does not compile is told where it stands', async () => {
      const folder = join(samples(), 'broken');
      mkdirSync(folder);
      const file = join(folder, 'main.go');
      writeFileSync(file, 'package main\n\nfunc main() {\n\tundefinedName()\n}\n');
      const started = await vscode.debug.startDebugging(undefined, {
        type: 'ring3',
        request: 'launch',
        name: 'broken',
        program: folder,
      });
      assert.equal(started, false);
      const [problem] = await until('the problem', () => {
        const list = vscode.languages.getDiagnostics(vscode.Uri.file(file));
        return list.length > 0 ? list : undefined;
      });
      assert.equal(problem.range.start.line, 3);
      assert.match(problem.message, /undefinedName/);
      rmSync(folder, { recursive: true });
    });
  });

  describe('other programs', () => {
    afterEach(stopDebugging);

    it('hand-written assembly stops on its lines', async () => {
      const source = vscode.Uri.file(join(samples(), 'asm-hello', 'hello.s'));
      const location = new vscode.Location(source, new vscode.Position(17, 0));
      vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
      const configuration = { ...hello(), name: 'asm-hello', program: join(samples(), 'bin', 'asm-hello') };
      assert.ok(await vscode.debug.startDebugging(undefined, configuration));
      const page = await pageAt('the line', candidate => candidate.headline.includes('_start'));
      assert.match(page.headline, /hello\.s:18/);
      await driver.screenshot('6-assembly');
    });

    it('what is no program is refused with a sentence', async () => {
      const program = join(samples(), 'expected.json');
      const started = await vscode.debug
        .startDebugging(undefined, { ...hello(), name: 'no program', program })
        .then(undefined, () => false);
      // Toasts do not show in a driven window; the list of notifications does.
      await vscode.commands.executeCommand('notifications.showList');
      await until('the message', async () =>
        (await driver.texts('.notifications-center, .monaco-dialog-box')).some(text => /expected\.json/.test(text)),
      );
      await driver.screenshot('7-refused');
      await vscode.commands.executeCommand('notifications.clearAll');
      assert.ok(started === false || vscode.debug.activeDebugSession === undefined);
    });
  });
}
