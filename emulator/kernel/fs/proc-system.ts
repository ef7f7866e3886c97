/**
 * What the files of /proc and /sys say that speak of the whole machine. Where a number would be the host's (processor,
 * memory, load), it is the machine's own: the same on every host.
 */
import type { FileContext, KernelOptions } from '../context.ts';
import { EINVAL } from '../errors.ts';
import { RELEASE, VERSION } from '../release.ts';
import { ascii, encodeName } from './names.ts';
import { processContent } from './proc-process.ts';
import type { Generated } from './state.ts';

const kb = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;

function memoryUse(c: FileContext): number {
  let used = 0;
  for (const process of c.state.processes.values()) {
    if (process.run.is === 'zombie') continue;
    for (const m of c.options.spaces.get(process.memory.space).mappings) if (m.prot !== 0) used += m.end - m.start;
  }
  return Math.min(used, Math.floor(c.options.memoryLimit / 2));
}

function meminfo(c: FileContext): string {
  const total = c.options.memoryLimit;
  const free = total - memoryUse(c);
  const rows: [string, number][] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapCached', 0],
    ['Active', total - free],
    ['Inactive', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['AnonPages', total - free],
    ['Mapped', 0],
    ['Shmem', 0],
    ['Slab', 0],
    ['PageTables', 0],
    ['CommitLimit', Math.floor(total / 2)],
    ['Committed_AS', total - free],
    ['VmallocTotal', 34359738367 * 1024],
    ['VmallocUsed', 0],
    ['HugePages_Total', 0],
    ['Hugepagesize', 2048 * 1024],
  ];
  return rows
    .map(([name, value]) =>
      name === 'HugePages_Total'
        ? `${`${name}:`.padEnd(16)}${String(value).padStart(8)}\n`
        : `${`${name}:`.padEnd(16)}${kb(value)}\n`,
    )
    .join('');
}

function cpuinfo({ cpus, arch, processor: p }: KernelOptions): string {
  if (arch.name !== 'amd64')
    return Array.from({ length: cpus }, (_, i) => `processor\t: ${i}\nBogoMIPS\t: 100.00\n\n`).join('');
  return Array.from(
    { length: cpus },
    (_, i) =>
      `processor\t: ${i}\nvendor_id\t: ${p.vendor}\ncpu family\t: ${p.family}\nmodel\t\t: ${p.model}\nmodel name\t: ${p.name}\n` +
      `stepping\t: ${p.stepping}\ncpu MHz\t\t: 1000.000\ncache size\t: 4096 KB\nphysical id\t: 0\nsiblings\t: ${cpus}\ncore id\t\t: ${i}\n` +
      `cpu cores\t: ${cpus}\napicid\t\t: ${i}\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: ${p.highestLeaf}\nwp\t\t: yes\n` +
      `flags\t\t: ${p.flags.join(' ')}\n` +
      'bugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n' +
      `address sizes\t: 48 bits physical, 48 bits virtual\npower management:\n\n`,
  ).join('');
}

function stat(c: FileContext): string {
  let user = 0n;
  for (const task of c.state.tasks.values()) user += task.cpuTime;
  const line = (name: string, used: bigint): string =>
    `${name} ${used / 10_000_000n} 0 0 ${(c.state.now - used > 0n ? c.state.now - used : 0n) / 10_000_000n} 0 0 0 0 0 0\n`;
  // The machine runs one task at a time: on the first processor.
  const cpus = Array.from({ length: c.options.cpus }, (_, i) => line(`cpu${i}`, i === 0 ? user : 0n)).join('');
  let switches = 0;
  let running = 0;
  for (const task of c.state.tasks.values()) {
    switches += task.switches;
    if (task.run.is === 'runnable') running++;
  }
  return `${line('cpu ', user)}${cpus}intr 0\nctxt ${switches}\nbtime ${c.state.bootTime / 1_000_000_000n}\nprocesses ${c.state.nextId}\nprocs_running ${Math.max(1, running)}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`;
}

const seconds = (time: bigint): string =>
  `${time / 1_000_000_000n}.${String((time / 10_000_000n) % 100n).padStart(2, '0')}`;

