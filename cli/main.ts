/** The command line: which command, its options, its exit code. */
import { EXIT, Exit } from './exit.ts';
import {
  type CommandName,
  OPTIONS,
  type OptionRow,
  optionHelp,
  type Parsed,
  parseOptions,
  UsageError,
} from './options.ts';

interface Command {
  usage: string;
  sentence: string;
  /** A command's code is loaded when it is asked for: a short program should not wait for what it does not use. */
  load(): Promise<Loaded>;
}

interface Loaded {
  run(options: Parsed, words: readonly string[]): Promise<number>;
  /** Options of its own, besides those of `options.ts`. */
  options?: Readonly<Record<string, OptionRow>>;
}

const COMMANDS: Record<CommandName, Command> = {
  run: {
    usage: '[options] PROGRAM [ARG…]',
    sentence: 'run a program; its exit code is the exit code (128+n when signal n killed it)',
    load: async () => ({ run: (await import('./run.ts')).run }),
  },
  trace: {
    usage: "[strace's options] [options] PROGRAM [ARG…]",
    sentence: 'run a program and print its syscalls as strace does',
    load: async () => {
      const { trace, TRACE_OPTIONS } = await import('./trace.ts');
      return { run: trace, options: TRACE_OPTIONS };
    },
  },
  dap: {
    usage: '[--port N]',
    sentence: 'debug adapter on stdio or TCP, for any DAP client',
    load: async () => ({ run: (await import('./dap.ts')).dap }),
  },
  objdump: {
    usage: '[--syntax go|intel|gnu] [-s REGEXP] PROGRAM',
    sentence: 'print the assembly of a program',
    load: async () => ({ run: (await import('./objdump.ts')).objdump }),
  },
  asmcheck: {
    usage: 'FILE.s…',
    sentence: 'say what is wrong with Go assembly, one file:line:col: message a line',
    load: async () => ({ run: (await import('./asmcheck.ts')).asmcheck }),
  },
  bench: {
    usage: '[--json|--markdown] [--only REGEXP] [--runs N]',
    sentence: 'how fast it is, beside qemu-user and this machine',
    load: async () => ({ run: (await import('./bench.ts')).bench }),
  },
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { sentence }]) => `  ${name.padEnd(9)} ${sentence}`);
  return `Ring 3 runs Linux programs on a processor and a kernel of its own.

usage: ring3 COMMAND [options] …

${lines.join('\n')}

ring3 COMMAND --help lists the options of a command.
Exit codes of its own: 125 Ring 3 failed or a limit was reached, 126 the program cannot be executed, 127 it is not there.
`;
}

/** Runs a command line and returns the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process[name === undefined ? 'stderr' : 'stdout'].write(help());
    return name === undefined ? EXIT.failed : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    process.stderr.write(`ring3: there is no command ${name}; there are ${Object.keys(COMMANDS).join(', ')}\n`);
    return EXIT.failed;
  }
  const command = name as CommandName;
  try {
    const loaded = await COMMANDS[command].load();
    const rows = { ...OPTIONS, ...loaded.options };
    const { options, rest: operands } = parseOptions(rows, command, rest);
    if (options.help) {
      process.stdout.write(`usage: ring3 ${command} ${COMMANDS[command].usage}\n\n${optionHelp(rows, command)}\n`);
      return 0;
    }
    return await loaded.run(options, operands);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`ring3 ${command}: ${error.message}\n`);
      return EXIT.failed;
    }
    if (error instanceof Exit) {
      process.stderr.write(`ring3: ${error.message}\n`);
      return error.code;
    }
    process.stderr.write(
      `ring3: failed, please report this: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return EXIT.failed;
  }
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

void main(process.argv.slice(2)).then(code => {
  // Output that is still on its way into a pipe goes out first.
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
});
