/** Watched data: a run stops behind what accesses it, syscalls included, and is otherwise the same run. */
import { expect, it } from 'vitest';
import { syscallNumber } from '../../emulator/abi/syscalls.ts';
import { load, toEnd } from './guest.ts';

it('a syscall that writes watched data is told, and so is the instruction that reads it; the run stays the same', async () => {
  const plain = await load('readfile', { seed: 3 });
  await toEnd(plain);

  const { machine, ...guest } = await load('readfile', { seed: 3 });
  machine.setSyscallBreakpoints([{ id: 1, number: syscallNumber(machine.arch.syscall.column, 'read'), when: 'enter' }]);
  let buffer = 0;
  for (;;) {
    const stop = await machine.run();
    if (stop.is !== 'syscall') throw new Error(`no read of a whole buffer before ${stop.is}`);
    const [fd, buf, count] = machine.arch.syscall.args(machine.tasks().find(t => t.id === stop.task)!.registers);
    if (fd < 3n || count < 64n) continue;
    if (machine.describeFd?.(stop.task, Number(fd))?.startsWith('/sys')) continue;
    buffer = Number(buf);
    machine.setSyscallBreakpoints([]);
    machine.setWatchpoints(stop.task, [{ address: buffer, size: 4, access: 'access' }]);
    break;
  }
  const written = await machine.run();
  expect(written).toMatchObject({ is: 'watchpoint', met: { address: buffer, access: 'write' } });
  const task = machine.tasks().find(t => t.id === machine.current)!;
  const read = await machine.run();
  expect(read.is === 'watchpoint' || read.is === 'exited').toBe(true);
  machine.setWatchpoints(task.id, []);
  await toEnd({ machine, ...guest });
  expect(machine.instructions).toBe(plain.machine.instructions);
  expect(machine.hash()).toBe(plain.machine.hash());
});
