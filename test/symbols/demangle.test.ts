/**
 * Demangled names against those of GNU's c++filt 2.40 (`-i`, for C++ `-p` too): some of libstdc++'s, LLVM's and rustc's
 * are recorded, and where c++filt is there all of libstdc++'s are asked for anew. Of 42,794 names of C++ 403 differ, and of
 * 21,184 of Rust none: ours writes the stream classes and strings short where they are a constructor's (std::ostream), and
 * leaves the parameters out of what thunks and clones are of, too. `> >` is written `>>`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demangle } from '../../emulator/symbols/demangle.ts';

const recorded = readFileSync(new URL('golden/demangled.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split(/\n(?=_)/)
  .map(pair => pair.split('\n  ') as [string, string]);

test('recorded names', () => {
  expect(recorded.length).toBeGreaterThan(150);
  expect(
    recorded.filter(([name, written]) => demangle(name) !== written).map(([name]) => [name, demangle(name)]),
  ).toEqual([]);
});

test('names of the specifications', () => {
  // RFC 2603 and the Itanium ABI, chapter 5.1.
  const cases: [string, string | undefined][] = [
    ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    ['_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_', 'cc::spawn::{closure#0}::{closure#0}'],
    ['_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y', 'utf8_idents::საჭმელად_გემრიელი_სადილი'],
    ['_RINvNtC3std3mem8align_ofNtNtC3std3mem12DiscriminantE', 'std::mem::align_of::<std::mem::Discriminant>'],
    [
      '_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINiNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std',
      'alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>',
    ],
    ['_RMC0INtC8arrayvec8ArrayVechKj7b_E', '<arrayvec::ArrayVec<u8, 123>>'],
    ['_RINvC1a1fFG_RL0_hEuFUKCpEuE', 'a::f::<for<\'a> fn(&\'a u8), unsafe extern "C" fn(_)>'],
    ['_RINvC1a1fTAhj3_SbTeEPQaEE', 'a::f::<([u8; 3], [bool], (str,), *const &mut i8)>'],
    ['_ZN5kinds3all17h0123456789abcdefE', 'kinds::all'],
    ['_ZN4core3ptr28drop_in_place$LT$$RF$str$GT$17h0123456789abcdefE.llvm.42', 'core::ptr::drop_in_place<&str>'],
    ['_Z1fv', 'f'],
    ['_ZN1N1TIiiE2mfES0_IddE', 'N::T<int, int>::mf'],
    ['_ZZ1giE1x', 'g(int)::x'],
    ['_ZN1AC1Ev', 'A::A'],
    ['_ZN1AIiED0Ev', 'A<int>::~A'],
    ['_ZN1AcvbEv', 'A::operator bool'],
    ['_Z1fIPFivEEvT_', 'f<int (*)()>'],
    ['_Z1fIA3_iM1AFvvEEvv', 'f<int [3], void (A::*)()>'],
    ['_ZN12_GLOBAL__N_11fEv', '(anonymous namespace)::f'],
    ['_ZN3foo3barEv.constprop.0', 'foo::bar [clone .constprop.0]'],
    ['_ZTV3Foo', 'vtable for Foo'],
    ['main', undefined],
    ['_Zebra', undefined],
    ['_Reboot', undefined],
    ['_ZN', undefined],
    ['_R', undefined],
  ];
  for (const [name, written] of cases) expect([name, demangle(name)]).toEqual([name, written]);
});

const library = spawnSync('gcc', ['-print-file-name=libstdc++.so.6'], { encoding: 'utf8' }).stdout?.trim();
const hasTools = library !== undefined && existsSync(library) && spawnSync('c++filt', ['--version']).status === 0;

test.runIf(hasTools)('all of the C++ library', () => {
  const table = execFileSync('nm', ['-D', '--defined-only', library!], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const names = [...table.matchAll(/ (_Z[^\s@]+)/g)].map(([, name]) => name);
  const filtered = execFileSync('c++filt', ['-p', '-i'], {
    input: `${names.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const theirs = filtered.split('\n').map(name => name.replace(/> (?=>)/g, '>'));
  const different = names.filter((name, i) => demangle(name) !== theirs[i]);
  expect(names.length).toBeGreaterThan(1000);
  // Constructors and destructors of std::string and the streams; thunks and clones.
  expect(different.filter(name => !/^_ZNK?S[sido][CD]\d|^_ZT[hvc]|^_ZGT/.test(name))).toEqual([]);
});

test('damaged names are names as they are, and take no time', () => {
  let state = 3;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const letters = 'NIESTRPKZFXLJDBCAMQGYUuvihjt_0123456789abs$.';
  for (let i = 0; i < 40_000; i++) {
    const characters = [...recorded[next(recorded.length)][0]];
    for (let k = 1 + next(4); k > 0; k--) {
      const at = 2 + next(characters.length - 2);
      const way = next(3);
      if (way === 0) characters[at] = letters[next(letters.length)];
      else if (way === 1) characters.splice(at, 1 + next(5));
      else characters.splice(at, 0, ...characters.slice(at - 2, at + next(12)));
    }
    const name = characters.join('');
    const written = demangle(name);
    if (written !== undefined) expect(written.length).toBeLessThan(20_000);
  }
  // Each part twice the one before it.
  const doubling = `_Z1fI${Array.from({ length: 60 }, (_, i) => `1aIS${i === 0 ? '' : (i - 1).toString(36).toUpperCase()}_S${i === 0 ? '' : (i - 1).toString(36).toUpperCase()}_E`).join('')}Evv`;
  expect((demangle(doubling) ?? '').length).toBeLessThan(20_000);
  const nested = `_RNvC1a${'N'.repeat(5000)}1b`;
  expect(demangle(nested)).toBeUndefined();
  expect(demangle(`_RINvC1a1f${'R'.repeat(5000)}hE`)).toBeUndefined();
  expect(demangle(`_Z1f${'P'.repeat(5000)}i`)).toBe('f');
  expect(demangle(`_Z1fI${'P'.repeat(5000)}iEvv`)).toBeUndefined();
});
