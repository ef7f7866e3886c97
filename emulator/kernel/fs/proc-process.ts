/** What the files of /proc/<pid> say, one row per file: fs/proc/array.c, base.c and task_mmu.c decide the forms. */
import { RLIMIT } from '../../abi/flags.ts';
import type { Mapping } from '../../memory/types.ts';
import type { FileContext } from '../context.ts';
import { ESRCH } from '../errors.ts';
import { controllingTerminal } from '../job-control.ts';
import { NET_FILES } from '../net/proc.ts';
import type { Process, Task } from '../state.ts';
import { mountInfo, mountTable } from './mounts.ts';
import { encodeName } from './names.ts';
import type { Generated } from './state.ts';

export interface ProcessFile {
  /** Permission bits. */
  mode: number;
  content(c: FileContext, process: Process, task: Task | undefined, inode: Generated): string | Uint8Array;
}

/** Nanoseconds to USER_HZ ticks. */
const ticks = (time: bigint): bigint => time / 10_000_000n;
const hex = (value: bigint | number, width = 16): string => value.toString(16).padStart(width, '0');
const octal = (value: number): string => value.toString(8).padStart(4, '0');

function mappingsOf(c: FileContext, process: Process): readonly Mapping[] {
  return process.run.is === 'zombie' ? [] : c.options.spaces.get(process.memory.space).mappings;
}

function peek(c: FileContext, process: Process, start: number, end: number): Uint8Array {
  if (process.run.is === 'zombie' || end <= start) return new Uint8Array(0);
  return c.options.spaces.get(process.memory.space).peek(start, Math.min(end - start, 0x20_0000));
}

function stateLetter(process: Process, task: Task | undefined, current: number | undefined): string {
  if (process.run.is === 'zombie' || !task) return 'Z (zombie)';
  if (task.run.is === 'stopped') return 'T (stopped)';
  if (task.run.is === 'dead') return 'X (dead)';
  return task.run.is === 'runnable' || task.id === current ? 'R (running)' : 'S (sleeping)';
}

/** Total and resident bytes; what was mapped counts as resident, for want of a page count. */
function memoryOf(c: FileContext, process: Process) {
  let total = 0;
  let data = 0;
  let text = 0;
  let stack = 0;
  let accessible = 0;
  for (const m of mappingsOf(c, process)) {
    const size = m.end - m.start;
    total += size;
    if (m.prot !== 0) accessible += size;
    if (m.name === '[stack]') stack += size;
    else if (m.prot & 4 && m.backing.is === 'file') text += size;
    else if (m.prot & 2 && !m.shared) data += size;
  }
  return { total, data, text, stack, accessible: Math.min(accessible, c.options.memoryLimit) };
}

const signalMask = (process: Process, want: number): bigint =>
  process.signals.actions.reduce(
    (mask, action, signo) =>
      signo > 0 && handlerKind(action?.handler ?? 0) === want ? mask | (1n << BigInt(signo - 1)) : mask,
    0n,
  );
const handlerKind = (handler: number): number => (handler > 1 ? 2 : handler);
const pendingMask = (pending: readonly { signo: number }[]): bigint =>
  pending.reduce((mask, { signo }) => mask | (1n << BigInt(signo - 1)), 0n);

function maps(c: FileContext, process: Process): string {
  return mappingsOf(c, process)
    .map(m => {
      const { backing } = m;
      const inode = backing.is === 'file' ? c.state.fs.inodes.get(backing.inode) : undefined;
      const prot = `${m.prot & 1 ? 'r' : '-'}${m.prot & 2 ? 'w' : '-'}${m.prot & 4 ? 'x' : '-'}${m.shared ? 's' : 'p'}`;
      const dev = inode ? `00:${hex(inode.superblock + 20, 2)}` : '00:00';
      const offset = backing.is === 'file' ? backing.offset : 0;
      const line = `${hex(m.start, 8)}-${hex(m.end, 8)} ${prot} ${hex(offset, 8)} ${dev} ${inode?.id ?? 0} `;
      return m.name ? `${line.padEnd(73)}${m.name}\n` : `${line}\n`;
    })
    .join('');
}

