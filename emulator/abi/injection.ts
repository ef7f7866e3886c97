/** Tampering with syscalls, as strace's `-e inject=` asks for it. Plain data. */
export interface Injection {
  /** Numbers of the calls in the machine's column. */
  readonly calls: ReadonlySet<number>;
  /** The call is not made and gives this: a value, or −errno. */
  readonly result?: bigint;
  /** The task gets this signal. */
  readonly signo?: number;
  /** Which of a task's calls of the set, counted from 1: `first`, then every `step`th up to `last`. */
  readonly first: number;
  readonly last: number;
  readonly step: number;
}
