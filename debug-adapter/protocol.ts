/**
 * What Ring 3 adds to the Debug Adapter Protocol: the launch configuration, declared once (the type, the check, the
 * manifest's schema and the manual are read from these rows), and the custom requests. Imports nothing of the adapter, so
 * that an extension or another client can use it alone.
 */
import { MACHINE_DEFAULTS } from '../emulator/defaults.ts';
import { check, type Of, type Schema, suggestion } from './schema.ts';

export interface LaunchAttribute {
  readonly schema: Schema;
  /** What holds when the attribute is not given; undefined when that needs words, which the sentence then has. */
  readonly default?: unknown;
  readonly sentence: string;
}

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;

export const LAUNCH_ATTRIBUTES = {
  program: {
    schema: text,
    sentence:
      'The program: an ELF executable for linux/amd64, a .go file, or the folder of a Go package (built for linux).',
  },
  args: { schema: texts, default: [], sentence: 'Arguments of the program, without its name.' },
  cwd: {
    schema: text,
    sentence: "The program's working directory. Default: the folder of a Go program, else the adapter's.",
  },
  env: {
    schema: { type: 'object', additionalProperties: { anyOf: [text, { type: 'boolean', enum: [false] }] } },
    default: {},
    sentence: 'Environment variables, on top of a minimal environment (PATH, HOME, TERM …); false removes one.',
  },
  inheritEnv: {
    schema: { type: 'boolean' },
    default: false,
    sentence: "Start from the adapter's environment and not from a minimal one.",
  },
  stdin: {
    schema: text,
    sentence: 'File that the program reads as standard input. Default: what is typed in its terminal, else nothing.',
  },
  console: {
    schema: { type: 'string', enum: ['internalConsole', 'integratedTerminal', 'externalTerminal'] },
    default: 'internalConsole',
    sentence:
      'Where the program reads and writes: the debug console (which has no input), or a terminal, which it then has as its own.',
  },
  stopOnEntry: {
    schema: {
      anyOf: [{ type: 'boolean' }, { type: 'string', enum: ['entry', 'main'] }],
    },
    default: false,
    sentence: 'Stop at the first instruction of all (true or "entry"), or at the main function ("main").',
  },
  syscallBreakpoints: {
    schema: {
      type: 'array',
      items: {
        anyOf: [
          text,
          { type: 'integer', minimum: 0 },
          {
            type: 'object',
            properties: {
              name: { anyOf: [text, { type: 'integer', minimum: 0 }] },
              when: { type: 'string', enum: ['enter', 'exit'] },
              condition: text,
            },
            required: ['name'],
          },
        ],
      },
    },
    default: [],
    sentence:
      'Stop at these syscalls: names ("write"), numbers (1), or objects: { "name": "openat", "when": "exit", "condition": "flags & O_CREAT" }.',
  },
  traceFunctions: {
    schema: texts,
    default: [],
    sentence:
      'Write these functions down in the debug console whenever they are entered, with their arguments, and left, with their results: names ("main.work"), "main.*", or regular expressions ("/^main.(work|report)$/"). The function breakpoint "trace:main.*" does the same while the program runs.',
  },
  inject: {
    schema: texts,
    default: [],
    sentence:
      'Tamper with syscalls, in the words of strace\'s "-e inject=": "openat:error=ENOENT", "write:retval=0:when=3", "read:signal=SIGINT:when=2+". Breakpoints and the trace see what the program sees.',
  },
  mounts: {
    schema: texts,
    default: [],
    sentence:
      "Host folders the program sees, each HOST[:GUEST][:ro|cow|rw]; cow (the default) keeps writes inside Ring 3. The working directory and the program's folder are mounted without asking.",
  },
  seed: {
    schema: { type: 'integer', minimum: 0 },
    default: MACHINE_DEFAULTS.seed,
    sentence: 'Seed of everything random, thread scheduling included. The same seed gives the same run.',
  },
  clock: {
    schema: { type: 'string', enum: ['virtual', 'real'] },
    default: MACHINE_DEFAULTS.clock,
    sentence: 'Time that advances with the instructions executed (reproducible), or the real one.',
  },
  memory: {
    schema: text,
    default: `${MACHINE_DEFAULTS.memoryLimit / 2 ** 30}G`,
    sentence: 'Most memory the program may use, for example "512M" or "2G".',
  },
  cpu: {
    schema: { type: 'string', enum: ['x86-64-v2', 'x86-64-v3'] },
    default: MACHINE_DEFAULTS.cpu,
    sentence: 'The processor that CPUID describes.',
  },
  cpus: {
    schema: { type: 'integer', minimum: 1, maximum: 64 },
    default: MACHINE_DEFAULTS.cpus,
    sentence: 'Processors that the program believes it has. Threads always take turns on one.',
  },
  uid: {
    schema: { type: 'integer', minimum: 0 },
    default: MACHINE_DEFAULTS.uid,
    sentence: 'User id the program runs as (its group id too).',
  },
  hostname: { schema: text, default: MACHINE_DEFAULTS.hostname, sentence: 'The host name the program sees.' },
  maxInstructions: {
    schema: { type: 'integer', minimum: 1 },
    sentence: 'Pause after this many instructions: for programs that never end.',
  },
  goroutines: {
    schema: { type: 'string', enum: ['user', 'all'] },
    default: 'user',
    sentence:
      "Which goroutines the call stack lists: the program's own, or those that the runtime keeps for itself (its collector's) too.",
  },
  syntax: {
    schema: { type: 'string', enum: ['go', 'intel', 'gnu'] },
    default: 'go',
    sentence: "How assembly is written: as Go's assembler, Intel's manual, or GNU as (AT&T) writes it.",
  },
  trace: { schema: text, sentence: 'File that gets the trace of all syscalls, as strace writes it.' },
  buildFlags: {
    schema: { anyOf: [text, texts] },
    default: [],
    sentence: 'Flags for `go build`, when the program is Go source: -tags=…, -ldflags=….',
  },
  optimize: {
    schema: { type: 'boolean' },
    default: false,
    sentence: 'Build Go source with optimisation and inlining (as released), and not for debugging (-N -l).',
  },
  substitutePath: {
    schema: {
      type: 'array',
      items: { type: 'object', properties: { from: text, to: text }, required: ['from', 'to'] },
    },
    default: [],
    sentence:
      'Where sources are: paths in the debugger beginning with "from" are written "to" in the program\'s line tables.',
  },
} as const satisfies Record<string, LaunchAttribute>;

