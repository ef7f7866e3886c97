/**
 * The two ends of the line between the debug adapter's worker and the files of a workspace in a browser: the worker asks
 * by path, the extension answers by `vscode.workspace.fs`. Nothing is written.
 */
import type { HostAnswer, HostRequest } from '../emulator/host.ts';

export type FileQuestion = HostRequest | { is: 'whole'; path: string };
export type FileAnswer = HostAnswer | { is: 'read'; bytes: Uint8Array };
