/** Notations that launch configurations and the command line share. */
import type { Mount } from '../emulator/machine.ts';

/** `HOST[:GUEST][:ro|cow|rw]`, or a sentence. A drive letter of Windows is part of the host's path. */
export function parseMount(text: string, resolve: (path: string) => string): Mount | string {
  const match = /^((?:[A-Za-z]:(?=[\\/]))?[^:]+)(?::(\/[^:]*))?(?::(ro|cow|rw))?$/.exec(text);
  if (!match) return `${JSON.stringify(text)} is no mount; write HOST[:GUEST][:ro|cow|rw], where GUEST is absolute.`;
  const host = resolve(match[1]);
  return { host, guest: match[2] ?? host, mode: (match[3] as Mount['mode']) ?? 'cow' };
}

/** "512M", "2G", "65536" in bytes; undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d+)?)\s*([KMGT]?)i?B?$/i.exec(text.trim());
  if (!match) return undefined;
  const size = Math.floor(Number(match[1]) * 1024 ** ' KMGT'.indexOf(match[2].toUpperCase() || ' '));
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}