type Rows = typeof LAUNCH_ATTRIBUTES;

/** A launch configuration as a client sends it: every attribute but the program may be left out. */
export type LaunchConfiguration = { program: string } & {
  -readonly [K in Exclude<keyof Rows, 'program'>]?: Of<Rows[K]['schema']>;
};

/** Attributes of the design that come later: recognised, and answered with what to do until then. */
export const LATER_ATTRIBUTES: Readonly<Record<string, string>> = {
  network: 'the program sees a loopback of its own and nothing else; leave it out',
  seccomp: 'seccomp profiles are not there yet; leave it out',
  timeTravel: 'stepping backwards is not there yet; leave it out, and restart (every run repeats exactly)',
  dlvFlags: 'Ring 3 does not use Delve; leave it out',
  backend: 'Ring 3 has one backend, its own; leave it out',
  mode: 'Ring 3 looks at the program and knows whether to build it; leave it out',
};

/** What VS Code itself puts into, or takes from, a configuration. */
const VSCODE_ATTRIBUTES = new Set([
  'type',
  'request',
  'name',
  'noDebug',
  'preLaunchTask',
  'postDebugTask',
  'internalConsoleOptions',
  'debugServer',
  'presentation',
  'serverReadyAction',
  'suppressMultipleSessionWarning',
  'linux',
  'osx',
  'windows',
]);

