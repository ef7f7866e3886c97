/** Text from the guest, as it is shown. */

/** In double quotes, with what does not print escaped as C and Go do. */
export function escapeText(text: string, limit = 256): string {
  const cut = text.length > limit;
  const body = text.slice(0, limit).replace(/[\\"\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/g, char => {
    const simple = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }[char];
    return simple ?? (char === '\ufffd' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  });
  return `"${body}"${cut ? '…' : ''}`;
}
