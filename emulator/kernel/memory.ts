/** User memory as kernel code reaches it: with the process's stack limit, and what others wrote to shared mappings. */
import type { UserMemory } from '../abi/arch.ts';
import { RLIMIT } from '../abi/flags.ts';
import { type AddressSpace, PAGE_SIZE, type SharedFiles } from '../memory/types.ts';
import type { Core } from './context.ts';
import { storePage } from './fs/pages.ts';
import type { Process, Task } from './state.ts';

export const pageFloor = (address: number): number => Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
export const pageCeil = (address: number): number => Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;

/** The task's memory for a handler. */
export function spaceOf(core: Core, process: Process): AddressSpace {
  const space = core.options.spaces.get(process.memory.space);
  if (space.sharing) space.revalidate(sharedFiles(core));
  space.stackLimit = Number(process.limits[RLIMIT.RLIMIT_STACK]!.soft);
  return space;
}

/** What address spaces ask of the files behind shared mappings. */
export function sharedFiles(core: Core): SharedFiles {
  const { inodes } = core.state.fs;
  const fileOf = (id: number) => {
    const inode = inodes.get(id);
    return inode?.is === 'file' ? inode : undefined;
  };
  return {
    changes: id => fileOf(id)?.changes ?? 0,
    store(id, offset, bytes) {
      const file = fileOf(id);
      if (!file) return;
      storePage(core.state.fs, file, offset, bytes);
      file.mtime = core.state.bootTime + core.state.now;
      file.ctime = file.mtime;
    },
  };
}

export const userMemory = (core: Core, task: Task): UserMemory =>
  spaceOf(core, core.state.processes.get(task.processId)!);
