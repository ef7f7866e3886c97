/**
 * The only door for what is not deterministic. The machine asks, the host answers, the answer is logged;
 * with the same log the same run happens again, instruction for instruction.
 *
 * File questions may be answered at once (Node) or later (a browser): kernel code that needs an answer it does not
 * have throws `HostWait`; the machine gets the answer, stores it in the kernel's cache and makes the call again.
 * So handlers look everything up first and change state afterwards.
 */

/** What the host says of one file; times in nanoseconds since 1970. */
export interface HostStat {
  kind: 'file' | 'directory' | 'symlink' | 'other';
  size: number;
  /** Permission bits, 0o7777. */
  mode: number;
  mtime: bigint;
  ino: number;
  nlink: number;
}

export type HostRequest =
  | { is: 'stat'; path: string }
  | { is: 'readdir'; path: string }
  | { is: 'readlink'; path: string }
  /** A part of a file: 64 KiB chunks, aligned. */
  | { is: 'read'; path: string; offset: number; length: number }
  | HostChange;

/** What a guest does to a folder that was mounted `rw`. Answered with `done` or an error; logged like the others. */
export type HostChange =
  | { is: 'write'; path: string; offset: number; bytes: Uint8Array }
  /** A new empty file; fails with EEXIST. */
  | { is: 'create'; path: string; mode: number }
  | { is: 'mkdir'; path: string; mode: number }
  | { is: 'symlink'; path: string; target: string }
  | { is: 'link'; path: string; existing: string }
  | { is: 'unlink'; path: string }
  | { is: 'rmdir'; path: string }
  | { is: 'rename'; from: string; to: string }
  | { is: 'truncate'; path: string; size: number }
  | { is: 'chmod'; path: string; mode: number }
  /** Nanoseconds since 1970. */
  | { is: 'utimes'; path: string; atime: bigint; mtime: bigint };

/** `errno` is the Linux name ("ENOENT"); any failure of the host maps to one. */
export type HostAnswer =
  | { is: 'stat'; stat: HostStat }
  /** `stats`, where the host has them at hand: by the index of the name, undefined for what vanished meanwhile. */
  | { is: 'readdir'; names: string[]; stats?: (HostStat | undefined)[] }
  | { is: 'readlink'; target: string }
  | { is: 'read'; bytes: Uint8Array }
  | { is: 'done' }
  | { is: 'error'; errno: string };

export interface Host {
  /** Never follows a symlink in the last component; never leaves the mounts the kernel asks within. */
  file(request: HostRequest): HostAnswer | Promise<HostAnswer>;
  /** The guest wrote to its terminal or to a captured stdout/stderr. */
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** The next input of the guest's stdin: empty at the end. Real time passes while a task waits for it. */
  input(maximum: number): Uint8Array | Promise<Uint8Array>;
  /** Nanoseconds since 1970, asked once at start (virtual clock) or at every reading (real clock). */
  realTime(): bigint;
  /** Seed material, asked once at start when no seed is given. */
  entropy(length: number): Uint8Array;
}

/** Thrown by kernel code that cannot go on before the host has answered. Carries plain data only. */
export class HostWait {
  readonly request: HostRequest;
  constructor(request: HostRequest) {
    this.request = request;
  }
}
