import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as iced from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { gprName, intelMnemonic, registerName } from '../../emulator/isa/x64/names.ts';
import type { Insn } from '../../emulator/isa/x64/row.ts';
import { go, itNeeds, nodeIsElf, objdump, objdumpLines, random, type Text, textOf, withGoProgram } from './oracles.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const one = (hex: string, address = 0x400000): Insn => {
  const insn = decode(bytes(hex), 0, address);
  if ('is' in insn) throw new Error(`${hex} is ${insn.is}`);
  return insn;
};
const fails = (hex: string) => {
  const insn = decode(bytes(hex), 0, 0x400000);
  return 'is' in insn ? insn.is : `${insn.form.row.name}, ${insn.length} bytes`;
};
const name = (hex: string) => one(hex).form.row.name;

describe('prefixes', () => {
  it('only a REX right before the opcode counts', () => {
    expect(one('48 01 c8').size).toBe(8);
    expect(one('48 66 01 c8').size).toBe(2);
    expect(one('66 48 01 c8').size).toBe(8);
    expect(one('48 40 01 c8').size).toBe(4);
    expect(one('48 f3 90').form.row.name).toBe('pause');
  });

  it('the last of F2 and F3 wins, and both win over 66', () => {
    expect(name('f3 f2 0f 10 c1')).toBe('movsd');
    expect(name('f2 f3 0f 10 c1')).toBe('movss');
    expect(name('66 f3 0f 10 c1')).toBe('movss');
    expect(name('f3 66 0f 10 c1')).toBe('movss');
    expect(name('66 0f 10 c1')).toBe('movupd');
  });

  it('REP counts on string instructions and is ignored elsewhere', () => {
    expect(one('f3 48 a5')).toMatchObject({ rep: 'rep', size: 8 });
    expect(one('f2 ae').rep).toBe('repne');
    expect(one('f3 c3')).toMatchObject({ rep: 'none', length: 2 });
    expect(one('f2 e8 00 00 00 00')).toMatchObject({ rep: 'none', length: 6 });
  });

  it('LOCK needs a form that allows it, with a destination in memory', () => {
    expect(one('f0 48 0f b1 0a').lock).toBe(true);
    expect(one('f0 87 0a').lock).toBe(true);
    expect(one('f0 48 0f c7 0e').lock).toBe(true);
    expect(fails('f0 01 c8')).toBe('invalid');
    expect(fails('f0 03 08')).toBe('invalid');
    expect(fails('f0 89 08')).toBe('invalid');
    expect(fails('f0 39 08')).toBe('invalid');
    expect(fails('f0 90')).toBe('invalid');
  });

  it('FS and GS count, the other segments do not', () => {
    expect(one('64 48 8b 04 25 f8 ff ff ff').operands[1]).toMatchObject({ segment: 'fs', base: -1, disp: -8 });
    expect(one('65 8b 00').operands[1]).toMatchObject({ segment: 'gs' });
    expect(one('2e 8b 00').operands[1]).toMatchObject({ segment: undefined });
    expect(one('64 2e 8b 00').operands[1]).toMatchObject({ segment: 'fs' });
  });

  it('66 shortens pushes but not near branches', () => {
    expect(one('50').size).toBe(8);
    expect(one('66 50').size).toBe(2);
    expect(one('66 68 34 12')).toMatchObject({ length: 4, size: 2 });
    expect(one('66 e8 00 00 00 00').length).toBe(6);
    expect(one('66 c3').size).toBe(8);
  });

  it('15 bytes are the most', () => {
    expect(one('66 66 66 66 66 66 66 66 66 66 66 66 66 66 90').length).toBe(15);
    expect(fails('66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90')).toBe('invalid');
    expect(fails('66 66 66 66 66 66 66 66 66 66 66 81 80 00 00 00 00 00 00')).toBe('invalid');
  });
});

