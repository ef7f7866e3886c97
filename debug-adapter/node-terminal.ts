/**
 * The door that a terminal's command comes through: a socket in a folder of this user's, or a named pipe on Windows. The
 * command is a script of a few lines for the Node that runs this.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal, TerminalDoor } from './environment.ts';

/** Milliseconds: a shell with a long start-up file takes its time. */
const PATIENCE = 20_000;
/**
 * First of all it says what the terminal is, in a line of JSON. Then what is typed goes one way, each piece behind its
 * length in four bytes (none is the end of the input, which is not the end of the terminal), and what is printed the
 * other way, as it is.
 */
const COMMAND = `const socket = require('node:net').connect(process.argv[2]);
const { rows, columns } = process.stdout;
socket.on('connect', () => {
  socket.write(JSON.stringify({ rows, columns, term: process.env.TERM }) + '\\n');
  const piece = bytes => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    socket.write(Buffer.concat([length, bytes]));
  };
  process.stdin.on('data', piece);
  process.stdin.on('end', () => piece(Buffer.alloc(0)));
});
socket.pipe(process.stdout);
socket.on('end', () => process.stdout.write('', () => process.exit()));
socket.on('error', error => {
  console.error(error.message);
  process.exit(1);
});
`;

export async function openTerminal(): Promise<TerminalDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-terminal-'));
  const command = join(folder, 'ring3-terminal.cjs');
  const address = process.platform === 'win32' ? `\\\\.\\pipe\\ring3-${randomUUID()}` : join(folder, 'socket');
  writeFileSync(command, COMMAND, { mode: 0o600 });
  const server = createServer();
  const socket = new Promise<Socket>(resolve => server.once('connection', resolve));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(address, resolve));
  return {
    args: [process.execPath, command, address],
    // An editor's executable is Node when it is asked to be.
    env: { ELECTRON_RUN_AS_NODE: '1' },
    async connected() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const sentence = `its command did not come back within ${PATIENCE / 1000} s`;
        timer = setTimeout(() => reject(new Error(sentence)), PATIENCE);
      });
      try {
        return await Promise.race([socket.then(terminalOn), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the command has said what the terminal is. */
function terminalOn(socket: Socket): Promise<Terminal> {
  /** What has arrived and is no whole piece yet, and what was typed and nobody has read. */
  let arriving = Buffer.alloc(0);
  let typed = Buffer.alloc(0);
  let ended = false;
  let wake: (() => void) | undefined;
  const gone: (() => void)[] = [];
  return new Promise((resolve, reject) => {
    let said = false;
    socket.on('data', (chunk: Buffer) => {
      arriving = Buffer.concat([arriving, chunk]);
      const end = said ? -1 : arriving.indexOf('\n');
      if (end >= 0) {
        said = true;
        const hello = arriving.toString('utf8', 0, end);
        arriving = arriving.subarray(end + 1);
        resolve(terminal(hello));
      }
      if (said) takePieces();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      reject(new Error('its command ended at once'));
      ended = true;
      wake?.();
      for (const listener of gone) listener();
    });
  });

  function takePieces(): void {
    while (arriving.length >= 4 && arriving.length >= 4 + arriving.readUInt32LE()) {
      const end = 4 + arriving.readUInt32LE();
      ended ||= end === 4;
      typed = Buffer.concat([typed, arriving.subarray(4, end)]);
      arriving = arriving.subarray(end);
    }
    wake?.();
  }

  function terminal(hello: string): Terminal {
    const { rows, columns, term } = JSON.parse(hello) as { rows?: number; columns?: number; term?: string };
    return {
      rows,
      columns,
      term,
      write: bytes => void socket.write(bytes.slice()),
      async read(maximum) {
        while (typed.length === 0 && !ended)
          await new Promise<void>(done => {
            wake = done;
          });
        const bytes = typed.subarray(0, maximum);
        typed = typed.subarray(bytes.length);
        return new Uint8Array(bytes);
      },
      whenGone: listener => void gone.push(listener),
      close: () => void socket.end(),
    };
  }
}
