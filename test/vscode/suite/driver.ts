/** The suite's side of the driver (`driver.mjs`): what a test asks of the window around it. */
import * as vscode from 'vscode';

async function ask<T>(command: string, args: object = {}): Promise<T> {
  const url = vscode.workspace.getConfiguration('ring3Test').get<string>('driver');
  if (!url) throw new Error('the setting ring3Test.driver is missing: start the suite by test/vscode/run.mjs');
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ command, ...args }) });
  const answer = (await response.json()) as { value?: T; error?: string };
  if (answer.error !== undefined) throw new Error(`driver: ${answer.error}`);
  return answer.value as T;
}

export const driver = {
  screenshot: (name: string) => ask<string>('screenshot', { name }),
  press: (keys: string) => ask<void>('press', { keys }),
  type: (text: string) => ask<void>('type', { text }),
  resize: (width: number, height: number) => ask<void>('resize', { width, height }),
  dragPane: (title: string, by: number) => ask<void>('dragPane', { title, by }),
  click: (selector: string) => ask<void>('click', { selector }),
  texts: (selector: string) => ask<string[]>('texts', { selector }),
  attributes: (selector: string, attribute: string) => ask<(string | null)[]>('attributes', { selector, attribute }),
  webview: <T>(element: string, script: string) => ask<T>('webview', { element, script }),
  accessibility: (element: string, axe: string) =>
    ask<{ id: string; help: string; nodes: string[] }[]>('accessibility', { element, axe }),
  complaints: () => ask<string[]>('complaints'),
  result: (results: unknown) => ask<void>('result', { results }),
};

/** Waits until `check` returns something true. After `timeout` milliseconds it takes a picture and rejects. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  timeout = 30_000,
  about?: () => unknown,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value as NonNullable<Exclude<T, false>>;
    if (Date.now() > end) {
      await vscode.commands.executeCommand('notifications.showList');
      await driver.screenshot(`missing ${what}`);
      throw new Error(`waited ${timeout / 1000} s for ${what}; ${await about?.()}`);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
