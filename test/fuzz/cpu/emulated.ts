/** The same batches on our own CPU, in either tier. */
import {
  CELLS,
  FP_CONTROL,
  FP_TAGS,
  FS_BASE,
  GS_BASE,
  RIP,
  readFlags,
  VECTOR,
  VECTOR_CELLS,
  writeFlags,
  X87,
  X87_CELLS,
} from '../../../emulator/abi/amd64/layout.ts';
import { Cpu, type CpuException } from '../../../emulator/cpu/cpu.ts';
import { fold } from '../../../emulator/memory/linear.ts';
import { spaceWith } from '../../cpu/space.ts';
import {
  AT,
  type Batch,
  CODE,
  CODE_SIZE,
  caseCount,
  DATA,
  DATA_SIZE,
  END,
  JUMP,
  OUTCOME,
  type Outcomes,
  type Piece,
  STATE,
} from './batch.ts';

/** Signal number and x86 vector of each exception. */
const ENDS: Record<CpuException['is'], readonly [signal: number, trap: number]> = {
  'page-fault': [11, 14],
  'general-protection': [11, 13],
  'invalid-opcode': [4, 6],
  'divide-error': [8, 0],
  breakpoint: [5, 3],
  'alignment-check': [7, 17],
  debug: [5, 1],
  overflow: [11, 4],
  'stack-fault': [7, 12],
  'floating-point': [8, 16],
};

/** Stands for a signal where the engine threw. */
const BROKEN = 255;
/** More than any case executes. */
const BUDGET = 100_000;

export interface Emulated {
  run(batch: Batch): Outcomes;
  /** Forgets everything that was made from the rows. */
  renew(): void;
}

