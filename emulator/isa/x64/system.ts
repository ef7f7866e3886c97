/**
 * Hints, fences, processor state and the instructions of the kernel. The privileged ones have rows too: user programs
 * that execute them get a general-protection fault, and a disassembly should name what it was.
 */
import { type FormText, row } from './define.ts';
import type { Lift, Row } from './row.ts';

const kernelOnly = 'user programs may not.';

const privileged = (name: string, sentence: string, forms: readonly FormText[]): Row =>
  row(name, `${sentence}; ${kernelOnly}`, { feature: 'other' }, forms, e => e.trap('protection'));

/** Instructions that AMD's Zen does not have, or not in user mode: they are told from bytes that are none, no more. */
const refused = (name: string, sentence: string, forms: readonly FormText[]): Row =>
  row(name, `${sentence}; ${kernelOnly}`, { feature: 'other' }, forms, e => e.trap('invalid'));

/** There are no caches, but an address that cannot be read faults. */
const touch: Lift = e => {
  e.read(0);
};

export const hints: readonly Row[] = [
  row(
    'nop',
    'Does nothing; the long forms fill space for alignment.',
    {},
    [
      ['90', ''],
      ['0F 19 /r', 'Ev'],
      ['0F 1A /r', 'Ev'],
      ['0F 1B /r', 'Ev'],
      ['0F 1C /r', 'Ev'],
      ['0F 1D /r', 'Ev'],
      ['0F 1E /r', 'Ev'],
      ['0F 1F /r', 'Ev'],
      ['0F 18 /r', 'Ev'],
    ],
    () => {},
  ),

  row(
    'nop',
    'Names a register where PREFETCH has memory: nothing on Intel CPUs, an invalid opcode on AMD CPUs.',
    {},
    [['0F 0D /r', 'Rv']],
    e => e.trap('invalid'),
  ),

  row(
    'pause',
    'Tells the CPU that this is a spin loop; otherwise does nothing.',
    { feature: 'sse2' },
    [['F3 90', '']],
    () => {},
  ),

  row('prefetchnta', 'Hint: bring this line in for a single use.', { feature: 'sse' }, [['0F 18 /0', 'Mb']], () => {}),
  row('prefetcht0', 'Hint: bring this line into all caches.', { feature: 'sse' }, [['0F 18 /1', 'Mb']], () => {}),
  row(
    'prefetcht1',
    'Hint: bring this line into the second-level cache.',
    { feature: 'sse' },
    [['0F 18 /2', 'Mb']],
    () => {},
  ),
  row(
    'prefetcht2',
    'Hint: bring this line into the third-level cache.',
    { feature: 'sse' },
    [['0F 18 /3', 'Mb']],
    () => {},
  ),
  row('prefetch', 'Hint: bring this line into the caches.', { feature: 'other' }, [['0F 0D /r', 'Mb']], () => {}),
  row(
    'prefetchw',
    'Hint: bring this line in, to be written soon.',
    { feature: 'other' },
    [
      ['0F 0D /1', 'Mb'],
      ['0F 0D /3', 'Mb'],
    ],
    () => {},
  ),
  row(
    'prefetchwt1',
    'Hint: bring this line into the second-level cache, to be written soon.',
    { feature: 'other' },
    [['0F 0D /2', 'Mb']],
    () => {},
  ),

  row(
    'cldemote',
    'Hint: move this line to a cache farther away.',
    { feature: 'other' },
    [['NP 0F 1C /0', 'Mb']],
    () => {},
  ),
  row('clflush', 'Writes this cache line back and drops it.', { feature: 'sse2' }, [['NP 0F AE /7', 'Mb']], touch),
  row(
    'clflushopt',
    'Writes this cache line back and drops it, weakly ordered.',
    { feature: 'other' },
    [['66 0F AE /7', 'Mb']],
    touch,
  ),
  row('clwb', 'Writes this cache line back and may keep it.', { feature: 'other' }, [['66 0F AE /6', 'Mb']], touch),

  row(
    'lfence',
    'Orders loads: those before it finish before those after it start.',
    { feature: 'sse2' },
    [['NP 0F AE E8+i', '']],
    () => {},
  ),
  row(
    'mfence',
    'Orders loads and stores: those before it are visible before those after it.',
    { feature: 'sse2' },
    [['NP 0F AE F0+i', '']],
    () => {},
  ),
  row(
    'sfence',
    'Orders stores: those before it are visible before those after it.',
    { feature: 'sse' },
    [['NP 0F AE F8+i', '']],
    () => {},
  ),
  row('serialize', 'Finishes everything before it.', { feature: 'other' }, [['NP 0F 01 E8', '']], () => {}),
  row('fwait', 'Waits for pending x87 exceptions.', { feature: 'x87' }, [['9B', '']], e => e.routine('fwait')),
];

