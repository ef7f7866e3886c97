/** Every file and every configuration that cannot be run is answered with a sentence that says what to do. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { problemWith } from '../../debug-adapter/files.ts';
import { guestPath, parseMount, parseSize } from '../../debug-adapter/options.ts';
import { checkLaunch, LAUNCH_ATTRIBUTES } from '../../debug-adapter/protocol.ts';
import { converse } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ring3-launch-'));
const hello = new Uint8Array(readFileSync(join(root, 'samples/bin/asm-hello')));

function file(name: string, contents: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  chmodSync(path, 0o755);
  return path;
}

/** The sample with some bytes of its header changed. */
function changed(change: (view: DataView) => void): Uint8Array {
  const copy = hello.slice();
  change(new DataView(copy.buffer));
  return copy;
}

async function refusal(configuration: object, environment = adapterEnvironment({ folder })): Promise<string> {
  const c = converse(environment);
  await c.ask('initialize', { adapterID: 'ring3' });
  const message = await c.refused('launch', configuration);
  c.close();
  return message;
}

describe('files that are not run', () => {
  test.each<[string, () => string, RegExp]>([
    ['a missing file', () => join(folder, 'missing'), /There is no file .*missing/],
    ['an empty file', () => file('empty', ''), /is empty/],
    ['a text', () => file('text', 'hello there, this is text'), /no ELF executable/],
    ['a script', () => file('script', '#!/bin/sh\necho hi\n'), /a script \(for \/bin\/sh\).*interpreter/],
    ['a Mach-O file', () => file('macho', new Uint8Array([0xcf, 0xfa, 0xed, 0xfe, 0, 0, 0, 0])), /macOS.*GOOS=linux/],
    ['a PE file', () => file('a.exe', 'MZ\x90\0\x03\0\0\0'), /Windows.*GOOS=linux/],
    ['an archive', () => file('lib.a', '!<arch>\nxyz'), /archive.*Link it/],
    [
      'an arm64 ELF',
      () =>
        file(
          'arm64',
          changed(v => v.setUint16(18, 183, true)),
        ),
      /for arm64; Ring 3 runs 64-bit x86/,
    ],
    [
      'a 32-bit ELF',
      () =>
        file(
          'i386',
          changed(v => {
            v.setUint8(4, 1);
            v.setUint16(18, 3, true);
          }),
        ),
      /32-bit x86/,
    ],
    [
      'a big-endian ELF',
      () =>
        file(
          'be',
          changed(v => v.setUint8(5, 2)),
        ),
      /big-endian/,
    ],
    [
      'an object file',
      () =>
        file(
          'o',
          changed(v => v.setUint16(16, 1, true)),
        ),
      /object file.*Link it/,
    ],
    [
      'a core dump',
      () =>
        file(
          'core',
          changed(v => v.setUint16(16, 4, true)),
        ),
      /core dump/,
    ],
    ['a cut ELF', () => file('cut', hello.slice(0, 40)), /damaged/],
    ['an ELF cut later', () => file('cut2', hello.slice(0, 0x1010)), /damaged/],
    [
      'headers beyond the end',
      () =>
        file(
          'far',
          changed(v => v.setBigUint64(32, 1n << 40n, true)),
        ),
      /damaged/,
    ],
    [
      'no program headers',
      () =>
        file(
          'none',
          changed(v => v.setUint16(56, 0, true)),
        ),
      /nothing to load/,
    ],
  ])('%s', async (_name, path, message) => {
    expect(await refusal({ program: path() })).toMatch(message);
  });

  test('a folder without Go in it, a broken Go file, no toolchain', async () => {
    const nothing = adapterEnvironment({ folder, goCommand: join(folder, 'no-such-go') });
    const go = file('main.go', 'package main\nfunc main() {}\n');
    expect(await refusal({ program: go }, nothing)).toMatch(/Go command .* was not found.*GOOS=linux/);
    expect(await refusal({ program: go }, { ...nothing, build: undefined })).toMatch(/no Go toolchain here/);
    expect(await refusal({ program: go, buildFlags: ['-race'] }, nothing)).toMatch(/-race cannot work/);
  });

  test('an executable that no byte of can be trusted', async () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }), edits => {
        const copy = hello.slice();
        for (const [at, byte] of edits) copy[at % 400] = byte;
        const problem = problemWith(copy, 'it');
        if (problem) expect(problem.message).toMatch(/[.]$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('attach', async () => {
    const c = converse(adapterEnvironment({ folder }));
    await c.ask('initialize', { adapterID: 'ring3' });
    expect(await c.refused('attach', { processId: 1 })).toMatch(/cannot attach.*launch/);
  });
});

describe('configurations', () => {
  test.each<[unknown, RegExp]>([
    [undefined, /needs a configuration/],
    [{}, /"program" is missing/],
    [{ program: '' }, /"program" is missing/],
    [{ program: 5 }, /program must be a string, not 5/],
    [{ program: 'x', prgram: 'y' }, /does not know the attribute "prgram"; did you mean "program"\?/],
    [{ program: 'x', stopAtEntry: true }, /"stopAtEntry"; did you mean "stopOnEntry"\?/],
    [{ program: 'x', zzzzzzzz: 1 }, /It knows program, args/],
    [{ program: 'x', args: 'a b' }, /args must be a list, each of it a string, not "a b"/],
    [{ program: 'x', args: ['a', 1] }, /args\[1\] must be a string/],
    [{ program: 'x', seed: -1 }, /seed must be a whole number from 0 up/],
    [{ program: 'x', seed: 1.5 }, /seed must be a whole number/],
    [{ program: 'x', syntax: 'att' }, /syntax must be "go" or "intel" or "gnu"/],
    [{ program: 'x', stopOnEntry: 'start' }, /stopOnEntry must be true or false or "entry" or "main"/],
    [{ program: 'x', env: { A: 1 } }, /env.A must be a string or false/],
    [{ program: 'x', syscallBreakpoints: [{ when: 'enter' }] }, /syscallBreakpoints\[0\] needs name/],
    [
      { program: 'x', syscallBreakpoints: [{ name: 'write', wen: 'exit' }] },
      /no property "wen"; did you mean "when"\?/,
    ],
    [{ program: 'x', timeTravel: {} }, /"timeTravel": .*not there yet/],
    [{ program: 'x', network: [] }, /"network": .*leave it out/],
  ])('%j', (configuration, message) => {
    expect(checkLaunch(configuration)).toMatch(message);
  });

  test('what VS Code adds is no mistake', () => {
    expect(
      checkLaunch({
        type: 'ring3',
        request: 'launch',
        name: 'x',
        program: 'y',
        __sessionId: '1',
        noDebug: true,
        preLaunchTask: 'build',
      }),
    ).toBeUndefined();
  });

  test('every default is what its schema admits', () => {
    for (const [key, row] of Object.entries(LAUNCH_ATTRIBUTES)) {
      if ('default' in row) expect(checkLaunch({ program: 'x', [key]: row.default }), key).toBeUndefined();
    }
  });

  test('calls that are tampered with', async () => {
    const c = converse(adapterEnvironment({ folder: root }));
    await c.ask('initialize', { adapterID: 'ring3' });
    const write = 'write:error=EIO:when=1';
    await c.ask('launch', {
      program: 'samples/bin/hello',
      inject: [write],
      syscallBreakpoints: [{ name: 'write', when: 'exit' }],
    });
    await c.event('initialized');
    await c.ask('configurationDone');
    const { threadId } = await c.event('stopped');
    const { stackFrames } = await c.ask('stackTrace', { threadId });
    const { result } = await c.ask('evaluate', { expression: '$syscall.result', frameId: stackFrames[0].id });
    expect(result).toMatch(/^-5 /);
    const wrong = converse(adapterEnvironment({ folder: root }));
    await wrong.ask('initialize', { adapterID: 'ring3' });
    await expect(wrong.ask('launch', { program: 'samples/bin/hello', inject: ['write:error=NONE'] })).rejects.toThrow(
      /inject: invalid inject argument 'write:error=NONE'/,
    );
  });

  test('what can only be seen on the way', async () => {
    const program = join(root, 'samples/bin/asm-hello');
    expect(await refusal({ program, cwd: join(folder, 'gone') })).toMatch(/working directory .* is no folder/);
    expect(await refusal({ program, stdin: 'gone' })).toMatch(/standard input .* does not exist/);
    expect(await refusal({ program, mounts: ['/gone-folder'] })).toMatch(/gone-folder is no folder/);
    expect(await refusal({ program, mounts: ['a:b:c:d'] })).toMatch(/no mount; write HOST/);
    expect(await refusal({ program, memory: 'much' })).toMatch(/no size; write "512M"/);
    expect(await refusal({ program, syscallBreakpoints: ['wriet'] })).toMatch(
      /no syscall "wriet"; did you mean write\?/,
    );
    expect(await refusal({ program, syscallBreakpoints: [{ name: 'write', condition: 'fd ==' }] })).toMatch(
      /ends where a value/,
    );
  });
});

test('notations', () => {
  mkdirSync(join(folder, 'm'), { recursive: true });
  const at = (path: string) => `/abs/${path}`;
  expect(parseMount('src', at)).toEqual({ host: '/abs/src', guest: '/abs/src', mode: 'cow' });
  expect(parseMount('src:/data:rw', at)).toEqual({ host: '/abs/src', guest: '/data', mode: 'rw' });
  expect(parseMount('src:ro', at)).toEqual({ host: '/abs/src', guest: '/abs/src', mode: 'ro' });
  expect(parseMount('C:\\data:/d', path => path)).toEqual({ host: 'C:\\data', guest: '/d', mode: 'cow' });
  expect(parseMount('C:\\data', path => path)).toEqual({ host: 'C:\\data', guest: '/c/data', mode: 'cow' });
  const mounts = [
    { host: '/a', guest: '/x', mode: 'cow' as const },
    { host: '/a/b', guest: '/', mode: 'cow' as const },
    { host: 'C:\\w', guest: '/w', mode: 'cow' as const },
  ];
  expect(['/a', '/a/c', '/a/b/c', '/ab', 'C:\\w\\d\\e'].map(path => guestPath(mounts, path))).toEqual([
    '/x',
    '/x/c',
    '/c',
    undefined,
    '/w/d/e',
  ]);
  expect(parseMount('src:relative', at)).toMatch(/no mount/);
  expect(parseSize('512M')).toBe(512 * 1024 * 1024);
  expect(parseSize('1.5G')).toBe(1.5 * 1024 ** 3);
  expect(parseSize('4096')).toBe(4096);
  expect(parseSize('0')).toBeUndefined();
  expect(parseSize('-1')).toBeUndefined();
});
