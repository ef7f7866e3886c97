/**
 * Names of C++ and Rust as programmers write them, as far as a debugger needs them: the path of a function. Arguments,
 * and names whose path holds types (implementations of traits in Rust's v0 scheme, templates of C++), are left as the
 * linker has them.
 *
 * Source: Itanium C++ ABI, section 5.1 (nested names); Rust RFC 2603 (v0) and rustc's legacy scheme.
 */

/** "kinds::all" for `_ZN5kinds3all17h…E`; undefined for what is not mangled, or in a way not known here. */
export function demangle(symbol: string): string | undefined {
  if (symbol.startsWith('_ZN')) return nested(symbol);
  if (symbol.startsWith('_Z')) return single(symbol);
  if (symbol.startsWith('_R')) return rustPath(symbol);
  return undefined;
}

/** Longer names are damage. */
const LIMIT = 4096;

/** `N` then names with their lengths, then `E`. */
function nested(symbol: string): string | undefined {
  if (symbol.length > LIMIT) return undefined;
  const parts: string[] = [];
  // Qualifiers of methods: const, volatile, references.
  let at = /^_ZN[rVK]*[RO]?/.exec(symbol)![0].length;
  while (symbol[at] !== 'E') {
    const part = lengthNamed(symbol, at);
    // Constructors and destructors are called as their class is.
    const special = /^[CD][0-5]/.exec(symbol.slice(at, at + 2));
    if (part) {
      parts.push(part.text);
      at = part.end;
    } else if (special && parts.length > 0) {
      parts.push(special[0][0] === 'D' ? `~${parts[parts.length - 1]}` : parts[parts.length - 1]);
      at += 2;
    } else return undefined;
  }
  // Rust's legacy scheme ends every path with a hash.
  const isRust = parts.length > 1 && /^h[0-9a-f]{16}$/.test(parts[parts.length - 1]);
  return parts.length === 0 ? undefined : (isRust ? parts.slice(0, -1).map(unescapeRust) : parts).join('::');
}

function single(symbol: string): string | undefined {
  return lengthNamed(symbol, 2)?.text;
}

function lengthNamed(symbol: string, at: number): { text: string; end: number } | undefined {
  const digits = /^[1-9][0-9]{0,3}/.exec(symbol.slice(at, at + 4))?.[0];
  if (digits === undefined) return undefined;
  const start = at + digits.length;
  const end = start + Number(digits);
  return end > symbol.length ? undefined : { text: symbol.slice(start, end), end };
}

const ESCAPES: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

/** `$LT$` is <, `$u20$` a blank, `..` a pair of colons. */
function unescapeRust(text: string): string {
  return text
    .replace(/^_(?=\$)/, '')
    .replace(/\$(u([0-9a-f]{1,6})|[A-Z]{1,2})\$/g, (whole, name: string, code: string | undefined) => {
      const point = code === undefined ? Number.NaN : Number.parseInt(code, 16);
      return ESCAPES[name] ?? (point < 0x110000 ? String.fromCodePoint(point) : whole);
    })
    .replaceAll('..', '::');
}

/** Crates and what is nested in them by name; everything else is left alone. */
function rustPath(symbol: string): string | undefined {
  if (symbol.length > LIMIT) return undefined;
  let at = 2;
  const names: string[] = [];
  const identifier = (): string | undefined => {
    const match = /^(?:s[0-9A-Za-z]*_)?(\d{1,4})_?/.exec(symbol.slice(at, at + 32));
    if (!match) return undefined;
    const start = at + match[0].length;
    const end = start + Number(match[1]);
    if (end > symbol.length) return undefined;
    at = end;
    return symbol.slice(start, end);
  };
  let depth = 0;
  while (symbol[at] === 'N') {
    depth++;
    at += 2;
  }
  if (symbol[at++] !== 'C') return undefined;
  for (let i = 0; i <= depth; i++) {
    const name = identifier();
    if (name === undefined) return undefined;
    names.push(name === '' ? '{closure}' : name);
  }
  return names.join('::');
}