export const processorState: readonly Row[] = [
  row(
    'cpuid',
    'Tells what the CPU is and can do: leaf in EAX and ECX, answer in EAX, EBX, ECX, EDX.',
    {},
    [['0F A2', '']],
    e => e.routine('cpuid'),
  ),
  row('rdtsc', 'Reads the time-stamp counter into EDX:EAX.', {}, [['0F 31', '']], e => e.routine('rdtsc')),
  row('rdtscp', 'Reads the time-stamp counter into EDX:EAX and the CPU number into ECX.', {}, [['0F 01 F9', '']], e =>
    e.routine('rdtscp'),
  ),
  row('rdpid', 'Reads the CPU number.', { feature: 'rdpid' }, [['F3 0F C7 /7', 'Rq']], e => e.routine('rdpid')),
  row('rdpmc', 'Reads a performance counter into EDX:EAX; Linux lets no program.', {}, [['0F 33', '']], e =>
    e.trap('protection'),
  ),
  row('rdpru', 'Reads a processor register into EDX:EAX.', { feature: 'other' }, [['NP 0F 01 FD', '']]),
  row(
    'xgetbv',
    'Reads an extended control register: which register states the kernel saves.',
    { feature: 'xsave' },
    [['NP 0F 01 D0', '']],
    e => e.routine('xgetbv'),
  ),

  row(
    'rdrand',
    'Loads a random number; the carry flag tells that there was one.',
    { feature: 'rdrand', writes: 'oszapc' },
    [
      ['NP 0F C7 /6', 'Rv'],
      ['66 0F C7 /6', 'Rv'],
    ],
    e => e.routine('random'),
  ),
  row(
    'rdseed',
    'Loads a random number from the entropy source; the carry flag tells that there was one.',
    { feature: 'rdseed', writes: 'oszapc' },
    [
      ['NP 0F C7 /7', 'Rv'],
      ['66 0F C7 /7', 'Rv'],
    ],
    e => e.routine('random'),
  ),

  row(
    'rdfsbase',
    'Reads the base address of FS: the thread pointer.',
    { feature: 'fsgsbase' },
    [['F3 0F AE /0', 'Ry']],
    e => e.routine('rdfsbase'),
  ),
  row('rdgsbase', 'Reads the base address of GS.', { feature: 'fsgsbase' }, [['F3 0F AE /1', 'Ry']], e =>
    e.routine('rdgsbase'),
  ),
  row(
    'wrfsbase',
    'Sets the base address of FS: the thread pointer.',
    { feature: 'fsgsbase' },
    [['F3 0F AE /2', 'Ry']],
    e => e.routine('wrfsbase'),
  ),
  row('wrgsbase', 'Sets the base address of GS.', { feature: 'fsgsbase' }, [['F3 0F AE /3', 'Ry']], e =>
    e.routine('wrgsbase'),
  ),

  row('fxsave', 'Stores the x87, MMX and SSE state: 512 bytes.', { feature: 'sse' }, [['NP 0F AE /0', 'M']], e =>
    e.routine('fxsave'),
  ),
  row('fxrstor', 'Loads the x87, MMX and SSE state: 512 bytes.', { feature: 'sse' }, [['NP 0F AE /1', 'M']], e =>
    e.routine('fxrstor'),
  ),
  row('ldmxcsr', 'Loads the SSE control and status register.', { feature: 'sse' }, [['NP 0F AE /2', 'Md']], e =>
    e.routine('ldmxcsr'),
  ),
  row('stmxcsr', 'Stores the SSE control and status register.', { feature: 'sse' }, [['NP 0F AE /3', 'Md']], e =>
    e.routine('stmxcsr'),
  ),
  row('xsave', 'Stores the register states chosen by EDX:EAX.', { feature: 'xsave' }, [['NP 0F AE /4', 'M']], e =>
    e.routine('xsave'),
  ),
  row('xrstor', 'Loads the register states chosen by EDX:EAX.', { feature: 'xsave' }, [['NP 0F AE /5', 'M']], e =>
    e.routine('xrstor'),
  ),
  row('xsaveopt', 'Stores the chosen register states that changed.', { feature: 'xsave' }, [['NP 0F AE /6', 'M']], e =>
    e.routine('xsaveopt'),
  ),
  row('xsavec', 'Stores the chosen register states, compacted.', { feature: 'xsave' }, [['NP 0F C7 /4', 'M']], e =>
    e.routine('xsavec'),
  ),

  row('rdpkru', 'Reads the protection-key rights.', { feature: 'other' }, [['NP 0F 01 EE', '']]),
  row('wrpkru', 'Writes the protection-key rights.', { feature: 'other' }, [['NP 0F 01 EF', '']]),
  row('movdiri', 'Stores a register past the caches, in one piece.', { feature: 'other' }, [
    ['NP 0F 38 F9 /r', 'My,Gy'],
  ]),
  row('movdir64b', 'Copies 64 bytes in one piece to the address in the register.', { feature: 'other' }, [
    ['66 0F 38 F8 /r', 'Ga,M'],
  ]),
  row('enqcmd', 'Sends a 64-byte command to a device.', { feature: 'other', writes: 'oszapc' }, [
    ['F2 0F 38 F8 /r', 'Ga,M'],
  ]),
  row('umonitor', 'Sets up an address to wait for.', { feature: 'other' }, [['F3 0F AE /6', 'Ra']]),
  row('umwait', 'Waits for a store to the monitored address.', { feature: 'other', writes: 'oszapc' }, [
    ['F2 0F AE /6', 'Rd'],
  ]),
  row('tpause', 'Waits until the time-stamp counter reaches EDX:EAX.', { feature: 'other', writes: 'oszapc' }, [
    ['66 0F AE /6', 'Rd'],
  ]),
  row('monitorx', 'Sets up an address to wait for.', { feature: 'other' }, [['NP 0F 01 FA', '']]),
  row('mwaitx', 'Waits for a store to the monitored address.', { feature: 'other' }, [['NP 0F 01 FB', '']]),
  row('clzero', 'Zeroes a cache line.', { feature: 'other' }, [['NP 0F 01 FC', '']]),
  row('ptwrite', 'Writes a value into the processor trace.', { feature: 'other' }, [['F3 0F AE /4', 'Ey']]),

  // Shadow stacks are always off here; C run-times ask in this way whether they are on.
  row(
    'rdssp',
    'Reads the shadow-stack pointer; does nothing while shadow stacks are off.',
    { feature: 'cet' },
    [['F3 0F 1E /1', 'Ry']],
    () => {},
  ),
  row('incssp', 'Drops entries from the shadow stack.', { feature: 'cet' }, [['F3 0F AE /5', 'Ry']]),
  row('saveprevssp', 'Saves the previous shadow-stack pointer.', { feature: 'cet' }, [['F3 0F 01 EA', '']]),
  row('rstorssp', 'Switches to another shadow stack.', { feature: 'cet' }, [['F3 0F 01 /5', 'Mq']]),
  row('wrss', 'Writes to the shadow stack.', { feature: 'cet' }, [['NP 0F 38 F6 /r', 'My,Gy']]),
  row('wruss', `Writes to a user shadow stack; ${kernelOnly}`, { feature: 'cet' }, [['66 0F 38 F5 /r', 'My,Gy']]),
  row('setssbsy', `Marks the shadow stack busy; ${kernelOnly}`, { feature: 'cet' }, [['F3 0F 01 E8', '']]),
  row('clrssbsy', `Clears the busy mark of a shadow stack; ${kernelOnly}`, { feature: 'cet' }, [['F3 0F AE /6', 'Mq']]),
];