export function startEmulated(tier: 0 | 1 = 0): Emulated {
  const space = spaceWith([CODE, CODE_SIZE, 7], [DATA, DATA_SIZE, 3]);
  const { memory } = space;
  space.write(DATA, new Uint8Array(DATA_SIZE));
  // All pages are resident and stay: nothing else is mapped that could fold to their place.
  const resident = (address: number, size: number) => Buffer.from(memory.buffer, fold(address), size);
  const data = resident(DATA, DATA_SIZE);
  const dataWords = new Uint32Array(memory.buffer, fold(DATA), DATA_SIZE / 4);
  let cpu: Cpu;
  const renew = () => {
    cpu = new Cpu(space);
    // Every piece is compiled before it runs, or never.
    cpu.tierUp = false;
  };
  renew();

  const registers = new BigUint64Array(CELLS);
  const words = new Uint32Array(registers.buffer);

  function enter(s: Uint32Array, at: number, offset: number): void {
    words.fill(0);
    for (let i = 0; i < 32; i++) words[i] = s[at + i];
    words[RIP * 2] = CODE + offset;
    const segments = at + AT.fsBase / 4;
    words[FS_BASE * 2] = s[segments];
    words[FS_BASE * 2 + 1] = s[segments + 1];
    words[GS_BASE * 2] = s[segments + 2];
    words[GS_BASE * 2 + 1] = s[segments + 3];
    writeFlags(registers, BigInt(s[at + AT.flags / 4]));
    words[FP_CONTROL * 2] = s[at + AT.mxcsr / 4];
    words[FP_CONTROL * 2 + 1] = s[at + AT.fcw / 4];
    words[FP_TAGS * 2] = s[at + AT.ftw / 4] & 0xff;
    const top = (s[at + AT.fcw / 4] >>> 27) & 7;
    for (let i = 0; i < 8; i++) {
      const to = (X87 + ((top + i) & 7) * X87_CELLS) * 2;
      const from = at + AT.st / 4 + i * 4;
      words[to] = s[from];
      words[to + 1] = s[from + 1];
      words[to + 2] = s[from + 2] & 0xffff;
    }
    for (let i = 0; i < 16; i++) {
      const to = (VECTOR + i * VECTOR_CELLS) * 2;
      const from = at + AT.xmm / 4 + i * 4;
      words[to] = s[from];
      words[to + 1] = s[from + 1];
      words[to + 2] = s[from + 2];
      words[to + 3] = s[from + 3];
    }
  }

  function leave(o: Uint32Array, at: number): void {
    for (let i = 0; i < 34; i++) o[at + i] = words[i];
    o[at + AT.flags / 4] = Number(readFlags(registers));
    const segments = at + AT.fsBase / 4;
    o[segments] = words[FS_BASE * 2];
    o[segments + 1] = words[FS_BASE * 2 + 1];
    o[segments + 2] = words[GS_BASE * 2];
    o[segments + 3] = words[GS_BASE * 2 + 1];
    o[at + AT.mxcsr / 4] = words[FP_CONTROL * 2];
    o[at + AT.fcw / 4] = words[FP_CONTROL * 2 + 1];
    o[at + AT.ftw / 4] = words[FP_TAGS * 2] & 0xff;
    const top = (words[FP_CONTROL * 2 + 1] >>> 27) & 7;
    for (let i = 0; i < 8; i++) {
      const from = (X87 + ((top + i) & 7) * X87_CELLS) * 2;
      const to = at + AT.st / 4 + i * 4;
      o[to] = words[from];
      o[to + 1] = words[from + 1];
      o[to + 2] = words[from + 2] & 0xffff;
    }
    for (let i = 0; i < 16; i++) {
      const from = (VECTOR + i * VECTOR_CELLS) * 2;
      const to = at + AT.xmm / 4 + i * 4;
      o[to] = words[from];
      o[to + 1] = words[from + 1];
      o[to + 2] = words[from + 2];
      o[to + 3] = words[from + 3];
    }
  }

  return {
    renew,
    run(batch) {
      const count = caseCount(batch);
      // As the native harness has it: INT3 to the end.
      const code = new Uint8Array(CODE_SIZE).fill(0xcc);
      code.set(batch.image);
      space.write(CODE, code);
      const inUse = Buffer.from(code.buffer, 0, Math.min(batch.image.length + 4096, CODE_SIZE));
      // What leaves it natively stops it here.
      const ends = batch.pieces.map(p => p.offset + p.code.length).filter(end => batch.image[end] === JUMP);
      cpu.setBreakpoints(new Set(ends.map(end => CODE + end)));
      const broken = new Map<Piece, string>();
      if (tier === 1) {
        const places = batch.pieces.map(piece => CODE + piece.offset);
        try {
          cpu.compileNow(places);
        } catch {
          // Which it was.
          for (const [i, piece] of batch.pieces.entries()) attempt(broken, piece, () => cpu.compileNow([places[i]]));
        }
      }
      const states = new Uint32Array(batch.states.buffer, batch.states.byteOffset, (count * STATE) / 4);
      const records = new Uint8Array(count * OUTCOME);
      const out = new Uint32Array(records.buffer);
      const changed = new Map<number, Uint8Array>();
      const none = new Uint8Array(0);
      const beforeWords = new Uint32Array(batch.data.buffer, batch.data.byteOffset, DATA_SIZE / 4);
      data.set(batch.data);
      for (let i = 0; i < count; i++) {
        const piece = batch.pieceOf[i];
        enter(states, (i * STATE) / 4, piece.offset);
        const at = (i * OUTCOME) / 4;
        const exit = attempt(broken, piece, () => cpu.run(registers, BUDGET));
        leave(out, at);
        if (broken.has(piece)) out[at + END.signal / 4] = BROKEN;
        else if (exit?.is === 'breakpoint') {
          [out[at + END.signal / 4], out[at + END.trap / 4]] = ENDS.breakpoint;
          out[at + AT.rip / 4]++;
        } else if (exit?.is === 'exception') {
          const what = exit.exception;
          const [signal, trap] = ENDS[what.is];
          out[at + END.signal / 4] = signal;
          out[at + END.trap / 4] = what.is === 'floating-point' && what.simd ? 19 : trap;
          const address =
            what.is === 'page-fault'
              ? BigInt(what.fault.address)
              : what.is === 'invalid-opcode' || what.is === 'divide-error' || what.is === 'floating-point'
                ? registers[RIP]
                : 0n;
          out[at + END.address / 4] = Number(address & 0xffff_ffffn);
          out[at + END.address / 4 + 1] = Number((address >> 32n) & 0xffff_ffffn);
        }
        // A case may write into the code, and must not change the next one's.
        if (!resident(CODE, inUse.length).equals(inUse)) {
          space.write(CODE, inUse);
          if (tier === 1) attempt(broken, piece, () => cpu.compileNow(batch.pieces.map(p => CODE + p.offset)));
        }
        let first = DATA_SIZE;
        let last = DATA_SIZE;
        if (!data.equals(batch.data)) {
          let word = 0;
          while (dataWords[word] === beforeWords[word]) word++;
          for (first = word * 4; data[first] === batch.data[first]; ) first++;
          for (word = DATA_SIZE / 4; dataWords[word - 1] === beforeWords[word - 1]; ) word--;
          for (last = word * 4; data[last - 1] === batch.data[last - 1]; ) last--;
          changed.set(i, new Uint8Array(data.subarray(first, last)));
          data.set(batch.data.subarray(first, last), first);
        }
        out[at + END.first / 4] = first;
        out[at + END.last / 4] = last;
      }
      return { records, words: out, changed: i => changed.get(i) ?? none, broken: i => broken.get(batch.pieceOf[i]) };
    },
  };
}

/** An error of the engine itself is a mismatch like others. */
function attempt<T>(broken: Map<Piece, string>, piece: Piece, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    broken.set(piece, String(error));
    return undefined;
  }
}
