/**
 * Everything the file system remembers, as plain data: a checkpoint is a clone of it. Inodes, open file descriptions
 * and descriptor tables refer to one another by number, never by object. File contents are immutable pages held by
 * reference: a write replaces the page, so checkpoints share what nobody has written since.
 */
import type { HostAnswer } from '../../host.ts';
import type { NetState, Socket } from '../net/state.ts';

export type InodeId = number;
export type DescriptionId = number;

export interface InodeBase {
  id: InodeId;
  superblock: number;
  /** st_mode: type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  /** Nanoseconds since 1970. */
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  birth: bigint;
  /** Open file descriptions that refer to it. */
  opens: number;
  /** Extended attributes, if any were set. */
  xattrs?: Map<string, Uint8Array>;
}

export interface RegularFile extends InodeBase {
  is: 'file';
  size: number;
  /** By page index; at most 4096 bytes each, the rest is zero. A page that is not there is a hole (or the host's). */
  pages: Map<number, Uint8Array>;
  /** Counts changes of the contents, for who has the file mapped and shared. */
  changes: number;
  /**
   * The first `length` bytes come from this host file where no page was loaded or written. `clean`: pages that were
   * loaded and not written since.
   */
  host?: { path: string; length: number; clean: Set<number> };
  /** Only for memfd: what F_ADD_SEALS has sealed. */
  seals?: number;
  /** Made by O_TMPFILE: it may still get a name (linkat), though it has none. */
  linkable?: boolean;
  /** The name given to memfd_create. */
  memfd?: string;
}

export interface DirectoryEntry {
  /** 0: the host lists this name, but nobody has looked it up yet. */
  inode: InodeId;
  /** Its place in listings, stable while the entry lives. */
  cookie: number;
  /** The number its inode will get: whether the host tells of files at listing or later must make no difference. */
  reserved?: InodeId;
}

export interface Directory extends InodeBase {
  is: 'directory';
  parent: InodeId;
  /** Its name in `parent`; "" for the root and for removed directories. */
  name: string;
  entries: Map<string, DirectoryEntry>;
  nextCookie: number;
  /** Its contents begin as those of a host folder. `absent`: names that are not there or were removed. */
  host?: { path: string; listed: boolean; absent: Set<string> };
}

export interface Symlink extends InodeBase {
  is: 'symlink';
  target: string;
}

/** Pipes and FIFOs: slots of at most a page, as Linux fills them (a write is merged into the last slot if it fits). */
export interface Pipe extends InodeBase {
  is: 'pipe';
  /** `start`: the first unread byte. */
  slots: { bytes: Uint8Array; start: number }[];
  /** How many slots fit: 16, unless F_SETPIPE_SZ changed it. */
  capacity: number;
  readers: number;
  writers: number;
  /** How often the end was opened, so that the open of a FIFO can wait for the other side. */
  readerOpens: number;
  writerOpens: number;
}

export type Driver = 'null' | 'zero' | 'full' | 'random' | 'urandom' | 'tty' | 'ptmx' | 'none';

export interface Device extends InodeBase {
  is: 'device';
  driver: Driver;
  rdev: { major: number; minor: number };
}

/** One end of a pseudo-terminal: what opening /dev/ptmx made, and /dev/pts/N. */
export interface PtyEnd extends InodeBase {
  is: 'pty-master' | 'pty-slave';
  /** Its number in FsState.terminals. */
  terminal: number;
}

/** The three standard streams. What fstat and ioctl show is told by `mode` and `terminal`. */
export interface Stream extends InodeBase {
  is: 'stream';
  stream: 'stdin' | 'stdout' | 'stderr';
  terminal: boolean;
}

/** A file of /proc, /sys or /proc/sys, whose content is made when it is read; `source` names a row in generated.ts. */
export interface Generated extends InodeBase {
  is: 'generated';
  source: string;
  /** Process it speaks of; 0 if none. */
  pid: number;
  /** Task (thread) it speaks of; 0 if none. */
  tid: number;
  /** A fixed text, or the number of a file descriptor. */
  argument: string;
}

