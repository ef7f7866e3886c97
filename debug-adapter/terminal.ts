/**
 * A program in a terminal of the client's (`"console": "integratedTerminal"`). The program runs in the machine, so what runs
 * in the terminal is a small command that connects back and passes on what is typed and what is printed.
 */
import type { Launch } from './configuration.ts';
import type { Terminal } from './environment.ts';
import { Refusal } from './errors.ts';
import { type Session, say, type Target } from './session.ts';
import { nameOf } from './sources.ts';

/** Undefined: the debug console is enough. Throws Refusal where there is no terminal to be had. */
export async function openTerminal(session: Session, l: Launch): Promise<Terminal | undefined> {
  if (l.console === 'internalConsole') return undefined;
  const refuse = (why: string): Refusal =>
    new Refusal(`There is no terminal for the program: ${why}. Use "console": "internalConsole".`, { show: true });
  const { environment, client } = session;
  if (!client.runInTerminal) throw refuse('this client opens none (runInTerminal)');
  if (!environment.openTerminal) throw refuse('no command can be started here');
  const door = await environment.openTerminal();
  try {
    await session.ask('runInTerminal', {
      kind: l.console === 'externalTerminal' ? 'external' : 'integrated',
      title: `Ring 3: ${nameOf(l.program)}`,
      cwd: l.cwd,
      args: door.args,
      env: door.env,
    });
    return await door.connected();
  } catch (error) {
    throw refuse((error as Error).message.replace(/\.$/, ''));
  } finally {
    door.close();
  }
}

/** Whoever closes the terminal, or interrupts what runs in it, wants the program to end. */
export function endWith({ owner }: Target, terminal: Terminal, end: (session: Session) => void): void {
  terminal.whenGone(() => {
    const { session } = owner;
    if (session.target?.terminal !== terminal || session.phase === 'ended') return;
    say(session, 'The terminal was closed: the program ends.');
    end(session);
  });
}
