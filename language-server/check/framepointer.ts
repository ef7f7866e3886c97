/**
 * Functions without a frame that overwrite the frame pointer before they saved it: what `go vet`'s framepointer reports,
 * line by line as there.
 */
import { matches, type Target } from '../syntax/architecture.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import type { Problem } from '../syntax/preprocess.ts';
import { spanOf } from '../syntax/tree.ts';
import { decoded } from '../uri.ts';

interface Row {
  writes(line: string): boolean;
  reads(line: string): boolean;
  /** Control does not come back: what follows belongs to somebody else. */
  leaves(line: string): boolean;
}

const ARM64_POINTER = 'R29';

const ROWS: Readonly<Record<string, Row>> = {
  amd64: {
    writes: line => /,\s*BP$/.test(line),
    reads: line => /\bBP\b/.test(line),
    leaves: line => line.startsWith('JMP') || line.startsWith('RET'),
  },
  arm64: {
    writes(line) {
      const comma = line.lastIndexOf(',');
      if (comma > 0 && line.slice(comma).endsWith(ARM64_POINTER)) return true;
      // Pairs: LDP 8(R0), (R26, R29).
      if (!/^(LDP|LDAXP|LDXP|CASP)/.test(line)) return false;
      const pair = line.slice(line.lastIndexOf('('), line.lastIndexOf(')'));
      return pair.includes(',') && pair.includes(ARM64_POINTER);
    },
    reads: line => new RegExp(`\\b${ARM64_POINTER}\\b`).test(line),
    leaves: line => ['B', 'JMP', 'RET'].includes(line.split(/\s/)[0]),
  },
};

/** Where the frame pointer is kept. */
const SYSTEMS = ['linux', 'darwin'];

export function framepointer({ uri, source }: AssemblyFile, { architecture, system }: Target): Problem[] {
  const arch = ROWS[architecture];
  const isBuilt = SYSTEMS.some(
    os => (system ?? os) === os && matches(decoded(uri), source.text, { architecture, system: os }, true),
  );
  if (!arch || !isBuilt) return [];
  const problems: Problem[] = [];
  let active = false;
  source.lineStarts.forEach((lineStart, index) => {
    const lineEnd = source.lineStarts[index + 1] ?? source.text.length;
    const whole = source.text.slice(lineStart, lineEnd);
    const comment = whole.indexOf('//');
    const code = comment < 0 ? whole : whole.slice(0, comment);
    const line = code.trim();
    if (line === '') return;
    if (line.startsWith('TEXT') && line.includes('(SB)') && line.includes('$0')) active = true;
    else if (!active) return;
    else if (arch.writes(line)) {
      const from = lineStart + code.indexOf(line);
      problems.push({
        message: 'frame pointer is clobbered before saving',
        span: spanOf(source, from, from + line.length),
        severity: 'warning',
        code: 'framepointer',
      });
      active = false;
    } else if (arch.reads(line) || arch.leaves(line)) active = false;
  });
  return problems;
}
