/** Sets of signals as traces write them: names without "SIG", and the complement when that is shorter. */
import { SIGRTMAX, signalName } from '../abi/signals.ts';

const ALL = (1n << 64n) - 1n;

/** From this many members on, what is missing is listed instead. */
const COMPLEMENT_FROM = (SIGRTMAX * 2) / 3;

const members = (mask: bigint): number[] => {
  const signals: number[] = [];
  for (let signo = 1; signo <= SIGRTMAX; signo++) if ((mask >> BigInt(signo - 1)) & 1n) signals.push(signo);
  return signals;
};

/** `[HUP INT]`, `~[KILL STOP]`. */
export function formatSigset(mask: bigint): string {
  if (mask === 0n) return '[]';
  if (mask === ALL) return '~[]';
  const inside = members(BigInt.asUintN(64, mask));
  const inverted = inside.length >= COMPLEMENT_FROM;
  const listed = inverted ? members(ALL & ~mask) : inside;
  return `${inverted ? '~' : ''}[${listed.map(signo => signalName(signo).replace(/^SIG/, '')).join(' ')}]`;
}
