/**
 * What the adapter and the editor ask of a computer with Node and perhaps a Go toolchain: what a path is, and an
 * executable from Go source. It knows nothing of the machine, so the extension's own bundle does not carry one.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { BuildRequest, BuildResult, PathKind } from './environment.ts';

export async function look(path: string): Promise<PathKind> {
  try {
    const found = await stat(path);
    return { is: found.isDirectory() ? 'directory' : 'file' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? { is: 'missing' } : { is: 'unreadable', why: message };
  }
}

/** The Go installation's folder, if there is one. */
export async function goRoot(go: string): Promise<string | undefined> {
  const result = await run(go, ['env', 'GOROOT'], process.cwd(), process.env);
  return result.code === 0 ? result.stdout.trim() || undefined : undefined;
}

/** Builds into a folder of its own per source, so that a second build has the same path and little to do. */
export async function buildProgram(go: string, { path, flags, optimize }: BuildRequest): Promise<BuildResult> {
  const failed = (message: string, output = ''): BuildResult => ({ is: 'failed', message, output });
  const refused = flags.find(flag => /^-?-(race|msan|asan)\b/.test(flag));
  if (refused)
    return failed(
      `${refused} cannot work under Ring 3: its runtime is C code that needs the addresses of a real Linux process. Build without it; "seed" varies the schedule instead.`,
    );
  const kind = await look(path);
  if (kind.is === 'missing') return failed(`There is no Go file or package at ${path}.`);
  const folder = kind.is === 'directory' ? path : dirname(path);
  const what = kind.is === 'directory' ? '.' : path;
  const name = basename(path).replace(/\.go$/, '') || 'main';
  const key = createHash('sha256')
    .update(`${path}\0${optimize}\0${flags.join('\0')}`)
    .digest('hex')
    .slice(0, 12);
  const to = join(tmpdir(), 'ring3-build', key);
  await mkdir(to, { recursive: true });
  const program = join(to, name);
  const args = ['build', '-o', program, ...(optimize ? [] : ['-gcflags=all=-N -l']), ...flags, what];
  const env = { ...process.env, GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0', GOFLAGS: process.env.GOFLAGS ?? '' };
  const result = await run(go, args, folder, env);
  if (result.missing)
    return failed(
      `The Go command (${go}) was not found. Install Go, set "ring3.goCommand", or build elsewhere (GOOS=linux GOARCH=amd64 go build) and name the executable as "program".`,
    );
  if (result.code !== 0) return failed(`go build failed for ${path}.`, result.stderr + result.stdout);
  // A package that is no main package builds into an archive.
  const head = (await readFile(program).catch(() => new Uint8Array(4))).subarray(0, 4);
  if (head[0] !== 0x7f)
    return failed(`${path} is no main package: there is nothing in it to run. Name a package with a main function.`);
  return { is: 'built', program };
}

function run(
  command: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; stdout: string; stderr: string; missing: boolean }> {
  return new Promise(done => {
    execFile(command, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      done({ code, stdout, stderr, missing: (error as NodeJS.ErrnoException | null)?.code === 'ENOENT' });
    });
  });
}
