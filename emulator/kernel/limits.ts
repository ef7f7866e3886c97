/** Resource limits as a desktop Linux gives them to a user's program. */
import { RLIMIT } from '../abi/flags.ts';
import type { KernelOptions } from './context.ts';
import type { Limit } from './state.ts';

export const RLIM_INFINITY = (1n << 64n) - 1n;
export const LIMIT_COUNT = 16;

const MEGABYTE = 1n << 20n;

export function defaultLimits(options: KernelOptions): Limit[] {
  const limits: Limit[] = Array.from({ length: LIMIT_COUNT }, () => ({ soft: RLIM_INFINITY, hard: RLIM_INFINITY }));
  const set = (resource: number, soft: bigint, hard = soft) => {
    limits[resource] = { soft, hard };
  };
  // The kernel allows one task for every 8 pages of memory (fork_init).
  const tasks = BigInt(Math.floor(options.memoryLimit / 4096 / 8));
  set(RLIMIT.RLIMIT_STACK, 8n * MEGABYTE, RLIM_INFINITY);
  set(RLIMIT.RLIMIT_CORE, 0n, RLIM_INFINITY);
  set(RLIMIT.RLIMIT_NPROC, tasks);
  set(RLIMIT.RLIMIT_NOFILE, 1024n, 1n << 20n);
  set(RLIMIT.RLIMIT_MEMLOCK, 8n * MEGABYTE);
  set(RLIMIT.RLIMIT_SIGPENDING, tasks);
  set(RLIMIT.RLIMIT_MSGQUEUE, 819200n);
  set(RLIMIT.RLIMIT_NICE, 0n);
  set(RLIMIT.RLIMIT_RTPRIO, 0n);
  return limits;
}