/** A directory of /proc whose entries follow the tasks. */
export interface ProcDirectory extends InodeBase {
  is: 'proc-directory';
  parent: InodeId;
  name: string;
  what: 'root' | 'process' | 'tasks' | 'fd' | 'fdinfo' | 'ns' | 'net';
  /** Entries that do not depend on tasks (of /proc itself: meminfo, sys, …). */
  fixed: Map<string, InodeId>;
  pid: number;
  tid: number;
}

/** A symlink of /proc: readlink gives a text, following it may lead somewhere no text names. */
export interface MagicLink extends InodeBase {
  is: 'magic-link';
  what: 'self' | 'thread-self' | 'exe' | 'cwd' | 'root' | 'fd' | 'ns';
  pid: number;
  tid: number;
  argument: string;
}

export interface EventFd extends InodeBase {
  is: 'eventfd';
  count: bigint;
  semaphore: boolean;
}

export interface EpollItem {
  fd: number;
  description: DescriptionId;
  events: number;
  data: bigint;
}

export interface Epoll extends InodeBase {
  is: 'epoll';
  /** By "fd:description". */
  items: Map<string, EpollItem>;
  /** Keys of items that may have something to report, in the order in which they will: Linux's ready list. */
  ready: string[];
}

export interface TimerFd extends InodeBase {
  is: 'timerfd';
  clock: number;
  /** Virtual nanoseconds since boot of the next expiry; undefined: disarmed. */
  due?: bigint;
  /** Nanoseconds; 0n: once. */
  interval: bigint;
  expirations: bigint;
}

export interface SignalFd extends InodeBase {
  is: 'signalfd';
  mask: bigint;
}

export interface PidFd extends InodeBase {
  is: 'pidfd';
  pid: number;
}

export interface QueuedMessage {
  priority: number;
  bytes: Uint8Array;
}

/** A POSIX message queue. */
export interface MessageFile extends InodeBase {
  is: 'mqueue';
  maxMessages: number;
  messageSize: number;
  /** In the order in which they will be received. */
  messages: QueuedMessage[];
  /**
   * mq_notify's: the process that is told when a message comes into the empty queue. `signo` 0: nothing is sent, but the
   * queue has its owner; `socket`: the cookie goes to this netlink socket.
   */
  owner?: { process: number; signo: number; value: bigint; socket?: { inode: InodeId; cookie: Uint8Array } };
}

export interface InotifyEvent {
  wd: number;
  mask: number;
  cookie: number;
  name: string;
}

export interface Inotify extends InodeBase {
  is: 'inotify';
  nextWatch: number;
  /** By watch descriptor. */
  watches: Map<number, { inode: InodeId; mask: number }>;
  queue: InotifyEvent[];
}

export type Inode =
  | RegularFile
  | Directory
  | Symlink
  | Pipe
  | Device
  | Stream
  | PtyEnd
  | Generated
  | ProcDirectory
  | MagicLink
  | EventFd
  | Epoll
  | TimerFd
  | SignalFd
  | PidFd
  | MessageFile
  | Socket
  | Inotify;

/** What open(2) makes and dup, fork and SCM_RIGHTS share. */
export interface Description {
  id: DescriptionId;
  inode: InodeId;
  /** Access mode and status flags, as F_GETFL shows them. */
  flags: number;
  offset: number;
  /** Descriptors, in all tables, that refer to it. */
  references: number;
  /** The directory and the name it was opened by, for /proc/self/fd; rename keeps them current. */
  place?: { directory: InodeId; name: string };
  /** What read(2) of a generated file sees: made when reading begins at offset 0. */
  snapshot?: Uint8Array;
}

export interface Descriptor {
  description: DescriptionId;
  closeOnExec: boolean;
}

/** A files_struct: what CLONE_FILES shares. Every descriptor in it is one reference of its description. */
export interface FdTable {
  descriptors: Map<number, Descriptor>;
}

/** An fs_struct: what CLONE_FS shares. */
export interface FsInfo {
  root: InodeId;
  cwd: InodeId;
  umask: number;
}