export const system: readonly Row[] = [
  row(
    'sldt',
    'Reads the selector of the local descriptor table.',
    {},
    [
      ['0F 00 /0', 'Rv'],
      ['0F 00 /0', 'Mw'],
    ],
    e => e.routine('sldt'),
  ),
  row(
    'str',
    'Reads the selector of the task register.',
    {},
    [
      ['0F 00 /1', 'Rv'],
      ['0F 00 /1', 'Mw'],
    ],
    e => e.routine('str'),
  ),
  row('sgdt', 'Stores the address of the global descriptor table.', {}, [['0F 01 /0', 'M']], e => e.routine('sgdt')),
  row('sidt', 'Stores the address of the interrupt descriptor table.', {}, [['0F 01 /1', 'M']], e => e.routine('sidt')),
  row(
    'smsw',
    'Reads the machine status word.',
    {},
    [
      ['0F 01 /4', 'Rv'],
      ['0F 01 /4', 'Mw'],
    ],
    e => e.routine('smsw'),
  ),
  row('verr', 'Sets the zero flag if the segment can be read.', { writes: 'z' }, [['0F 00 /4', 'Ew']], e =>
    e.routine('verr'),
  ),
  row('verw', 'Sets the zero flag if the segment can be written.', { writes: 'z' }, [['0F 00 /5', 'Ew']], e =>
    e.routine('verw'),
  ),
  row(
    'lar',
    'Loads the access rights of a segment.',
    { writes: 'z' },
    [
      ['0F 02 /r', 'Gv,Rv'],
      ['0F 02 /r', 'Gv,Mw'],
    ],
    e => e.routine('lar'),
  ),
  row(
    'lsl',
    'Loads the limit of a segment.',
    { writes: 'z' },
    [
      ['0F 03 /r', 'Gv,Rv'],
      ['0F 03 /r', 'Gv,Mw'],
    ],
    e => e.routine('lsl'),
  ),
  row('lss', 'Loads a far pointer into SS and a register.', {}, [['0F B2 /r', 'Gv,Mp']], e => e.routine('lss')),
  row('lfs', 'Loads a far pointer into FS and a register.', {}, [['0F B4 /r', 'Gv,Mp']], e => e.routine('lfs')),
  row('lgs', 'Loads a far pointer into GS and a register.', {}, [['0F B5 /r', 'Gv,Mp']], e => e.routine('lgs')),

  row(
    'in',
    `Reads from an I/O port; ${kernelOnly}`,
    {},
    [
      ['E4 ib', 'AL,Ib'],
      ['E5 ib', 'eAX,Ib'],
      ['EC', 'AL,DX'],
      ['ED', 'eAX,DX'],
    ],
    e => e.trap('protection'),
  ),
  row(
    'out',
    `Writes to an I/O port; ${kernelOnly}`,
    {},
    [
      ['E6 ib', 'Ib,AL'],
      ['E7 ib', 'Ib,eAX'],
      ['EE', 'DX,AL'],
      ['EF', 'DX,eAX'],
    ],
    e => e.trap('protection'),
  ),
  row('cli', `Turns interrupts off; ${kernelOnly}`, {}, [['FA', '']], e => e.trap('protection')),
  row('sti', `Turns interrupts on; ${kernelOnly}`, {}, [['FB', '']], e => e.trap('protection')),
  row('hlt', `Stops the CPU until an interrupt; ${kernelOnly}`, {}, [['F4', '']], e => e.trap('protection')),
  row(
    'mov',
    `Reads or writes a control or debug register; ${kernelOnly}`,
    {},
    [
      ['0F 20 /r mod=any', 'Rq,Cq'],
      ['0F 22 /r mod=any', 'Cq,Rq'],
      ['0F 21 /r mod=any', 'Rq,Dq'],
      ['0F 23 /r mod=any', 'Dq,Rq'],
    ],
    e => e.trap('protection'),
  ),
  privileged('lldt', 'Loads the local descriptor table register', [['0F 00 /2', 'Ew']]),
  privileged('ltr', 'Loads the task register', [['0F 00 /3', 'Ew']]),
  privileged('lgdt', 'Loads the address of the global descriptor table', [['0F 01 /2', 'M']]),
  privileged('lidt', 'Loads the address of the interrupt descriptor table', [['0F 01 /3', 'M']]),
  privileged('lmsw', 'Loads the machine status word', [['0F 01 /6', 'Ew']]),
  privileged('invlpg', 'Drops one page from the TLB', [['0F 01 /7', 'Mb']]),
  refused('invlpgb', 'Drops pages from the TLBs of all CPUs', [['NP 0F 01 FE', '']]),
  refused('tlbsync', 'Waits for TLB invalidations', [['NP 0F 01 FF', '']]),
  privileged('swapgs', 'Exchanges the base address of GS', [['0F 01 F8', '']]),
  refused('clac', 'Forbids the kernel to touch user pages', [['NP 0F 01 CA', '']]),
  refused('stac', 'Allows the kernel to touch user pages', [['NP 0F 01 CB', '']]),
  refused('encls', 'Runs a leaf of SGX', [['NP 0F 01 CF', '']]),
  row('enclu', 'Runs a leaf of SGX.', { feature: 'other' }, [['NP 0F 01 D7', '']]),
  refused('enclv', 'Runs a leaf of SGX', [['NP 0F 01 C0', '']]),
  refused('pconfig', 'Configures the platform', [['NP 0F 01 C5', '']]),
  refused('monitor', 'Sets up an address to wait for', [['NP 0F 01 C8', '']]),
  refused('mwait', 'Waits for a store to the monitored address', [['NP 0F 01 C9', '']]),
  privileged('xsetbv', 'Writes an extended control register', [['NP 0F 01 D1', '']]),
  privileged('xsaves', 'Stores user and supervisor register states', [['NP 0F C7 /5', 'M']]),
  privileged('xrstors', 'Loads user and supervisor register states', [['NP 0F C7 /3', 'M']]),
  privileged('sysret', 'Returns from a system call', [['0F 07', '']]),
  row(
    'sysenter',
    'Enters the kernel the way 32-bit programs do; AMD CPUs refuse it in 64-bit mode.',
    {},
    [['0F 34', '']],
    e => e.trap('invalid'),
  ),
  privileged('sysexit', 'Returns from SYSENTER', [['0F 35', '']]),
  privileged('clts', 'Clears the task-switched flag', [['0F 06', '']]),
  privileged('invd', 'Drops the caches', [['0F 08', '']]),
  privileged('wbinvd', 'Writes the caches back and drops them', [['0F 09', '']]),
  privileged('wbnoinvd', 'Writes the caches back', [['F3 0F 09', '']]),
  privileged('rdmsr', 'Reads a model-specific register', [['0F 32', '']]),
  privileged('wrmsr', 'Writes a model-specific register', [['0F 30', '']]),
  refused('getsec', 'Runs a leaf of SMX', [['NP 0F 37', '']]),
  refused('rsm', 'Returns from system-management mode', [['0F AA', '']]),
  privileged('invpcid', 'Drops TLB entries by process', [['66 0F 38 82 /r', 'Gq,Mdq']]),
  refused('invept', 'Drops nested-page translations', [['66 0F 38 80 /r', 'Gq,Mdq']]),
  refused('invvpid', 'Drops translations of a virtual processor', [['66 0F 38 81 /r', 'Gq,Mdq']]),
  refused('enqcmds', 'Sends a 64-byte command to a device', [['F3 0F 38 F8 /r', 'Ga,M']]),
  row('vmcall', 'Calls the hypervisor.', { feature: 'other' }, [['NP 0F 01 C1', '']]),
  row('vmfunc', 'Calls a function of the hypervisor.', { feature: 'other' }, [['NP 0F 01 D4', '']]),
  refused('vmlaunch', 'Starts a virtual machine', [['NP 0F 01 C2', '']]),
  refused('vmresume', 'Goes on with a virtual machine', [['NP 0F 01 C3', '']]),
  refused('vmxoff', 'Leaves virtual-machine operation', [['NP 0F 01 C4', '']]),
  refused('vmread', 'Reads a field of a virtual machine', [['NP 0F 78 /r', 'Eq,Gq']]),
  refused('vmwrite', 'Writes a field of a virtual machine', [['NP 0F 79 /r', 'Gq,Eq']]),
  refused('vmptrld', 'Chooses the current virtual machine', [['NP 0F C7 /6', 'Mq']]),
  refused('vmptrst', 'Stores the current virtual machine', [['NP 0F C7 /7', 'Mq']]),
  refused('vmclear', 'Clears a virtual machine', [['66 0F C7 /6', 'Mq']]),
  refused('vmxon', 'Enters virtual-machine operation', [['F3 0F C7 /6', 'Mq']]),
  privileged('vmrun', 'Runs a virtual machine (AMD)', [['NP 0F 01 D8', '']]),
  row('vmmcall', 'Calls the hypervisor (AMD).', { feature: 'other' }, [['NP 0F 01 D9', '']]),
  privileged('vmload', 'Loads state of a virtual machine (AMD)', [['NP 0F 01 DA', '']]),
  privileged('vmsave', 'Stores state of a virtual machine (AMD)', [['NP 0F 01 DB', '']]),
  privileged('stgi', 'Sets the global interrupt flag (AMD)', [['NP 0F 01 DC', '']]),
  privileged('clgi', 'Clears the global interrupt flag (AMD)', [['NP 0F 01 DD', '']]),
  privileged('skinit', 'Starts a verified loader (AMD)', [['NP 0F 01 DE', '']]),
  privileged('invlpga', 'Drops one page of an address space from the TLB (AMD)', [['NP 0F 01 DF', '']]),
];
