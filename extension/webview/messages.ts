/** What the register view's two halves say to each other. */
import type { RegistersResponse } from '../../debug-adapter/protocol.ts';

export type ToView =
  /** A stop, or another frame was selected. `stop` counts the stops, so that the page knows which values are older. */
  | { is: 'registers'; registers: RegistersResponse; stop: number }
  /** The program runs: what is shown is the last stop's. */
  | { is: 'running' }
  | { is: 'none' }
  | { is: 'problem'; message: string };

export type FromView =
  /** The page is there and wants what holds now. */
  | { is: 'ready' }
  | { is: 'copy'; text: string }
  | { is: 'memory'; memoryReference: string }
  | { is: 'break-on-syscall' };

/** What the page keeps over a reload, by `setState`. */
export interface ViewState {
  /** Names as Go's assembler writes them, or as the manual does. */
  names: 'go' | 'manual';
  /** Groups that are open. */
  open: string[];
  last?: ToView;
}
