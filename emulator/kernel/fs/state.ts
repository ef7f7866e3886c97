/**
 * The files' part of the kernel state: plain data (see kernel/state.ts).
 */

/** One for the machine: inodes, open files, pipes, the cache of host answers, the terminal. */
export interface FsState {
  placeholder?: never;
}

/** Descriptors; shared by CLONE_FILES. */
export interface FdTable {
  placeholder?: never;
}

/** Working directory, root, umask; shared by CLONE_FS. */
export interface FsInfo {
  placeholder?: never;
}
