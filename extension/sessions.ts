/**
 * The Ring 3 sessions that run now, and what each was last heard to do. Views ask here instead of each watching the
 * protocol for itself.
 */
import * as vscode from 'vscode';
import type { CustomRequests } from '../debug-adapter/protocol.ts';

export type SessionChange =
  | { is: 'started' | 'ended' | 'continued'; session: vscode.DebugSession }
  | { is: 'stopped'; session: vscode.DebugSession; threadId: number | undefined; reason: string }
  /** Registers or memory were written, or what is shown of them has changed. */
  | { is: 'changed'; session: vscode.DebugSession };

/** Messages of the protocol as VS Code's trackers hand them over: only what is read here. */
interface Message {
  type?: string;
  event?: string;
  command?: string;
  success?: boolean;
  body?: { threadId?: number; reason?: string };
}

export class RunningSessions {
  readonly #sessions = new Map<string, vscode.DebugSession>();
  readonly #stopped = new Set<string>();
  readonly #changes = new vscode.EventEmitter<SessionChange>();
  readonly #subscriptions: vscode.Disposable[];

  readonly onChange = this.#changes.event;

  constructor() {
    this.#subscriptions = [
      vscode.debug.registerDebugAdapterTrackerFactory('ring3', {
        createDebugAdapterTracker: session => ({ onDidSendMessage: message => this.#heard(session, message) }),
      }),
      vscode.debug.onDidStartDebugSession(session => {
        if (session.type !== 'ring3') return;
        this.#sessions.set(session.id, session);
        this.#changes.fire({ is: 'started', session });
      }),
      vscode.debug.onDidTerminateDebugSession(session => {
        if (session.type !== 'ring3') return;
        this.#sessions.delete(session.id);
        this.#stopped.delete(session.id);
        this.#changes.fire({ is: 'ended', session });
      }),
      this.#changes,
    ];
  }

  all(): vscode.DebugSession[] {
    return [...this.#sessions.values()];
  }

  isStopped(session: vscode.DebugSession): boolean {
    return this.#stopped.has(session.id);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #heard(session: vscode.DebugSession, message: Message): void {
    if (message.type === 'event' && message.event === 'stopped') {
      this.#stopped.add(session.id);
      const { threadId, reason = '' } = message.body ?? {};
      this.#changes.fire({ is: 'stopped', session, threadId, reason });
    } else if (message.type === 'event' && message.event === 'continued') {
      this.#goesOn(session);
    } else if (message.type === 'event' && message.event === 'invalidated') {
      this.#changes.fire({ is: 'changed', session });
    } else if (message.type === 'response' && message.success && message.command) {
      if (CONTINUING.has(message.command)) this.#goesOn(session);
      if (WRITING.has(message.command)) this.#changes.fire({ is: 'changed', session });
    }
  }

  #goesOn(session: vscode.DebugSession): void {
    if (this.#stopped.delete(session.id)) this.#changes.fire({ is: 'continued', session });
  }
}

const CONTINUING = new Set(['continue', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue', 'restart']);
const WRITING = new Set(['setVariable', 'setExpression', 'writeMemory']);

/** A custom request, typed by the protocol's table. Rejects with the adapter's message. */
export function ask<C extends keyof CustomRequests & string>(
  session: vscode.DebugSession,
  command: C,
  args: CustomRequests[C]['arguments'],
): Thenable<CustomRequests[C]['body']> {
  return session.customRequest(command, args);
}