function uuid(bytes: Uint8Array): string {
  const b = [...bytes];
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const h = b.map(x => x.toString(16).padStart(2, '0')).join('');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** 16 bytes that depend on the seed alone. */
function bootId(seed: number): Uint8Array {
  const bytes = new Uint8Array(16);
  let x = (seed ^ 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < 16; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** The machine's own files of /proc. */
export const SYSTEM_FILES: Readonly<Record<string, (c: FileContext) => string>> = {
  cmdline: () => '\n',
  cpuinfo: c => cpuinfo(c.options),
  devices: () => 'Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n',
  filesystems: () =>
    ['sysfs', 'tmpfs', 'proc', 'cgroup2', 'devtmpfs', 'pipefs', 'mqueue', 'devpts', 'overlay']
      .map(t => `nodev\t${t}\n`)
      .join(''),
  loadavg: c => `0.00 0.00 0.00 1/${c.state.tasks.size} ${c.state.nextId - 1}\n`,
  meminfo,
  stat,
  swaps: () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
  uptime: c => `${seconds(c.state.now)} 0.00\n`,
  version: () => `Linux version ${RELEASE} (ring3@ring3) ${VERSION}\n`,
  vmstat: () => 'nr_free_pages 0\npgfault 0\npgmajfault 0\noom_kill 0\n',
};

/** /proc/sys: path and content. What is no text here is made when it is read. */
export function sysctls(options: KernelOptions): Record<string, string> {
  return {
    'kernel/hostname': `${options.hostname}\n`,
    'kernel/domainname': '(none)\n',
    'kernel/ostype': 'Linux\n',
    'kernel/osrelease': `${RELEASE}\n`,
    'kernel/version': `${VERSION}\n`,
    'kernel/pid_max': '4194304\n',
    'kernel/threads-max': '254000\n',
    'kernel/cap_last_cap': '40\n',
    'kernel/ngroups_max': '65536\n',
    'kernel/randomize_va_space': '2\n',
    'kernel/core_pattern': 'core\n',
    'kernel/core_uses_pid': '0\n',
    'kernel/overflowuid': '65534\n',
    'kernel/overflowgid': '65534\n',
    'kernel/shmmax': '18446744073692774399\n',
    'kernel/yama/ptrace_scope': '1\n',
    'kernel/random/entropy_avail': '256\n',
    'kernel/random/poolsize': '256\n',
    'vm/overcommit_memory': '0\n',
    'vm/overcommit_ratio': '50\n',
    'vm/max_map_count': '65530\n',
    'vm/mmap_min_addr': '65536\n',
    'vm/swappiness': '60\n',
    'fs/mqueue/queues_max': '256\n',
    'fs/mqueue/msg_max': '10\n',
    'fs/mqueue/msg_default': '10\n',
    'fs/mqueue/msgsize_max': '8192\n',
    'fs/mqueue/msgsize_default': '8192\n',
    'fs/file-max': '9223372036854775807\n',
    'fs/nr_open': '1048576\n',
    'fs/pipe-max-size': '1048576\n',
    'fs/pipe-user-pages-soft': '16384\n',
    'fs/pipe-user-pages-hard': '0\n',
    'fs/inotify/max_user_instances': '128\n',
    'fs/inotify/max_user_watches': '65536\n',
    'fs/inotify/max_queued_events': '16384\n',
    'fs/epoll/max_user_watches': '1048576\n',
    'fs/protected_hardlinks': '0\n',
    'fs/protected_symlinks': '0\n',
    'net/core/somaxconn': '4096\n',
    'net/core/rmem_max': '212992\n',
    'net/core/wmem_max': '212992\n',
    'net/ipv4/ip_local_port_range': '32768\t60999\n',
    'net/ipv4/tcp_fin_timeout': '60\n',
    'net/ipv6/conf/all/disable_ipv6': '0\n',
    'net/ipv6/bindv6only': '0\n',
  };
}

/** /sys: path and content. */
export function sysFiles(options: KernelOptions): Record<string, string> {
  const online = options.cpus > 1 ? `0-${options.cpus - 1}` : '0';
  const files: Record<string, string> = {
    'kernel/mm/transparent_hugepage/hpage_pmd_size': '2097152\n',
    'kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
    'kernel/mm/transparent_hugepage/defrag': 'always defer defer+madvise [madvise] never\n',
    'kernel/mm/transparent_hugepage/khugepaged/max_ptes_none': '511\n',
    'devices/system/cpu/online': `${online}\n`,
    'devices/system/cpu/possible': `${online}\n`,
    'devices/system/cpu/present': `${online}\n`,
    'devices/system/cpu/offline': '\n',
    'devices/system/cpu/kernel_max': '8191\n',
    'devices/system/node/online': '0\n',
    'devices/system/node/possible': '0\n',
    'devices/system/node/node0/cpulist': `${online}\n`,
    'class/net/lo/mtu': '65536\n',
    'class/net/lo/operstate': 'unknown\n',
    'class/net/lo/address': '00:00:00:00:00:00\n',
  };
  for (let i = 0; i < options.cpus; i++) {
    files[`devices/system/cpu/cpu${i}/topology/core_id`] = `${i}\n`;
    files[`devices/system/cpu/cpu${i}/topology/physical_package_id`] = '0\n';
    files[`devices/system/cpu/cpu${i}/topology/thread_siblings_list`] = `${i}\n`;
  }
  return files;
}

/** /sys/fs/cgroup: the root of a cgroup v2 tree, without limits. */
export function cgroupFiles(options: KernelOptions): Record<string, string> {
  return {
    'cgroup.controllers': 'cpuset cpu io memory pids\n',
    'cgroup.procs': '1\n',
    'cgroup.subtree_control': '\n',
    'cpu.max': 'max 100000\n',
    'cpu.stat': 'usage_usec 0\nuser_usec 0\nsystem_usec 0\n',
    'cpuset.cpus.effective': `${options.cpus > 1 ? `0-${options.cpus - 1}` : '0'}\n`,
    'memory.max': 'max\n',
    'memory.high': 'max\n',
    'memory.stat': 'anon 0\nfile 0\n',
    'pids.max': 'max\n',
  };
}

/** The bytes of a file of /proc or /sys as they are now. */
export function generate(c: FileContext, inode: Generated, random: (length: number) => Uint8Array): Uint8Array {
  if (inode.source === 'text') return encodeName(inode.argument);
  if (inode.source.startsWith('process/')) return processContent(c, inode);
  if (inode.source === 'boot_id') return ascii(`${uuid(bootId(c.state.seed))}\n`);
  if (inode.source === 'uuid') return ascii(`${uuid(random(16))}\n`);
  const content = SYSTEM_FILES[inode.source];
  if (!content) throw EINVAL;
  return encodeName(content(c));
}
