/**
 * Reads the encodings of the rows, which are written as in the SDM:
 *
 *   `NP`, `66`, `F3`, `F2` first   the mandatory prefix; without any, prefixes do not choose the form
 *   `0F 38 F0`                     the opcode with its map
 *   `+r`, `+i`                     the low three bits of the last byte are a register
 *   `+cc`                          the low four bits are a condition
 *   `/r`, `/0` … `/7`              a ModRM byte follows; the digit is its reg field
 *   `0F 01 D0`                     a further byte: the whole ModRM byte
 *   `mod=any`                      the mod field is not looked at
 *   `REX.W`                        only with this W bit
 *   `ib iw iz iv cb cz`            what follows, for the reader: the operand codes say it again
 *   `VEX.256.66.0F38.W0 36`, `EVEX…`  the fields of a VEX or EVEX prefix: a vector length, `LIG` or several lengths
 *                                  (`256.512`), none meaning all; the mandatory prefix; the map; `W0`, `W1` or `WIG`
 */

/** What an encoding says, apart from its operands. */
export interface Encoding {
  /** 0 none, 1 VEX, 2 EVEX. */
  readonly vex: number;
  /** Bit set of vector lengths: bit 0 128, bit 1 256, bit 2 512. */
  readonly lengths: number;
  /** 0 one byte, 1 `0F`, 2 `0F 38`, 3 `0F 3A`. */
  readonly map: number;
  readonly opcode: number;
  /** Opcodes covered from `opcode` on: 1, 8 (`+r`) or 16 (`+cc`). */
  readonly span: number;
  readonly conditional: boolean;
  /** Bit set of mandatory prefixes (bit 0 none, 1 `66`, 2 `F3`, 3 `F2`) and whether the encoding names one. */
  readonly prefixes: number;
  readonly prefixNamed: boolean;
  /** Bit set of W values. */
  readonly w: number;
  readonly hasModrm: boolean;
  /** First and number of ModRM bytes, for the forms that fix it; else −1. */
  readonly modrm: number;
  readonly modrmSpan: number;
  /** ModRM.reg, or −1. */
  readonly digit: number;
  readonly anyMod: boolean;
}

const prefixBits: Record<string, number> = { NP: 1, '66': 2, F3: 4, F2: 8 };
const vexLengths: Record<string, number> = { '128': 1, L0: 1, '256': 2, L1: 2, '512': 4 };
const vexMaps: Record<string, number> = { '0F': 1, '0F38': 2, '0F3A': 3 };

/** The fields of `VEX.128.66.0F.WIG`. */
function parseVex(token: string): { vex: number; lengths: number; prefixes: number; map: number; w: number } {
  const [kindOfPrefix, ...fields] = token.split('.');
  let lengths = 0;
  let prefixes = prefixBits.NP;
  let map = 0;
  let w = 3;
  for (const field of fields) {
    if (field in vexLengths) lengths |= vexLengths[field];
    else if (field in prefixBits) prefixes = prefixBits[field];
    else if (field in vexMaps) map = vexMaps[field];
    else if (field === 'W0' || field === 'W1') w = field === 'W0' ? 1 : 2;
    else if (field !== 'LIG' && field !== 'WIG') throw new Error(`unknown field ${field} in encoding ${token}`);
  }
  return { vex: kindOfPrefix === 'VEX' ? 1 : 2, lengths: lengths || 7, prefixes, map, w };
}

const immediateTokens = new Set(['ib', 'iw', 'iz', 'iv', 'cb', 'cz']);
const spans: Record<string, number> = { '': 1, '+r': 8, '+i': 8, '+cc': 16 };

export function parseEncoding(text: string): Encoding {
  const tokens = text.split(' ');
  let vex = 0;
  let lengths = 7;
  let map = 0;
  let opcode = -1;
  let span = 1;
  let conditional = false;
  let prefixes = 15;
  let w = 3;
  let modrm = -1;
  let modrmSpan = 1;
  let digit = -1;
  let hasModrm = false;
  let anyMod = false;
  tokens.forEach((token, i) => {
    if (token === '/r') hasModrm = true;
    else if (immediateTokens.has(token)) return;
    else if (i === 0 && token.includes('VEX')) ({ vex, lengths, prefixes, map, w } = parseVex(token));
    else if (i === 0 && tokens.length > 1 && token in prefixBits) prefixes = prefixBits[token];
    else if (token === 'REX.W') w = 2;
    else if (token === '0F' && map === 0 && opcode < 0) map = 1;
    else if ((token === '38' || token === '3A') && vex === 0 && map === 1 && opcode < 0) map = token === '38' ? 2 : 3;
    else if (token === 'mod=any') anyMod = true;
    else if (token.length === 2 && token[0] === '/' && token >= '/0' && token <= '/7') {
      hasModrm = true;
      digit = Number(token[1]);
    } else {
      const byte = Number.parseInt(token.slice(0, 2), 16);
      const suffix = token.slice(2);
      if (Number.isNaN(byte) || !(suffix in spans)) throw new Error(`unknown token ${token} in encoding ${text}`);
      if (opcode < 0) {
        opcode = byte;
        span = spans[suffix];
        conditional = suffix === '+cc';
      } else {
        modrm = byte;
        modrmSpan = spans[suffix];
        hasModrm = true;
      }
    }
  });
  return {
    vex,
    lengths,
    map,
    opcode,
    span,
    conditional,
    prefixes,
    prefixNamed: prefixes !== 15,
    w,
    hasModrm,
    modrm,
    modrmSpan,
    digit,
    anyMod,
  };
}

/**
 * Where a form belongs, without reading the rest of its encoding: `key` as in `compileOpcode`, and how many opcodes
 * from there on.
 */
export function placeOf(text: string): { key: number; span: number } {
  let vex = 0;
  let map = 0;
  let at = 0;
  if (text[0] === 'V' || text.startsWith('EV')) {
    vex = text[0] === 'V' ? 1 : 2;
    at = text.indexOf(' ') + 1;
    const fields = text.slice(0, at);
    map = fields.includes('.0F38') ? 2 : fields.includes('.0F3A') ? 3 : 1;
  } else {
    if (text[2] === ' ' && text.slice(0, 2) in prefixBits) at = 3;
    if (text.startsWith('REX.W ', at)) at += 6;
    if (text.startsWith('0F ', at)) {
      map = text.startsWith('38 ', at + 3) ? 2 : text.startsWith('3A ', at + 3) ? 3 : 1;
      at += map === 1 ? 3 : 6;
    }
  }
  const opcode = Number.parseInt(text.slice(at, at + 2), 16);
  const span = text[at + 2] !== '+' ? 1 : text[at + 3] === 'c' ? 16 : 8;
  return { key: (vex << 10) | (map << 8) | opcode, span };
}