/** The first thing wrong with a launch configuration, as a sentence that says what to do; undefined when it is fine. */
export function checkLaunch(configuration: unknown): string | undefined {
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration))
    return 'The launch request needs a configuration: an object with at least "program".';
  const rows: Record<string, LaunchAttribute> = LAUNCH_ATTRIBUTES;
  for (const [key, value] of Object.entries(configuration)) {
    if (Object.hasOwn(rows, key)) {
      if (value === undefined) continue;
      const problem = check(rows[key].schema, value, key);
      if (problem) return `Launch configuration: ${problem}.`;
    } else if (Object.hasOwn(LATER_ATTRIBUTES, key)) {
      return `Launch configuration: "${key}": ${LATER_ATTRIBUTES[key]}.`;
    } else if (!VSCODE_ATTRIBUTES.has(key) && !key.startsWith('__')) {
      const near = suggestion(key, Object.keys(rows));
      return `Launch configuration: Ring 3 does not know the attribute "${key}"${near || `. It knows ${Object.keys(rows).join(', ')}.`}`;
    }
  }
  if (!(configuration as { program?: unknown }).program)
    return 'Launch configuration: "program" is missing: name an ELF executable, a .go file or the folder of a Go package.';
  return undefined;
}

/** Which syscalls to stop at. Replaces the set before; those of the launch configuration and of function breakpoints stay. */
export interface SetSyscallBreakpointsArguments {
  breakpoints: {
    /** "write", or its number. "*" means every syscall. */
    name: string | number;
    when: 'enter' | 'exit';
    /** An expression over the call's named arguments, `number` and, at exit, `result`: `fd == 1 && count > 100`. */
    condition?: string;
  }[];
}

export interface SetSyscallBreakpointsResponse {
  /** In the order asked. */
  breakpoints: { id: number; verified: boolean; message?: string; name?: string; number?: number }[];
}

export interface RegistersArguments {
  /** Registers of this frame (callers' as far as they are known); without it those of the thread's newest frame. */
  frameId?: number;
  threadId?: number;
}

/** How sure a role is: proved by the architecture or by debug information, computed from the ABI, or a guess. */
export type Sureness = 'certain' | 'computed' | 'likely';

export interface RegisterView {
  /** As the architecture's manual writes it: "rax". */
  name: string;
  /** As Go's assembler writes it: "AX". */
  goName: string;
  group: 'general' | 'pc' | 'flags' | 'segment' | 'vector' | 'control';
  /** "0x…", without leading zeros. */
  value: string;
  /** What the value is, where that is known: a symbol with offset, flags by letter, a string it points to. */
  text: string;
  /** Since this thread stopped last. */
  changed: boolean;
  /** What the register is for in Linux's syscall ABI, whether or not this is a syscall: "number; result". */
  syscallRole: string;
  /** What it is for in Go's ABIInternal: "1st integer argument; 1st result", "current goroutine (g)". */
  goRole: string;
  /** The role that holds at this instruction. */
  here?: { role: string; sure: Sureness; why: string };
  /** The value read as its role here says: `1 (stdout)`, `"hello\n"`. */
  decoded?: string;
  /** For the hex editor, when the value points into the program's memory. */
  memoryReference?: string;
}

export interface RegistersResponse {
  /** Where this is: "main.main  hello.go:7". */
  headline: string;
  /** The instruction that will be executed next, as text. */
  instruction: string;
  /** The convention that holds at this instruction, with how sure: "Linux syscall ABI", "ABI0 (likely)". */
  convention: string;
  /** Why it holds: "the instruction is a system call". */
  conventionWhy: string;
  /** The whole stop as plain text, as the demo prints it; empty for a caller's frame. */
  text: string;
  registers: RegisterView[];
  /** At a syscall instruction, or just behind one. */
  call?: {
    name: string;
    number: number;
    /** "exit": the result is there. */
    when: 'enter' | 'exit';
    args: { name: string; register: string; text: string }[];
    /** As strace prints it: `write(1, "hello\n", 6)`, with ` = 6` at exit. */
    text: string;
    /** At exit: "6", or "-1 EBADF (Bad file descriptor)". */
    result?: string;
  };
}

export interface TraceArguments {
  /** First line wanted, from 0. Default 0. */
  start?: number;
  /** Most lines to return. Default: all. */
  count?: number;
}

export interface TraceResponse {
  /** The syscalls so far, as strace prints them. */
  lines: string[];
  /** How many lines there are in all. */
  total: number;
}

/** Custom requests, by command. */
export interface CustomRequests {
  'ring3/setSyscallBreakpoints': { arguments: SetSyscallBreakpointsArguments; body: SetSyscallBreakpointsResponse };
  'ring3/registers': { arguments: RegistersArguments; body: RegistersResponse };
  'ring3/trace': { arguments: TraceArguments; body: TraceResponse };
}
