/** Programs that cannot go on: a deadlock is a stop with a report; a program for a newer processor is explained. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { goBuild, hasGo } from '../go.ts';
import { converse } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');

async function launched(program: string) {
  const c = converse(adapterEnvironment({ folder: root }));
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program });
  return c;
}

test('a deadlock is a stop that names each thread and what it waits for', async () => {
  const c = await launched(resolve(root, 'test/machine/guests/stuck'));
  const stopped = await c.go('configurationDone');
  expect(stopped).toMatchObject({ reason: 'exception', description: 'Deadlock' });
  const info = await c.ask('exceptionInfo', { threadId: stopped.threadId });
  expect(info.exceptionId).toBe('deadlock');
  for (const text of [c.output('important'), info.details.stackTrace as string]) {
    expect(text).toMatch(
      /thread 1000 \(stuck\), in wait_for_byte\n {4}read\(5, 0x[0-9a-f]+, 1\): waits for read of pipe 5/,
    );
    expect(text).toMatch(/futex\(0x[0-9a-f]+, FUTEX_WAIT, 7, NULL\): waits for futex/);
  }
  c.close();
});

test.skipIf(!hasGo)('why a program for a newer processor ends at once', async () => {
  const c = await launched(goBuild('newer', 'package main\n\nfunc main() {}\n', 'v3'));
  await c.go('configurationDone');
  expect(c.output('important')).toContain('The program was built with GOAMD64=v3');
  c.close();
});