function smaps(c: FileContext, process: Process): string {
  const lines = maps(c, process).split('\n');
  return mappingsOf(c, process)
    .map((m, i) => {
      const size = (m.end - m.start) / 1024;
      const resident = m.prot === 0 ? 0 : size;
      const row = (name: string, kb: number): string => `${`${name}:`.padEnd(16)}${String(kb).padStart(8)} kB\n`;
      const flags = `${m.prot & 1 ? 'rd ' : ''}${m.prot & 2 ? 'wr ' : ''}${m.prot & 4 ? 'ex ' : ''}${m.shared ? 'sh ' : ''}mr mw me `;
      return (
        `${lines[i]}\n${row('Size', size)}${row('KernelPageSize', 4)}${row('MMUPageSize', 4)}${row('Rss', resident)}` +
        `${row('Pss', resident)}${row('Shared_Clean', 0)}${row('Shared_Dirty', 0)}${row('Private_Clean', 0)}` +
        `${row('Private_Dirty', resident)}${row('Referenced', resident)}` +
        `${row('Anonymous', m.backing.is === 'anonymous' ? resident : 0)}${row('AnonHugePages', 0)}${row('Swap', 0)}` +
        `THPeligible:           0\nVmFlags: ${flags}${m.growsDown ? 'gd ' : ''}\n`
      );
    })
    .join('');
}

/** 136:0, the first of /dev/pts, as stat and ps show it. */
const TTY_DEVICE = 136 << 8;

/** fs/proc/array.c, do_task_stat: 52 numbers. */
function stat(c: FileContext, process: Process, task: Task | undefined, whole: boolean): string {
  const memory = memoryOf(c, process);
  const id = task?.id ?? process.id;
  const own = whole
    ? process.tasks.reduce((sum, t) => sum + (c.state.tasks.get(t)?.cpuTime ?? 0n), process.deadTime)
    : (task?.cpuTime ?? 0n);
  const terminal = controllingTerminal(c.state, process);
  const fields: (bigint | number | string)[] = [
    id,
    `(${task?.name ?? ''})`,
    stateLetter(process, task, c.state.current)[0],
    process.parent,
    process.group,
    process.session,
    terminal ? TTY_DEVICE + terminal.index : 0,
    terminal ? terminal.foreground : -1,
    0x400000,
    ...[0, 0, 0, 0],
    ticks(own),
    0,
    ticks(process.childTime),
    0,
    20,
    0,
    Math.max(1, process.tasks.length),
    0,
    ticks(process.started),
    memory.total,
    Math.floor(memory.accessible / 4096),
    '18446744073709551615',
    // Code, stack and instruction addresses are shown to those who may inspect; all that read here may.
    mappingsOf(c, process).find(m => m.prot & 4)?.start ?? 0,
    mappingsOf(c, process).find(m => m.prot & 4)?.end ?? 0,
    process.memory.stackTop,
    0,
    0,
    pendingMask(task?.pending ?? []) & 0x7fffffffn,
    (task?.mask ?? 0n) & 0x7fffffffn,
    signalMask(process, 1) & 0x7fffffffn,
    signalMask(process, 2) & 0x7fffffffn,
    task?.run.is === 'blocked' ? 1 : 0,
    0,
    0,
    process.exitSignal,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    process.memory.brkStart,
    process.memory.argStart,
    process.memory.argEnd,
    process.memory.argEnd,
    process.memory.envEnd,
    process.exiting ?? 0,
  ];
  return `${fields.join(' ')}\n`;
}

