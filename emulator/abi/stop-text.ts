/** A stop as plain text, for the demo, the command line and hovers: the same look wherever it is shown. */
import type { Stop, StopLine } from './roles.ts';

/** Lines longer than this are broken where a slot begins. */
const WIDTH = 160;

/** The headline and one line for each thing that is known, without a newline at the end. */
export function renderStop(stop: Stop): string {
  return [headline(stop), ...stop.lines.flatMap((line, _, all) => renderLine(line, widths(all)))].join('\n');
}

export function headline(stop: Stop): string {
  const { function: name, position } = stop.place;
  const long = name.length + position.length > 25;
  let text = position === '' ? name : `${name}${long ? '   ' : '  '}${position}`;
  const { convention } = stop;
  // Where a convention is a judgement, the reason stands beside it.
  const label = convention.name.startsWith('no known')
    ? `${convention.name}: ${convention.why}`
    : convention.name.startsWith('ABI0')
      ? `${convention.name}${convention.sure === 'likely' ? ' (likely)' : ''}: ${convention.why}`
      : `${convention.name}${convention.sure === 'likely' && convention.name !== 'unknown' ? ` (likely): ${convention.why}` : ''}`;
  if (stop.instruction !== '') {
    text = `${pad(text, long ? 0 : 29, 3)}${stop.instruction}`;
    return `${pad(text, long ? 0 : 72, long ? 6 : 3)}${label}`;
  }
  return `${pad(text, 0, 6)}${label}`;
}

/** Columns are as wide as the widest entry of the stop, and at least so wide that stops look alike. */
interface Widths {
  readonly places: number;
  readonly raw: number;
  readonly name: number;
  readonly type: number;
  readonly text: number;
}

function widths(lines: readonly StopLine[]): Widths {
  const values = lines.filter(line => line.is === 'value');
  const isCall =
    values.every(line => line.type === '' && line.places.length === 1) &&
    values.some(line => line.after !== undefined || line.name === 'result');
  const most = (of: (line: (typeof values)[number]) => string, least: number): number =>
    values.reduce((width, line) => Math.max(width, of(line).length), least);
  const others = lines.filter(line => line.is === 'others').map(line => line.places.join(' ').length);
  if (isCall) {
    return {
      places: most(line => line.places.join(' '), 3) + 2,
      raw: most(line => line.raw, 12) + 4,
      name: most(line => line.name, 6) + 3,
      type: 0,
      text: 15,
    };
  }
  return {
    places:
      Math.max(
        most(line => line.places.join(' '), 10),
        ...others,
      ) + 2,
    raw: most(line => line.raw, 16) + 3,
    name: most(line => line.name, 2) + 2,
    type: most(line => line.type, 8) + 2,
    text: 15,
  };
}

function renderLine(line: StopLine, w: Widths): string[] {
  switch (line.is) {
    case 'value': {
      const left =
        pad(line.places.join(' '), w.places) +
        pad(line.raw, w.raw) +
        pad(line.name, w.name) +
        (w.type > 0 ? pad(line.type, w.type) : '');
      return [trimmed(`  ${left}${line.after === undefined ? line.text : pad(line.text, w.text) + line.after}`)];
    }
    case 'others': {
      if (line.places.length === 0 && line.besides === undefined) return [];
      const left =
        line.places.length === 0
          ? ''
          : pad(line.places.join(' '), w.places + w.raw) +
            (line.besides === undefined ? line.text : pad(line.text, w.type > 0 ? 14 : 24));
      return [trimmed(`  ${left}${line.besides ?? ''}`)];
    }
    case 'slots':
      return slots(line);
    case 'text':
      return [`  ${line.text}`];
  }
}

function slots(line: Extract<StopLine, { is: 'slots' }>): string[] {
  const parts = line.slots.map(({ slot, text }) => `${slot}  ${text}`);
  if (line.pending.length > 0) parts.push(`${line.pending.join(' ')} results, not yet written`);
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 4 + part.length <= WIDTH) lines[lines.length - 1] = `${last}    ${part}`;
    else lines.push(`  ${part}`);
  }
  return lines;
}

function pad(text: string, width: number, least = 1): string {
  return text.padEnd(Math.max(width, text.length === 0 ? 0 : text.length + least));
}

function trimmed(text: string): string {
  return text.replace(/\s+$/, '');
}
