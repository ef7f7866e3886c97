/**
 * The adapter's only door to the computer it runs on: files, the Go toolchain, and the making of machines. Node has one
 * implementation, a browser another; tests bring their own.
 */
import type { Host } from '../emulator/host.ts';
import type { Machine, MachineOptions } from '../emulator/machine.ts';
import type { SuspendedPrograms } from './suspend.ts';

export type PathKind = { is: 'file' | 'directory' | 'missing' } | { is: 'unreadable'; why: string };

export interface BuildRequest {
  /** A .go file or a package's folder. */
  path: string;
  flags: string[];
  /** False: without optimisation and inlining, so that every line and variable is there. */
  optimize: boolean;
}

export type BuildResult =
  | { is: 'built'; program: string }
  /** `message` is a sentence, `output` what the Go command printed. */
  | { is: 'failed'; message: string; output: string };

export interface Environment {
  /** Where relative paths start. */
  readonly folder: string;
  /** The environment variables that `inheritEnv` passes on. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute, without "." and "..". */
  resolve(folder: string, path: string): string;
  folderOf(path: string): string;
  look(path: string): Promise<PathKind>;
  /** Throws an Error with a sentence. */
  readFile(path: string): Promise<Uint8Array>;
  /** Replaces the file. Absent where files cannot be written. */
  writeFile?(path: string, text: string): Promise<void>;
  /** Builds Go source for linux/amd64. Absent where there is no toolchain to be had (a browser). */
  build?(request: BuildRequest): Promise<BuildResult>;
  /** The `src` folder of a Go installation of exactly this version ("go1.26.8"), if there is one. */
  goSources?(version: string): Promise<string | undefined>;
  /** Makes ready for a program in a terminal of the client's. Absent where no command can be started. */
  openTerminal?(): Promise<TerminalDoor>;
  /** Programs that clients have left standing. Absent where the adapter ends with its client. */
  readonly suspended?: SuspendedPrograms;
  createHost(options: HostOptions): Host;
  /** Throws an Error with a sentence when the machine refuses the program. */
  createMachine(options: MachineOptions): Promise<Machine>;
}

export interface HostOptions {
  /** What the program reads as standard input. */
  stdin: Uint8Array;
  /** Where the program's input comes from instead, as it is typed. */
  input?(maximum: number): Promise<Uint8Array>;
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** The folders that are mounted: the host answers for nothing outside of them. */
  folders: string[];
  /** Those of them that are mounted `rw`. */
  writable: string[];
}

/** Before the client has opened the terminal. */
export interface TerminalDoor {
  /** The command to run there. */
  readonly args: string[];
  readonly env: { [name: string]: string };
  /** When that command has come back. Rejects with why it does not, without a full stop. */
  connected(): Promise<Terminal>;
  /** Nobody else comes. */
  close(): void;
}

export interface Terminal {
  /** Undefined: it does not tell. */
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  /** Its TERM. */
  readonly term: string | undefined;
  write(bytes: Uint8Array): void;
  /** What was typed next, in lines; nothing at the end. */
  read(maximum: number): Promise<Uint8Array>;
  /** The command in it has ended, whoever ended it. */
  whenGone(listener: () => void): void;
  /** What was written is shown, then its command ends. */
  close(): void;
}