function status(c: FileContext, process: Process, task: Task | undefined): string {
  const { credentials: cred } = process;
  const memory = memoryOf(c, process);
  const kb = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
  const root = cred.euid === 0;
  const rows: [string, string | number | bigint][] = [
    ['Name', task?.name ?? ''],
    ['Umask', octal(process.fs.umask)],
    ['State', stateLetter(process, task, c.state.current)],
    ['Tgid', process.id],
    ['Ngid', 0],
    ['Pid', task?.id ?? process.id],
    ['PPid', process.parent],
    ['TracerPid', 0],
    ['Uid', `${cred.uid}\t${cred.euid}\t${cred.suid}\t${cred.fsuid}`],
    ['Gid', `${cred.gid}\t${cred.egid}\t${cred.sgid}\t${cred.fsgid}`],
    ['FDSize', Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, ...process.files.descriptors.keys()) + 1)))],
    ['Groups', cred.groups.map(g => `${g} `).join('')],
    ['NStgid', process.id],
    ['NSpid', task?.id ?? process.id],
    ['NSpgid', process.group],
    ['NSsid', process.session],
  ];
  if (process.run.is !== 'zombie')
    rows.push(
      ['VmPeak', kb(memory.total)],
      ['VmSize', kb(memory.total)],
      ['VmLck', kb(0)],
      ['VmPin', kb(0)],
      ['VmHWM', kb(memory.accessible)],
      ['VmRSS', kb(memory.accessible)],
      ['RssAnon', kb(memory.accessible)],
      ['RssFile', kb(0)],
      ['RssShmem', kb(0)],
      ['VmData', kb(memory.data)],
      ['VmStk', kb(memory.stack)],
      ['VmExe', kb(memory.text)],
      ['VmLib', kb(0)],
      ['VmPTE', kb(Math.ceil(memory.accessible / 0x20_0000) * 4096)],
      ['VmSwap', kb(0)],
      ['HugetlbPages', kb(0)],
    );
  const cpus = (1n << BigInt(c.options.cpus)) - 1n;
  rows.push(
    ['CoreDumping', 0],
    ['THP_enabled', 1],
    ['Threads', Math.max(1, process.tasks.length)],
    ['SigQ', `${process.pending.length}/127000`],
    ['SigPnd', hex(pendingMask(task?.pending ?? []))],
    ['ShdPnd', hex(pendingMask(process.pending))],
    ['SigBlk', hex(task?.mask ?? 0n)],
    ['SigIgn', hex(signalMask(process, 1))],
    ['SigCgt', hex(signalMask(process, 2))],
    ['CapInh', hex(0)],
    ['CapPrm', root ? '000001ffffffffff' : hex(0)],
    ['CapEff', root ? '000001ffffffffff' : hex(0)],
    ['CapBnd', '000001ffffffffff'],
    ['CapAmb', hex(0)],
    ['NoNewPrivs', process.noNewPrivileges ? 1 : 0],
    ['Seccomp', 0],
    ['Seccomp_filters', 0],
    ['Speculation_Store_Bypass', 'not vulnerable'],
    ['SpeculationIndirectBranch', 'not affected'],
    ['Cpus_allowed', hex(cpus, 1)],
    ['Cpus_allowed_list', c.options.cpus > 1 ? `0-${c.options.cpus - 1}` : '0'],
    ['Mems_allowed', '1'],
    ['Mems_allowed_list', '0'],
    ['voluntary_ctxt_switches', task?.switches ?? 0],
    ['nonvoluntary_ctxt_switches', 0],
  );
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

/** fs/proc/base.c, lnames: name, unit, number, in the kernel's order. */
const LIMITS: readonly (readonly [string, string, number])[] = [
  ['Max cpu time', 'seconds', RLIMIT.RLIMIT_CPU],
  ['Max file size', 'bytes', RLIMIT.RLIMIT_FSIZE],
  ['Max data size', 'bytes', RLIMIT.RLIMIT_DATA],
  ['Max stack size', 'bytes', RLIMIT.RLIMIT_STACK],
  ['Max core file size', 'bytes', RLIMIT.RLIMIT_CORE],
  ['Max resident set', 'bytes', RLIMIT.RLIMIT_RSS],
  ['Max processes', 'processes', RLIMIT.RLIMIT_NPROC],
  ['Max open files', 'files', RLIMIT.RLIMIT_NOFILE],
  ['Max locked memory', 'bytes', RLIMIT.RLIMIT_MEMLOCK],
  ['Max address space', 'bytes', RLIMIT.RLIMIT_AS],
  ['Max file locks', 'locks', RLIMIT.RLIMIT_LOCKS],
  ['Max pending signals', 'signals', RLIMIT.RLIMIT_SIGPENDING],
  ['Max msgqueue size', 'bytes', RLIMIT.RLIMIT_MSGQUEUE],
  ['Max nice priority', '', RLIMIT.RLIMIT_NICE],
  ['Max realtime priority', '', RLIMIT.RLIMIT_RTPRIO],
  ['Max realtime timeout', 'us', RLIMIT.RLIMIT_RTTIME],
];

function limits(process: Process): string {
  const show = (value: bigint): string => (value >= 0xffff_ffff_ffff_ffffn ? 'unlimited' : String(value)).padEnd(20);
  const lines = LIMITS.map(([name, unit, index]) => {
    const { soft, hard } = process.limits[index] ?? { soft: 0xffff_ffff_ffff_ffffn, hard: 0xffff_ffff_ffff_ffffn };
    return `${name.padEnd(25)} ${show(soft)} ${show(hard)} ${unit === '' ? '' : unit.padEnd(10)}\n`;
  });
  return `${'Limit'.padEnd(25)} ${'Soft Limit'.padEnd(20)} ${'Hard Limit'.padEnd(20)} ${'Units'.padEnd(10)}\n${lines.join('')}`;
}

