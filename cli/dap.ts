/** `ring3 dap`: the debug adapter for any client, on standard input and output or on a port of the loopback. */
import { serveStreams, serveTcp } from '../debug-adapter/stdio.ts';
import { adapterEnvironment } from './environment.ts';
import { integerOption, type Parsed, UsageError } from './options.ts';

export async function dap(options: Parsed, words: readonly string[]): Promise<number> {
  if (words.length > 0) throw new UsageError(`ring3 dap takes no argument (${words[0]}): the client names the program`);
  const port = integerOption(options, 'port', '--port', 0);
  if (port === undefined) {
    await serveStreams(adapterEnvironment(), process.stdin, process.stdout);
    return 0;
  }
  if (port > 65535) throw new UsageError(`--port is at most 65535, not ${port}`);
  const listening = await serveTcp(() => adapterEnvironment(), port);
  // For whoever started us: the line says which port it became.
  process.stderr.write(`ring3: debug adapter listens on 127.0.0.1:${listening.port}\n`);
  await new Promise<void>(() => {});
  return 0;
}