describe('operands', () => {
  it('90 is a no-op unless REX.B makes it an exchange', () => {
    expect(name('90')).toBe('nop');
    expect(name('48 90')).toBe('nop');
    expect(name('f3 90')).toBe('pause');
    expect(one('49 90')).toMatchObject({ form: { row: { name: 'xchg' } }, operands: [{ index: 8 }, { index: 0 }] });
    expect(name('0f 1f 44 00 00')).toBe('nop');
  });

  it('byte registers 4 to 7 are AH to BH without REX and SPL to DIL with it', () => {
    expect(one('88 e0').operands[1]).toMatchObject({ index: 0, high: true });
    expect(one('40 88 e0').operands[1]).toMatchObject({ index: 4, high: false });
    expect(one('b7 01').operands[0]).toMatchObject({ index: 3, high: true });
  });

  it('addresses', () => {
    expect(one('48 8b 05 10 00 00 00').operands[1]).toMatchObject({ ripRelative: true, disp: 0x400017, base: -1 });
    expect(one('48 c7 05 10 00 00 00 01 00 00 00').operands[0]).toMatchObject({ ripRelative: true, disp: 0x40001b });
    expect(one('67 8b 05 00 00 00 80', 0x400000).operands[1]).toMatchObject({ disp: 0x80400007, addressWidth: 4 });
    expect(one('8b 04 24').operands[1]).toMatchObject({ base: 4, index: -1 });
    expect(one('42 8b 04 24').operands[1]).toMatchObject({ base: 4, index: 12, scale: 1 });
    expect(one('8b 04 c5 40 00 00 00').operands[1]).toMatchObject({ base: -1, index: 0, scale: 8, disp: 0x40 });
    expect(one('41 8b 45 00').operands[1]).toMatchObject({ base: 13, disp: 0 });
    expect(one('48 a1 88 77 66 55 44 33 22 00').operands[1]).toMatchObject({ base: -1, disp: 0x22334455667788 });
  });

  it('immediates are extended as the instruction does', () => {
    expect(one('48 83 c4 80').operands[1]).toMatchObject({ value: -128n, width: 8 });
    expect(one('48 c7 c0 ff ff ff ff').operands[1]).toMatchObject({ value: -1n, width: 8 });
    expect(one('48 b8 ff ff ff ff ff ff ff 7f').operands[1]).toMatchObject({ value: 0x7fffffffffffffffn, width: 8 });
    expect(one('04 ff').operands[1]).toMatchObject({ value: 255n, width: 1 });
    expect(one('c2 ff ff').operands[0]).toMatchObject({ value: 0xffffn, width: 2 });
    expect(one('6a ff').operands[0]).toMatchObject({ value: -1n, width: 8 });
  });

  it('branches', () => {
    expect(one('eb fe').operands[0]).toEqual({ is: 'rel', target: 0x400000 });
    expect(one('0f 85 00 01 00 00')).toMatchObject({ cond: 5, operands: [{ target: 0x400106 }] });
    expect(one('e8 00 00 00 80').operands[0]).toEqual({ is: 'rel', target: 0x400005 - 0x80000000 });
  });

  it('registers that do not exist are invalid', () => {
    expect(fails('8e c8')).toBe('invalid');
    expect(fails('8c f0')).toBe('invalid');
    expect(fails('0f 20 c8')).toBe('invalid');
    expect(fails('06')).toBe('invalid');
    expect(fails('d4 0a')).toBe('invalid');
    expect(fails('82 c0 01')).toBe('invalid');
  });

  it('a cut instruction is truncated, whatever it would have been', () => {
    const whole = bytes('48 c7 84 c8 10 00 00 00 01 00 00 00');
    for (let n = 0; n < whole.length; n++) expect(decode(whole.subarray(0, n), 0, 0)).toEqual({ is: 'truncated' });
    expect(decode(whole, whole.length, 0)).toEqual({ is: 'truncated' });
    // The missing ModRM byte would have to tell whether there is such an instruction.
    for (const start of ['0f c7', '0f 01', 'ff', '66 0f 73', 'c5', 'c4 e2', 'c5 f1 73', '62 f1 7c', '0f']) {
      expect(decode(bytes(start), 0, 0), start).toEqual({ is: 'truncated' });
    }
    expect(decode(whole, 0, 0)).toMatchObject({ length: whole.length });
  });
});

/**
 * Instructions that iced-x86 knows and we leave invalid on purpose: vendors' own (AMD's 3DNow!, SSE4a, XOP; VIA's
 * PadLock), and extensions that no CPU profile of ours offers.
 */
const leftOut = new RegExp(
  [
    '^(D3NOW|XOP|MVEX|VIA)_',
    '^(Femms|Movnts[sd]|Extrq|Insertq|Xstore|Xsha|Xcrypt|Ccs_|Montmul|Via_|Rmp|Psmash|Pvalidate|Mcommit|Vmgexit)',
    '^(Stgi|Clgi|Skinit|Invlpga|Vm(run|load|save|mcall))',
    '^(A(add|and|or|xor)_|Aes(enc|dec)(wide)?(128|256)kl|Loadiwkey|Encodekey|Lkgs|Wrmsrns|Wrmsrlist|Rdmsrlist)',
    '^(Senduipi|Uiret|Stui|Clui|Testui|Seam|Tdcall|Pbndkb|Hreset|Erets|Eretu|X(sus|res)ldtrk|Prefetchit|Getsecq)',
    // FMA4, AMX, CMPccXADD, and the youngest vector extensions.
    '^VEX_Vf(n?m(add|sub)(sub|add)?)(ps|pd|ss|sd)_|^VEX_Vpermil2|^VEX_(Ld|St)?[Tt](ile|dp|cmm)|^VEX_(Ldtile|Sttile)',
    '^VEX_Cmp\\w+xadd|^VEX_Vpdp(b[us]ud|bss|b(uud|sud|ssd)|w(us|su|uu))|^VEX_Vsha512|^VEX_Vsm[34]|^VEX_Vcvtne|^VEX_Vbcstne',
    '^EVEX_V(cvtne|dpbf16|p2intersect)|^VEX_KNC',
  ].join('|'),
);

