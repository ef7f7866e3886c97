/**
 * File names are bytes to Linux and strings to us. UTF-8 is decoded; a byte that is no part of UTF-8 becomes the lone
 * surrogate U+DC80…U+DCFF (as Python's surrogateescape does), so every name comes back as the bytes it was.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

function decodeLossless(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    try {
      if (length === 0) throw new RangeError();
      text += strict.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      at += 1;
    }
  }
  return text;
}

export function encodeName(name: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(name)) return encoder.encode(name);
  const parts: number[] = [];
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    if (unit >= 0xdc80 && unit <= 0xdcff) parts.push(unit & 0xff);
    else {
      const code = name.codePointAt(at) as number;
      if (code > 0xffff) at++;
      parts.push(...encoder.encode(String.fromCodePoint(code)));
    }
  }
  return Uint8Array.from(parts);
}

/** Length in bytes, as NAME_MAX and PATH_MAX count. */
export function nameLength(name: string): number {
  return name.length * 3 <= 255 ? name.length : encodeName(name).length;
}
