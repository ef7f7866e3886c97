/**
 * "Ring 3: Break on Syscall…". A syscall breakpoint is a function breakpoint with the name `syscall:write` (or
 * `syscall:write:exit`): so it stands in VS Code's Breakpoints view, can be switched off and given a condition there, is
 * kept with the workspace, and works before and during a session.
 */
import * as vscode from 'vscode';
import { isSyscallName, syscallNames, syscallRow } from '../emulator/abi/syscalls.ts';

export type When = 'enter' | 'exit';

interface Choice extends vscode.QuickPickItem {
  syscall?: string;
}

export function syscallBreakpoints(): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('ring3.breakOnSyscall', (name?: unknown, when?: unknown) =>
      // With a name (a key binding, a test) it toggles at once.
      typeof name === 'string' ? toggle(name, when === 'exit' ? 'exit' : 'enter') : pick(),
    ),
  ];
}

function functionName(syscall: string, when: When): string {
  return when === 'exit' ? `syscall:${syscall}:exit` : `syscall:${syscall}`;
}

/** The breakpoint of a syscall, if it is set; people may also have typed it into the Breakpoints view. */
function find(syscall: string, when: When): vscode.FunctionBreakpoint | undefined {
  const names = [functionName(syscall, when), ...(when === 'enter' ? [`syscall:${syscall}:enter`] : [])];
  return vscode.debug.breakpoints.find(
    (breakpoint): breakpoint is vscode.FunctionBreakpoint =>
      breakpoint instanceof vscode.FunctionBreakpoint && names.includes(breakpoint.functionName),
  );
}

function set(syscall: string, when: When, condition?: string): void {
  const before = find(syscall, when);
  if (before) vscode.debug.removeBreakpoints([before]);
  vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(functionName(syscall, when), true, condition)]);
}

function toggle(syscall: string, when: When): void {
  const before = find(syscall, when);
  if (before) vscode.debug.removeBreakpoints([before]);
  else set(syscall, when);
  const place = when === 'enter' ? 'before' : 'after';
  const what = syscall === '*' ? 'every syscall' : syscall;
  vscode.window.setStatusBarMessage(
    before ? `Ring 3 no longer stops ${place} ${what}` : `Ring 3 stops ${place} ${what}`,
    5000,
  );
}

const AT_EXIT: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('debug-step-out'),
  tooltip: 'Stop when the call returns (or no longer)',
};
const CONDITION: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('filter'),
  tooltip: 'Stop only under a condition…',
};

function pick(): void {
  const list = vscode.window.createQuickPick<Choice>();
  list.title = 'Break on Syscall';
  list.placeholder = 'Name, number or what it does; Enter stops at it, or no longer';
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.items = choices();

  list.onDidAccept(() => {
    const [choice] = list.selectedItems;
    if (choice?.syscall) toggle(choice.syscall, 'enter');
    list.hide();
  });
  list.onDidTriggerItemButton(async ({ item, button }) => {
    if (!item.syscall) return;
    if (button === AT_EXIT) {
      toggle(item.syscall, 'exit');
      list.items = choices();
    } else {
      list.hide();
      await askCondition(item.syscall);
    }
  });
  list.onDidHide(() => list.dispose());
  list.show();
}

/** Those that are set first, then every call by name. */
function choices(): Choice[] {
  const every: Choice = {
    label: 'every syscall',
    detail: 'Stops at each call that the program makes.',
    syscall: '*',
  };
  const calls = syscallNames()
    .filter(name => syscallRow(name).amd64 !== undefined)
    .sort()
    .map((name): Choice => {
      const { amd64, sentence } = syscallRow(name);
      return { label: name, description: String(amd64), detail: sentence, syscall: name };
    });
  const marked = [every, ...calls].map(choice => {
    const enter = find(choice.syscall!, 'enter');
    const exit = find(choice.syscall!, 'exit');
    const places = [enter && (enter.condition ? `before, if ${enter.condition}` : 'before'), exit && 'after'];
    const set = places.filter(Boolean).join(' and ');
    return {
      ...choice,
      label: set ? `$(circle-filled) ${choice.label}` : choice.label,
      description: [choice.description, set && `stops ${set}`].filter(Boolean).join('  '),
      buttons: choice.syscall === '*' ? [AT_EXIT] : [AT_EXIT, CONDITION],
      set: set !== '',
    };
  });
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const chosen = marked.filter(choice => choice.set);
  const others = marked.filter(choice => !choice.set);
  return chosen.length > 0
    ? [separator('Ring 3 stops at'), ...chosen, separator('syscalls of linux/amd64'), ...others]
    : others;
}

async function askCondition(syscall: string): Promise<void> {
  const args = isSyscallName(syscall) ? Object.keys(syscallRow(syscall).args) : [];
  const condition = await vscode.window.showInputBox({
    title: `Stop at ${syscall} only if…`,
    prompt: args.length > 0 ? `An expression over its arguments: ${args.join(', ')}` : 'An expression over registers',
    placeHolder: args.includes('fd') ? 'fd == 1' : args.length > 0 ? `${args[0]} != 0` : '',
    value: find(syscall, 'enter')?.condition,
  });
  if (condition !== undefined) set(syscall, 'enter', condition.trim() || undefined);
}
