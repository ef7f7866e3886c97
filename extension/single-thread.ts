/**
 * Going on with one goroutine or thread while all others stand still: VS Code has no button for it, so the call stack's
 * menu and the command palette do it, for the thread that was chosen there or is shown.
 */
import * as vscode from 'vscode';

/** What the menu of the call stack says was chosen: a session, and "thread:SESSION:NUMBER". */
interface Chosen {
  sessionId?: string;
  threadId?: string;
}

export function singleThread(sessions: { all(): vscode.DebugSession[] }): vscode.Disposable[] {
  const alone = (request: 'continue' | 'next' | 'stepIn' | 'stepOut') => async (chosen?: Chosen) => {
    const shown = vscode.debug.activeStackItem;
    const session = sessions.all().find(({ id }) => id === chosen?.sessionId) ?? shown?.session;
    const threadId = Number(/(\d+)$/.exec(chosen?.threadId ?? '')?.[1] ?? shown?.threadId);
    if (session?.type !== 'ring3' || !Number.isSafeInteger(threadId)) {
      void vscode.window.showErrorMessage('Ring 3: choose a thread of a Ring 3 session in the call stack.');
      return;
    }
    try {
      await session.customRequest(request, { threadId, singleThread: true });
    } catch (error) {
      void vscode.window.showErrorMessage(`Ring 3: ${(error as Error).message}`);
    }
  };
  return [
    vscode.commands.registerCommand('ring3.continueAlone', alone('continue')),
    vscode.commands.registerCommand('ring3.stepOverAlone', alone('next')),
    vscode.commands.registerCommand('ring3.stepIntoAlone', alone('stepIn')),
    vscode.commands.registerCommand('ring3.stepOutAlone', alone('stepOut')),
  ];
}
