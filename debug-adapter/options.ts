/** Notations that launch configurations and the command line share. */
import type { Mount } from '../emulator/machine.ts';

/** What a login shell gives at least. */
export const MINIMAL_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/home/user',
  USER: 'user',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
};

/** `HOST[:GUEST][:ro|cow|rw]`, or a sentence. A drive letter of Windows is part of the host's path. */
export function parseMount(text: string, resolve: (path: string) => string): Mount | string {
  const match = /^((?:[A-Za-z]:(?=[\\/]))?[^:]+)(?::(\/[^:]*))?(?::(ro|cow|rw))?$/.exec(text);
  if (!match) return `${JSON.stringify(text)} is no mount; write HOST[:GUEST][:ro|cow|rw], where GUEST is absolute.`;
  const host = resolve(match[1]);
  return { host, guest: match[2] ?? unixPath(host), mode: (match[3] as Mount['mode']) ?? 'cow' };
}

/** The same path as Linux writes it: C:\src is /c/src. */
function unixPath(path: string): string {
  return path.replaceAll('\\', '/').replace(/^([A-Za-z]):/, (_, drive: string) => `/${drive.toLowerCase()}`);
}

/** Adds what makes a host folder visible at its own path, unless a mount shows it already. */
export function mountFolder(mounts: Mount[], host: string): void {
  if (guestPath(mounts, host) === undefined) mounts.push({ host, guest: unixPath(host), mode: 'cow' });
}

/** Where the program sees a file or folder of the host; undefined where no mount shows it. The closest mount counts. */
export function guestPath(mounts: readonly Mount[], path: string): string | undefined {
  const holds = ({ host }: Mount) =>
    path === host || path.startsWith(/[\\/]$/.test(host) ? host : `${host}${host.includes('\\') ? '\\' : '/'}`);
  const mount = mounts.filter(holds).sort((a, b) => b.host.length - a.host.length)[0];
  if (!mount) return undefined;
  const rest = path.slice(mount.host.length).replaceAll('\\', '/').replace(/^\//, '');
  return rest === '' ? mount.guest : `${mount.guest.replace(/\/$/, '')}/${rest}`;
}

/** "512M", "2G", "65536" in bytes; undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d+)?)\s*([KMGT]?)i?B?$/i.exec(text.trim());
  if (!match) return undefined;
  const size = Math.floor(Number(match[1]) * 1024 ** ' KMGT'.indexOf(match[2].toUpperCase() || ' '));
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}