/** AVX512-FP16 has maps of its own, and a few places in the others. */
const isHalfPrecision = (code: iced.Code, mnemonic: string): boolean => {
  if (!iced.Code[code].startsWith('EVEX')) return false;
  const info = iced.CodeExt.opCode(code);
  const encoding = info.opCodeString;
  info.free();
  return /MAP[56]/.test(encoding) || (/[ps]h$/.test(mnemonic) && mnemonic !== 'vcvtps2ph');
};

/** Same instruction, other name. */
function sameName(ours: Insn, theirs: string): boolean {
  const { row } = ours.form;
  const plain = theirs
    .replace(/^(reservednop|prefetchit[01])$/, 'nop')
    .replace(/^sal$/, 'shl')
    .replace(/^(wait|xlatb|int1)$/, t => ({ wait: 'fwait', xlatb: 'xlat', int1: 'int1' })[t]!);
  return (
    intelMnemonic(ours).name === plain ||
    row.name === plain ||
    (row.repeatable && plain.startsWith(row.name) && plain.length === row.name.length + 1) ||
    (/^(pushf|popf|iret)$/.test(row.name) && plain.startsWith(row.name)) ||
    // iced tells MOVQ by the prefix, we by the width.
    (row.name === 'movd' && plain === 'movq') ||
    (row.name === 'vmovd' && plain === 'vmovq') ||
    // REX.W is allowed to be ignored.
    plain.replace(/64$/, '') === row.name
  );
}

/** Registers and addresses that differ; iced leaves out what an instruction implies, such as XMM0. */
function operandDifference(ours: Insn, theirs: iced.Instruction): string | undefined {
  const code = iced.Code[theirs.code];
  const named = new Set<string>();
  for (let i = 0; i < theirs.opCount; i++) {
    if (theirs.opKind(i) === iced.OpKind.Register) named.add(iced.Register[theirs.opRegister(i)].toLowerCase());
  }
  for (const o of ours.operands) {
    // A selector is 16 bits wide; iced gives these registers the operand size.
    const selector = /^(verr|verw|lldt|ltr|lmsw)$/.test(ours.form.row.name);
    if (o.is === 'reg' && /gpr|xmm|mm|k/.test(o.class) && !ours.form.operands.endsWith('XMM0') && !selector) {
      const name = icedName(registerName(o));
      if (!named.has(name)) return `${code}: ours has ${name}`;
    }
    if (o.is !== 'mem' || !Number.isSafeInteger(o.disp)) continue;
    const base = o.ripRelative ? (o.addressWidth === 8 ? 'rip' : 'eip') : addressRegister(o.base, o.addressWidth);
    const vector = /^[xyz]mm/i.test(iced.Register[theirs.memoryIndex]);
    const index = vector ? `mm${o.index}` : addressRegister(o.index, o.addressWidth);
    const bits = o.addressWidth * 8;
    const segment = iced.Register[theirs.segmentPrefix].toLowerCase();
    const same =
      iced.Register[theirs.memoryBase].toLowerCase() === base &&
      iced.Register[theirs.memoryIndex].toLowerCase().replace(/^[xyz](?=mm)/, '') === index &&
      (o.index < 0 || theirs.memoryIndexScale === o.scale) &&
      BigInt.asUintN(bits, theirs.memoryDisplacement) === BigInt.asUintN(bits, BigInt(o.disp)) &&
      (segment === 'fs' || segment === 'gs' ? segment : undefined) === o.segment;
    if (!same) return `${code}: ours has another address`;
  }
  return undefined;
}

const icedName = (name: string): string => name.replace(/^(r\d+)b$/, '$1l');
const addressRegister = (index: number, width: number): string => (index < 0 ? 'none' : gprName(index, width));

