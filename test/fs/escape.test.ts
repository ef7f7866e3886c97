/**
 * A guest that tries to get out (escape.c), in `ro`, `cow` and `rw` mounts, as a user and as root: nothing outside is read
 * or changed. And what Ring 3 itself does meanwhile, as real strace sees it: no exec, no socket, nothing opened for writing
 * or made, moved and removed outside what was mounted `rw`, no file of the host read that is not mounted.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ring3 = join(root, 'bin', 'ring3');
/** As the sources are now; strace watches the bundle, because what compiles the sources starts a program. */
const FROM_SOURCE = ['--import', 'tsx', join(root, 'cli', 'main.ts')];

const base = realpathSync(mkdtempSync(join(tmpdir(), 'ring3-escape-')));
const program = join(base, 'program', 'escape');
const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function compile(): boolean {
  mkdirSync(dirname(program));
  const source = fileURLToPath(new URL('escape.c', import.meta.url));
  return works('gcc', '-O1', '-w', '-static', '-pthread', '-o', program, source);
}

const built = compile();
const strace = works('strace', '-V') && works('strace', '-o', '/dev/null', 'true');
const secretText = 'SECRET of the host\n';

interface Place {
  /** Mounted. */
  folder: string;
  secret: string;
}

function layOut(name: string): Place {
  const place = join(base, name);
  const folder = join(place, 'shared');
  const secret = join(place, 'secret');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(secret, secretText);
  writeFileSync(join(folder, 'inside.txt'), 'inside\n');
  writeFileSync(join(folder, 'removable'), 'removable\n');
  symlinkSync('../secret', join(folder, 'up'));
  symlinkSync(secret, join(folder, 'absolute'));
  symlinkSync('..', join(folder, 'folder-up'));
  symlinkSync(place, join(folder, 'sub', 'out'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('/', join(folder, 'root-link'));
  return { folder, secret };
}

function ringArguments({ folder, secret }: Place, mode: string, uid: number): string[] {
  const words = [
    'run',
    '--mount',
    `${folder}:${folder}:${mode}`,
    '--mount',
    `${dirname(program)}:${dirname(program)}:ro`,
    '--cwd',
    folder,
  ];
  return [...words, '--uid', String(uid), '--timeout', '100', program, folder, secret, mode];
}

/** Everything below a folder that is not the guest's: names and contents. */
const outside = (place: Place): string[] =>
  readdirSync(dirname(place.folder)).map(name =>
    name === 'shared' ? name : `${name}: ${readFileSync(join(dirname(place.folder), name), 'utf8')}`,
  );

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.skipIf(!built)('a guest that tries to get out', () => {
  for (const [mode, uid] of [
    ['ro', 1000],
    ['cow', 0],
    ['rw', 1000],
    ['rw', 0],
  ] as const)
    it(`${mode}, uid ${uid}`, { timeout: 120_000 }, () => {
      const place = layOut(`${mode}-${uid}`);
      const before = outside(place);
      const done = spawnSync(process.execPath, [...FROM_SOURCE, ...ringArguments(place, mode, uid)], {
        encoding: 'utf8',
        timeout: 110_000,
      });
      expect(done.stdout).toMatch(/^\d+ attempts\ndone\n$/);
      expect(Number.parseInt(done.stdout, 10)).toBeGreaterThan(1000);
      expect(outside(place)).toEqual(before);
      expect(before).toContain(`secret: ${secretText}`);
      expect(existsSync(join(place.folder, 'made-by-guest'))).toBe(mode === 'rw');
      expect(existsSync(join(place.folder, 'removable'))).toBe(mode !== 'rw');
    });
});

/** Calls by which a process changes files, starts programs or talks to others. */
const WATCHED =
  'execve,execveat,fork,vfork,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,chmod,fchmodat,chown,lchown,fchownat,truncate,utimensat,mount,umount2,chroot,connect,bind,socket';

describe.skipIf(!built || !strace || !existsSync(join(root, 'dist', 'cli.cjs')))(
  'what Ring 3 does on the host while a guest runs',
  () => {
    let lines: string[];
    let place: Place;
    const cache = join(base, 'cache');
    const trace = join(base, 'trace');

    beforeAll(() => {
      place = layOut('watched');
      const args = [
        '-f',
        '-qq',
        '-s',
        '4096',
        '-o',
        trace,
        '-e',
        `trace=${WATCHED}`,
        process.execPath,
        ring3,
        ...ringArguments(place, 'rw', 1000),
      ];
      execFileSync('strace', args, { env: { ...process.env, RING3_CACHE: cache, NODE_OPTIONS: '' }, timeout: 200_000 });
      lines = readFileSync(trace, 'utf8')
        .split('\n')
        .filter(line => /^\d+ +\w+\(/.test(line))
        .map(line => line.replace(/^\d+ +/, ''));
    }, 210_000);

    const inside = (path: string, ...folders: string[]): boolean =>
      folders.some(folder => path === folder || path.startsWith(`${folder}/`));
    const pathsOf = (line: string): string[] => [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path);
    /** A symlink's text names nothing. */
    const touched = (line: string): string[] => (line.startsWith('symlink') ? pathsOf(line).slice(-1) : pathsOf(line));
    const succeeded = (line: string): boolean => !/ = -1 /.test(line);

    it('starts no program', () => {
      expect(lines.filter(line => /^exec|^v?fork/.test(line))).toHaveLength(1);
    });

    it('opens for writing, makes, moves and removes only what is mounted rw, and its own cache', () => {
      const writes = lines.filter(
        line =>
          succeeded(line) &&
          (/^open/.test(line)
            ? /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line)
            : !/^(?:exec|socket|connect|bind)/.test(line)),
      );
      const wrong = writes.filter(
        line => !touched(line).every(path => inside(path, place.folder, cache)) && !/"\/dev\/(?:null|tty)"/.test(line),
      );
      expect(wrong).toEqual([]);
      // The guest has made a file, so there was something to see.
      expect(writes.some(line => line.includes('made-by-guest'))).toBe(true);
    });

    it('opens nothing that a guest named outside of its mounts', () => {
      const opened = lines.filter(line => succeeded(line) && /^open/.test(line)).flatMap(pathsOf);
      expect(
        opened.filter(path => path === place.secret || /shadow|kcore|\/dev\/(?:mem|sda)|usr\/bin\/id/.test(path)),
      ).toEqual([]);
      expect(opened.some(path => inside(path, place.folder))).toBe(true);
    });

    it('makes no socket', () => {
      expect(lines.filter(line => /^(?:socket|connect|bind)\(/.test(line))).toEqual([]);
    });
  },
);