function fdinfo(c: FileContext, process: Process, fd: number): string {
  const { fs } = c.state;
  const descriptor = process.files.descriptors.get(fd);
  const description = descriptor && fs.descriptions.get(descriptor.description);
  const inode = description && fs.inodes.get(description.inode);
  if (!descriptor || !description || !inode) throw ESRCH;
  const flags = description.flags | (descriptor.closeOnExec ? 0o2000000 : 0);
  let text = `pos:\t${description.offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${inode.superblock + 20}\nino:\t${inode.id}\n`;
  if (inode.is === 'eventfd') text += `eventfd-count: ${hex(inode.count).padStart(16)}\neventfd-id: 1\n`;
  if (inode.is === 'signalfd') text += `sigmask:\t${hex(inode.mask)}\n`;
  if (inode.is === 'pidfd') text += `Pid:\t${inode.pid}\nNSpid:\t${inode.pid}\n`;
  if (inode.is === 'epoll')
    for (const item of inode.items.values()) {
      const target = fs.descriptions.get(item.description);
      text += `tfd: ${String(item.fd).padStart(8)} events: ${hex(item.events >>> 0, 8)} data: ${hex(item.data)}  pos:${target?.offset ?? 0} ino:${hex(target?.inode ?? 0, 1)} sdev:${hex(inode.superblock + 20, 1)}\n`;
    }
  if (inode.is === 'timerfd')
    text += `clockid: ${inode.clock}\nticks: ${inode.expirations}\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (${inode.interval / 1_000_000_000n}, ${inode.interval % 1_000_000_000n})\n`;
  return text;
}

export const PROCESS_FILES: Readonly<Record<string, ProcessFile>> = {
  auxv: { mode: 0o400, content: (_c, p) => p.memory.auxv },
  cgroup: { mode: 0o444, content: () => '0::/\n' },
  cmdline: { mode: 0o444, content: (c, p) => peek(c, p, p.memory.argStart, p.memory.argEnd) },
  comm: { mode: 0o644, content: (_c, _p, task) => `${task?.name ?? ''}\n` },
  coredump_filter: { mode: 0o644, content: () => '00000033\n' },
  environ: { mode: 0o400, content: (c, p) => peek(c, p, p.memory.argEnd, p.memory.envEnd) },
  io: {
    mode: 0o400,
    content: () => 'rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n',
  },
  limits: { mode: 0o444, content: (_c, p) => limits(p) },
  loginuid: { mode: 0o644, content: () => '4294967295' },
  maps: { mode: 0o444, content: maps },
  mountinfo: { mode: 0o444, content: c => mountInfo(c.state.fs) },
  mounts: { mode: 0o444, content: c => mountTable(c.state.fs) },
  oom_adj: { mode: 0o644, content: () => '0\n' },
  oom_score: { mode: 0o444, content: () => '666\n' },
  oom_score_adj: { mode: 0o644, content: () => '0\n' },
  sessionid: { mode: 0o444, content: () => '4294967295' },
  smaps: { mode: 0o444, content: smaps },
  stat: { mode: 0o444, content: (c, p, task, inode) => stat(c, p, task, inode.tid === 0) },
  statm: {
    mode: 0o444,
    content: (c, p) => {
      const m = memoryOf(c, p);
      return `${[m.total, m.accessible, 0, m.text, 0, m.data + m.stack, 0].map(n => Math.floor(n / 4096)).join(' ')}\n`;
    },
  },
  status: { mode: 0o444, content: status },
  wchan: { mode: 0o444, content: () => '0' },
};

/** The bytes of a file of /proc/<pid>; ESRCH if the process is gone. */
export function processContent(c: FileContext, inode: Generated): Uint8Array {
  const process = c.state.processes.get(inode.pid);
  if (!process) throw ESRCH;
  const task = c.state.tasks.get(inode.tid || process.id);
  const name = inode.source.slice('process/'.length);
  if (name === 'net') return encodeName(NET_FILES[inode.argument](c));
  const content =
    name === 'fdinfo'
      ? fdinfo(c, process, Number(inode.argument))
      : PROCESS_FILES[name].content(c, process, task, inode);
  return typeof content === 'string' ? encodeName(content) : content;
}
