/**
 * Names of C++ and Rust as programmers write them.
 *
 * These are our own, for want of a library that fits: it would have to be maintained and typed, know both languages, load
 * in a web worker and answer at once. `gecko-profiler-demangle` 0.4 is maintained and right, but it is half a megabyte of
 * WebAssembly, imported as a module, which is made asynchronously: half of what the adapter weighs, for names that
 * programs in Go do not have. `demangle` 1.0 is C++ only, compiled by Emscripten, without types, and has had one version.
 * The names are compared with GNU's c++filt in test/symbols/demangle.test.ts.
 */
import { demangleCpp } from './demangle-cpp.ts';
import { demangleRust, legacyRust } from './demangle-rust.ts';

/** "kinds::all" for `_ZN5kinds3all17h…E`; undefined for what is not mangled, or in a way not known here. */
export function demangle(symbol: string): string | undefined {
  if (symbol.startsWith('_R')) return demangleRust(symbol);
  if (!symbol.startsWith('_Z')) return undefined;
  const parts = symbol.startsWith('_ZN') ? sourceNames(symbol) : undefined;
  return (parts && legacyRust(parts)) ?? demangleCpp(symbol);
}

/** The parts of `_ZN`, names with their lengths, `E`, as Rust's legacy scheme has them; undefined where others come between. */
function sourceNames(symbol: string): string[] | undefined {
  const parts: string[] = [];
  let at = 3;
  while (symbol[at] !== 'E') {
    const digits = /^[1-9][0-9]{0,3}/.exec(symbol.slice(at, at + 4))?.[0];
    if (digits === undefined) return undefined;
    const start = at + digits.length;
    at = start + Number(digits);
    if (at > symbol.length) return undefined;
    parts.push(symbol.slice(start, at));
  }
  // Behind the name: what LLVM calls the parts and copies of a function.
  return at + 1 === symbol.length || symbol[at + 1] === '.' ? parts : undefined;
}
