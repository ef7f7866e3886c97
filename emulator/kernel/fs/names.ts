/**
 * File names are bytes to Linux and strings to us. UTF-8 is decoded; a byte that is no part of well-formed UTF-8
 * becomes the lone surrogate U+DC80…U+DCFF (as Python's surrogateescape does), so every name comes back as the bytes
 * it was.
 */

/** How many bytes the character at `at` has, or 0 where none is well-formed (RFC 3629). */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1];
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  return length;
}

export function decodeName(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length <= 1) {
      text += String.fromCharCode(length === 1 ? bytes[at] : 0xdc00 + bytes[at]);
      at += 1;
      continue;
    }
    let code = bytes[at] & (0x7f >> length);
    for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i] & 0x3f);
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

export function encodeName(name: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < name.length; at++) {
    const code = name.codePointAt(at) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code & 0xff);
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      at++;
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    }
  }
  return Uint8Array.from(bytes);
}

/** Whether the name is at most `limit` bytes long. */
export function fits(name: string, limit: number): boolean {
  return name.length * 3 <= limit || (name.length <= limit && encodeName(name).length <= limit);
}

/** One byte per character: for texts that are known to be ASCII. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