export interface Superblock {
  id: number;
  type:
    | 'tmpfs'
    | 'overlay'
    | 'proc'
    | 'sysfs'
    | 'cgroup2'
    | 'devtmpfs'
    | 'devpts'
    | 'mqueue'
    | 'pipefs'
    | 'sockfs'
    | 'anon_inodefs';
  /** What /proc/mounts shows first. */
  source: string;
  /** Where its root is mounted; "" for those that are nowhere (pipefs). */
  mountpoint: string;
  readOnly: boolean;
  /** Mounted `rw`: what the guest changes is changed on the host at once. */
  writeThrough: boolean;
  root: InodeId;
  /** Inodes of host files with several links, by the host's inode number. */
  hostLinks: Map<number, InodeId>;
}

/** An advisory lock; `end` exclusive, Infinity to the end of the file. */
export interface FileLock {
  kind: 'flock' | 'posix' | 'ofd';
  /** Description for flock and OFD locks, process for POSIX locks. */
  owner: number;
  type: 'read' | 'write';
  start: number;
  end: number;
  pid: number;
}

/** A terminal's line discipline and who is at it. See fs/terminal.ts. */
export interface Terminal {
  /** The console is the host's terminal: editing, echo and layout are done there. */
  is: 'console' | 'pty';
  /** N of /dev/pts/N. */
  index: number;
  /** struct termios, as TCGETS gives it. */
  termios: Uint8Array;
  rows: number;
  columns: number;
  pixels: [x: number, y: number];
  /** The session that it controls, and the group of it that may read and gets the signals of keys; 0: none. */
  session: number;
  foreground: number;
  /** The inodes of the two ends; 0 at the console. */
  master: InodeId;
  slave: InodeId;
  /** TIOCSPTLCK: the slave cannot be opened. */
  locked: boolean;
  /** The master was closed: the slave is of no use any more. */
  hungUp: boolean;
  /** The slave was open and is no more. */
  slaveClosed: boolean;
  /** TIOCEXCL. */
  exclusive: boolean;
  /** The key VSTOP was pressed, or tcflow(TCOOFF): no output. */
  stopped: boolean;
  /** TIOCPKT: the master reads packets, and first of all these bits of what happened at the slave (TIOCPKT_). */
  packet: boolean;
  status: number;
  /** VLNEXT was typed: the next character is itself. */
  literal: boolean;
  /** Lines that can be read (an empty one is the end of the file); in raw mode whatever has come. */
  lines: Uint8Array[];
  /** The line that can still be edited. */
  editing: Uint8Array;
  /** What the master has not yet read. */
  output: Uint8Array[];
  /** Column of the cursor, and where the line that is typed began. */
  column: number;
  lineStart: number;
}

export interface FsState {
  inodes: Map<InodeId, Inode>;
  nextInode: InodeId;
  superblocks: Superblock[];
  root: InodeId;
  descriptions: Map<DescriptionId, Description>;
  nextDescription: DescriptionId;
  /** Inodes of /proc, by what they stand for ("12/status"). */
  generated: Map<string, InodeId>;
  locks: Map<InodeId, FileLock[]>;
  /** Inodes without a name and without an open description: freed at the next sweep if nobody has them mapped. */
  orphans: Set<InodeId>;
  /** Pages that were written, and how many they may hold together: half of the machine's memory, as tmpfs has it. */
  pages: number;
  pageLimit: number;
  /** Answers of the host that the call which asked for them has not yet taken. */
  answers: Map<string, HostAnswer>;
  /** Ports and names of sockets. */
  net: NetState;
  /** Every epoll inode and every timerfd inode that is open. */
  epolls: Set<InodeId>;
  timers: Set<InodeId>;
  /** Every inotify instance that is open, and how many renames inotify has told of. */
  inotifies: Set<InodeId>;
  renames: number;
  /** The inodes behind descriptors 0, 1 and 2 of the first process. */
  streams: { stdin: InodeId; stdout: InodeId; stderr: InodeId };
  input: { chunks: Uint8Array[]; ended: boolean };
  /** By index; 0 is the console, if a standard stream is a terminal. */
  terminals: Map<number, Terminal>;
  /** Terminals whose master was closed during this call: their sessions are told when it ends. */
  hangUps: number[];
}