/** How our reading of `b` at `offset` differs from iced's; undefined where it does not. */
function difference(decoder: iced.Decoder, address: number, b: Uint8Array, offset: number): string | undefined {
  const theirs = decoder.decode();
  try {
    const ours = decode(b, offset, address);
    const code = iced.Code[theirs.code];
    const mnemonic = iced.Mnemonic[theirs.mnemonic].toLowerCase();
    if (leftOut.test(code) || isHalfPrecision(theirs.code, mnemonic)) return undefined;
    if ('is' in ours) return theirs.isInvalid ? undefined : `${code}: ours is ${ours.is}`;
    if (theirs.isInvalid) return `invalid: ours is ${ours.form.row.name} ${ours.form.encoding}`;
    if (ours.length !== theirs.length) return `${code}: ours has ${ours.length} bytes, not ${theirs.length}`;
    if (!sameName(ours, mnemonic)) return `${code}: ours is ${ours.form.row.name}`;
    return operandDifference(ours, theirs);
  } finally {
    theirs.free();
  }
}

function compareText({ bytes: b, address, file }: Text, atLeast = 1000): void {
  const decoder = new iced.Decoder(64, b, iced.DecoderOptions.None);
  const found = new Map<string, string>();
  let instructions = 0;
  for (let p = 0; p < b.length - 16; instructions++) {
    decoder.position = p;
    decoder.ip = BigInt(address + p);
    const d = difference(decoder, address + p, b, p);
    if (d) found.set(d, Buffer.from(b.subarray(p, p + 15)).toString('hex'));
    const ours = decode(b, p, address + p);
    p += 'is' in ours ? 1 : ours.length;
  }
  decoder.free();
  expect([...found], file).toEqual([]);
  expect(instructions).toBeGreaterThan(atLeast);
}

describe('beside iced-x86', () => {
  it('200,000 random byte strings: length, mnemonic, registers, addresses', () => {
    const next = random(20261121);
    const found = new Map<string, string>();
    for (let n = 0; n < 200_000; n++) {
      const b = new Uint8Array(32);
      for (let i = 0; i < 16; i += 4) new DataView(b.buffer).setUint32(i, next(), true);
      // Half of them start in the places where most instructions are.
      let p = 0;
      const prefix = [0, 0x66, 0xf3, 0xf2, 0x40 | (next() & 15), 0xf0][next() % 12];
      if (prefix) b[p++] = prefix;
      const kinds = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a], [0xc5], [0xc4, 0xe1 + (next() % 3)]];
      const evex = [0x62, (next() & 0xf0) | (1 + (next() % 3)), (next() & 0xff) | 4];
      for (const byte of [...kinds, evex, evex][next() % 11] ?? []) b[p++] = byte;
      const decoder = new iced.Decoder(64, b.subarray(0, 16), iced.DecoderOptions.None);
      decoder.ip = 0x400000n;
      const d = difference(decoder, 0x400000, b, 0);
      decoder.free();
      if (d) found.set(d, Buffer.from(b.subarray(0, 15)).toString('hex'));
    }
    expect([...found]).toEqual([]);
  }, 30_000);

  itNeeds(nodeIsElf, 'an x86-64 ELF of Node', "Node's own text, 1 MB", () =>
    compareText(textOf(process.execPath, 1 << 20)),
  );

  itNeeds(
    go,
    'the Go toolchain',
    "a Go program's text",
    () => withGoProgram(file => compareText(textOf(file))),
    120_000,
  );

  // C and assembly by other compilers: ls, the shell, libc's string routines, libcrypto's ciphers and hashes.
  const others = [
    '/bin/ls',
    '/bin/bash',
    ...['c.so.6', 'm.so.6', 'crypto.so.3'].map(n => `/lib/x86_64-linux-gnu/lib${n}`),
  ];
  for (const file of others) {
    const there = existsSync(file) && process.arch === 'x64';
    if (there) it(`${file}, 768 KB`, () => compareText(textOf(file, 3 << 18)), 60_000);
    else it.skip(`${file} (skipped: not on this machine)`, () => {});
  }

  const samples = new URL('../../samples/bin/', import.meta.url);
  for (const name of ['minimal-go1.15', 'goroutines', 'uname'])
    it(`the sample ${name}`, () => compareText(textOf(fileURLToPath(new URL(name, samples)), 3 << 18), 50), 60_000);
});

describe('beside GNU objdump: where instructions begin', () => {
  const boundaries = (text: Text) => {
    const wrong: string[] = [];
    for (const line of objdumpLines(text, 'gnu')) {
      const p = line.address - text.address;
      if (p + 15 > text.bytes.length || /\(bad\)/.test(line.text)) continue;
      const ours = decode(text.bytes, p, line.address);
      if ('is' in ours || ours.length !== line.length) wrong.push(`${line.hex} ${line.text}`);
    }
    expect(wrong).toEqual([]);
  };

  itNeeds(objdump && nodeIsElf, 'objdump', "Node's own text, 1 MB", () =>
    boundaries(textOf(process.execPath, 1 << 20)),
  );

  itNeeds(
    objdump && go,
    'objdump or the Go toolchain',
    "a Go program's text",
    () => withGoProgram(file => boundaries(textOf(file))),
    120_000,
  );
});
