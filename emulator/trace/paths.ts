/** `-P PATH`: whether a call has to do with a path, by name or through a descriptor. */
import type { ViewMemory } from '../abi/arch.ts';
import { type SyscallName, syscallRow } from '../abi/syscalls.ts';
import type { TracedCall } from './context.ts';

const PATH_MAX = 4096;

function pathAt(memory: ViewMemory, address: bigint): string | undefined {
  const at = Number(address);
  if (at === 0 || !Number.isSafeInteger(at)) return undefined;
  const bytes = memory.read(at, PATH_MAX);
  const end = bytes.indexOf(0);
  return end < 0 ? undefined : decode(bytes.subarray(0, end));
}

const decode = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** strace compares paths as they are written, and descriptors by what they were opened as. */
export function selectsPath(
  paths: readonly string[],
  name: SyscallName,
  call: TracedCall,
  memory: ViewMemory,
  sources: { describeFd?(task: number, fd: number): string | undefined },
): boolean {
  return Object.values(syscallRow(name).args).some(({ meaning }, i) => {
    const raw = call.args[i] ?? 0n;
    if (meaning.is === 'path') {
      const path = pathAt(memory, raw);
      return path !== undefined && paths.includes(path);
    }
    if (meaning.is !== 'fd' && meaning.is !== 'dirfd') return false;
    const fd = Number(BigInt.asIntN(32, raw));
    const path = fd < 0 ? undefined : sources.describeFd?.(call.task, fd);
    return path !== undefined && paths.includes(path);
  });
}
