/**
 * A WebAssembly encoder: opcodes by their text names, and modules from their parts. It knows only what the engine
 * emits. Source: WebAssembly core specification 2.0, chapter 5 (binary format), and the tail-call-free subset V8 runs.
 */

export type Ty = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const TYPE_CODE: Record<Ty, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** SIMD opcodes carry this bit so that one number tells an opcode from its prefixed namesake. */
const SIMD = 0xfd << 16;
const MISC = 0xfc << 16;

function run(prefix: string, ty: Ty, first: number, names: string): [string, [number, Ty]][] {
  return names.split(' ').map((name, i) => [`${prefix}.${name}`, [first + i, ty]]);
}

function simd(ty: Ty, list: string): [string, [number, Ty]][] {
  return list
    .trim()
    .split(/\s+/)
    .map(item => {
      const [name, code] = item.split(':');
      return [name, [SIMD | Number(code), ty]];
    });
}

const INT_COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const INT_ARITH = 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const FLOAT_ARITH = 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign';

/** Text name → opcode and result type, for every operation without immediates that the engine uses. */
export const OPS: Readonly<Record<string, readonly [number, Ty]>> = Object.fromEntries([
  ['i32.eqz', [0x45, 'i32']],
  ...run('i32', 'i32', 0x46, INT_COMPARE),
  ['i64.eqz', [0x50, 'i32']],
  ...run('i64', 'i32', 0x51, INT_COMPARE),
  ...run('f32', 'i32', 0x5b, 'eq ne lt gt le ge'),
  ...run('f64', 'i32', 0x61, 'eq ne lt gt le ge'),
  ...run('i32', 'i32', 0x67, INT_ARITH),
  ...run('i64', 'i64', 0x79, INT_ARITH),
  ...run('f32', 'f32', 0x8b, FLOAT_ARITH),
  ...run('f64', 'f64', 0x99, FLOAT_ARITH),
  ['i32.wrap_i64', [0xa7, 'i32']],
  ['i64.extend_i32_s', [0xac, 'i64']],
  ['i64.extend_i32_u', [0xad, 'i64']],
  ['f32.convert_i32_s', [0xb2, 'f32']],
  ['f32.convert_i64_s', [0xb4, 'f32']],
  ['f32.demote_f64', [0xb6, 'f32']],
  ['f64.convert_i32_s', [0xb7, 'f64']],
  ['f64.convert_i64_s', [0xb9, 'f64']],
  ['f64.convert_i64_u', [0xba, 'f64']],
  ['f64.promote_f32', [0xbb, 'f64']],
  ['i32.reinterpret_f32', [0xbc, 'i32']],
  ['i64.reinterpret_f64', [0xbd, 'i64']],
  ['f32.reinterpret_i32', [0xbe, 'f32']],
  ['f64.reinterpret_i64', [0xbf, 'f64']],
  ['i32.extend8_s', [0xc0, 'i32']],
  ['i32.extend16_s', [0xc1, 'i32']],
  ['i64.extend8_s', [0xc2, 'i64']],
  ['i64.extend16_s', [0xc3, 'i64']],
  ['i64.extend32_s', [0xc4, 'i64']],
  ['i32.trunc_sat_f32_s', [MISC | 0, 'i32']],
  ['i32.trunc_sat_f64_s', [MISC | 2, 'i32']],
  ['i64.trunc_sat_f32_s', [MISC | 4, 'i64']],
  ['i64.trunc_sat_f64_s', [MISC | 6, 'i64']],
  ...simd(
    'v128',
    `i8x16.swizzle:14 i8x16.splat:15 i16x8.splat:16 i32x4.splat:17 i64x2.splat:18 f32x4.splat:19 f64x2.splat:20
     i8x16.eq:35 i8x16.ne:36 i8x16.lt_s:37 i8x16.lt_u:38 i8x16.gt_s:39 i8x16.gt_u:40
     i16x8.eq:45 i16x8.ne:46 i16x8.lt_s:47 i16x8.lt_u:48 i16x8.gt_s:49 i16x8.gt_u:50
     i32x4.eq:55 i32x4.ne:56 i32x4.lt_s:57 i32x4.lt_u:58 i32x4.gt_s:59 i32x4.gt_u:60
     f32x4.eq:65 f32x4.ne:66 f32x4.lt:67 f32x4.gt:68 f32x4.le:69 f32x4.ge:70
     f64x2.eq:71 f64x2.ne:72 f64x2.lt:73 f64x2.gt:74 f64x2.le:75 f64x2.ge:76
     v128.not:77 v128.and:78 v128.andnot:79 v128.or:80 v128.xor:81 v128.bitselect:82
     f32x4.demote_f64x2_zero:94 f64x2.promote_low_f32x4:95
     i8x16.abs:96 i8x16.neg:97 i8x16.popcnt:98 i8x16.narrow_i16x8_s:101 i8x16.narrow_i16x8_u:102
     f32x4.ceil:103 f32x4.floor:104 f32x4.trunc:105 f32x4.nearest:106
     i8x16.shl:107 i8x16.shr_s:108 i8x16.shr_u:109 i8x16.add:110 i8x16.add_sat_s:111 i8x16.add_sat_u:112
     i8x16.sub:113 i8x16.sub_sat_s:114 i8x16.sub_sat_u:115 f64x2.ceil:116 f64x2.floor:117
     i8x16.min_s:118 i8x16.min_u:119 i8x16.max_s:120 i8x16.max_u:121 f64x2.trunc:122 i8x16.avgr_u:123
     i16x8.extadd_pairwise_i8x16_s:124 i16x8.extadd_pairwise_i8x16_u:125
     i32x4.extadd_pairwise_i16x8_s:126 i32x4.extadd_pairwise_i16x8_u:127 i16x8.abs:128 i16x8.neg:129 i16x8.q15mulr_sat_s:130 i16x8.narrow_i32x4_s:133 i16x8.narrow_i32x4_u:134
     i16x8.extend_low_i8x16_s:135 i16x8.extend_high_i8x16_s:136 i16x8.extend_low_i8x16_u:137
     i16x8.extend_high_i8x16_u:138 i16x8.shl:139 i16x8.shr_s:140 i16x8.shr_u:141
     i16x8.add:142 i16x8.add_sat_s:143 i16x8.add_sat_u:144 i16x8.sub:145 i16x8.sub_sat_s:146 i16x8.sub_sat_u:147
     f64x2.nearest:148 i16x8.mul:149 i16x8.min_s:150 i16x8.min_u:151 i16x8.max_s:152 i16x8.max_u:153
     i16x8.avgr_u:155 i16x8.extmul_low_i8x16_s:156 i16x8.extmul_high_i8x16_s:157
     i16x8.extmul_low_i8x16_u:158 i16x8.extmul_high_i8x16_u:159
     i32x4.abs:160 i32x4.neg:161 i32x4.extend_low_i16x8_s:167 i32x4.extend_high_i16x8_s:168
     i32x4.extend_low_i16x8_u:169 i32x4.extend_high_i16x8_u:170 i32x4.shl:171 i32x4.shr_s:172 i32x4.shr_u:173
     i32x4.add:174 i32x4.sub:177 i32x4.mul:181 i32x4.min_s:182 i32x4.min_u:183 i32x4.max_s:184 i32x4.max_u:185
     i32x4.dot_i16x8_s:186 i32x4.extmul_low_i16x8_s:188 i32x4.extmul_high_i16x8_s:189
     i32x4.extmul_low_i16x8_u:190 i32x4.extmul_high_i16x8_u:191
     i64x2.abs:192 i64x2.neg:193 i64x2.extend_low_i32x4_s:199 i64x2.extend_high_i32x4_s:200
     i64x2.extend_low_i32x4_u:201 i64x2.extend_high_i32x4_u:202 i64x2.shl:203 i64x2.shr_s:204 i64x2.shr_u:205
     i64x2.add:206 i64x2.sub:209 i64x2.mul:213 i64x2.eq:214 i64x2.ne:215 i64x2.lt_s:216 i64x2.gt_s:217
     i64x2.extmul_low_i32x4_s:220 i64x2.extmul_low_i32x4_u:222
     f32x4.abs:224 f32x4.neg:225 f32x4.sqrt:227 f32x4.add:228 f32x4.sub:229 f32x4.mul:230 f32x4.div:231
     f32x4.pmin:234 f32x4.pmax:235 f64x2.abs:236 f64x2.neg:237 f64x2.sqrt:239 f64x2.add:240 f64x2.sub:241
     f64x2.mul:242 f64x2.div:243 f64x2.pmin:246 f64x2.pmax:247
     i32x4.trunc_sat_f32x4_s:248 f32x4.convert_i32x4_s:250 i32x4.trunc_sat_f64x2_s_zero:252
     f64x2.convert_low_i32x4_s:254`,
  ),
  ...simd(
    'i32',
    `v128.any_true:83 i8x16.all_true:99 i8x16.bitmask:100 i16x8.all_true:131 i16x8.bitmask:132
     i32x4.all_true:163 i32x4.bitmask:164 i64x2.all_true:195 i64x2.bitmask:196`,
  ),
]);

/** Operations with one lane immediate. */
export const LANE_OPS: Readonly<Record<string, readonly [number, Ty]>> = Object.fromEntries([
  ...simd(
    'i32',
    'i8x16.extract_lane_s:21 i8x16.extract_lane_u:22 i16x8.extract_lane_s:24 i16x8.extract_lane_u:25 i32x4.extract_lane:27',
  ),
  ...simd('i64', 'i64x2.extract_lane:29'),
  ...simd('f32', 'f32x4.extract_lane:31'),
  ...simd('f64', 'f64x2.extract_lane:33'),
  ...simd(
    'v128',
    'i8x16.replace_lane:23 i16x8.replace_lane:26 i32x4.replace_lane:28 i64x2.replace_lane:30 f32x4.replace_lane:32 f64x2.replace_lane:34',
  ),
]);

/** Loads and stores: opcode, type of the value in registers, natural alignment (log2). */
export const LOADS = {
  'i32.load': [0x28, 'i32', 2],
  'i64.load': [0x29, 'i64', 3],
  'f32.load': [0x2a, 'f32', 2],
  'f64.load': [0x2b, 'f64', 3],
  'i32.load8_s': [0x2c, 'i32', 0],
  'i32.load8_u': [0x2d, 'i32', 0],
  'i32.load16_s': [0x2e, 'i32', 1],
  'i32.load16_u': [0x2f, 'i32', 1],
  'i64.load8_u': [0x31, 'i64', 0],
  'i64.load16_u': [0x33, 'i64', 1],
  'i64.load32_u': [0x35, 'i64', 2],
  'v128.load': [SIMD | 0, 'v128', 4],
} as const satisfies Record<string, readonly [number, Ty, number]>;

export const STORES = {
  'i32.store': [0x36, 2],
  'i64.store': [0x37, 3],
  'f32.store': [0x38, 2],
  'f64.store': [0x39, 3],
  'i32.store8': [0x3a, 0],
  'i32.store16': [0x3b, 1],
  'i64.store32': [0x3e, 2],
  'v128.store': [SIMD | 11, 4],
} as const satisfies Record<string, readonly [number, number]>;

export type LoadOp = keyof typeof LOADS;
export type StoreOp = keyof typeof STORES;

/** A growing run of bytes with the format's variable-length integers. */
export class Bytes {
  #buffer = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#buffer.length) this.#grow(values.length);
    this.#buffer.set(values, this.length);
    this.length += values.length;
  }

  /** Unsigned LEB128 of a value below 2^32. */
  u32(value: number): void {
    let v = value >>> 0;
    while (v >= 0x80) {
      this.byte((v & 0x7f) | 0x80);
      v >>>= 7;
    }
    this.byte(v);
  }

  /** Signed LEB128 of a 32-bit value. */
  s32(value: number): void {
    let v = value | 0;
    for (;;) {
      const low = v & 0x7f;
      v >>= 7;
      if ((v === 0 && !(low & 0x40)) || (v === -1 && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** Signed LEB128 of a 64-bit value. */
  s64(value: bigint): void {
    let v = BigInt.asIntN(64, value);
    if (v >= -0x8000_0000n && v <= 0x7fff_ffffn) {
      this.s32(Number(v));
      return;
    }
    for (;;) {
      const low = Number(v & 0x7fn);
      v >>= 7n;
      if ((v === 0n && !(low & 0x40)) || (v === -1n && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  opcode(op: number): void {
    if (op > 0xff) {
      this.byte(op >>> 16);
      this.u32(op & 0xffff);
    } else this.byte(op);
  }

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  #grow(extra: number): void {
    const next = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + extra));
    next.set(this.#buffer.subarray(0, this.length));
    this.#buffer = next;
  }
}

export interface FunctionType {
  params: readonly Ty[];
  results: readonly Ty[];
}

export type Import =
  /** Of a size that never changes. */
  | { is: 'memory'; module: string; name: string; pages: number; isShared: boolean }
  | { is: 'table'; module: string; name: string; slots: number }
  | { is: 'function'; module: string; name: string; type: FunctionType };

export interface FunctionBody {
  type: FunctionType;
  /** Locals behind the parameters. */
  locals: readonly Ty[];
  /** Instructions without the final `end`. */
  code: Uint8Array;
  export?: string;
}

export interface ModuleParts {
  imports: readonly Import[];
  functions: readonly FunctionBody[];
  /** Further types for call_indirect, in the order of `typeIndex`. */
  types: readonly FunctionType[];
  /** Functions (by index among `functions`) to put into the imported table from a slot on. */
  elements?: { slot: number; functions: readonly number[] };
}

/** A module of `encodeModule`, with its memory's import for a memory that is shared, or not. */
export function withMemory(module: Uint8Array<ArrayBuffer>, isShared: boolean): Uint8Array<ArrayBuffer> {
  const name = [...'memory'].map(letter => letter.charCodeAt(0));
  for (let at = 0; at + name.length + 2 < module.length; at++) {
    if (!name.every((byte, i) => module[at + i] === byte)) continue;
    const flags = at + name.length + 1;
    if (module[flags - 1] !== 2) continue;
    if (module[flags] === (isShared ? 3 : 1)) return module;
    const changed = module.slice();
    changed[flags] = isShared ? 3 : 1;
    return changed;
  }
  throw new Error('the module imports no memory');
}

/** Index of a type in a module made of these parts: explicit types stand first. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const types: FunctionType[] = [...parts.types];
  const typeIndex = (type: FunctionType): number => {
    const same = types.findIndex(
      t => t.params.join() === type.params.join() && t.results.join() === type.results.join(),
    );
    if (same >= 0) return same;
    types.push(type);
    return types.length - 1;
  };
  const name = (out: Bytes, text: string) => {
    out.u32(text.length);
    for (let i = 0; i < text.length; i++) out.byte(text.charCodeAt(i));
  };

  const imports = new Bytes();
  imports.u32(parts.imports.length);
  let imported = 0;
  for (const item of parts.imports) {
    name(imports, item.module);
    name(imports, item.name);
    if (item.is === 'memory') {
      imports.bytes([2, item.isShared ? 3 : 1]);
      imports.u32(item.pages);
      imports.u32(item.pages);
    } else if (item.is === 'table') {
      // Of a size that never changes, so that V8 need not look at it before each call.
      imports.bytes([1, 0x70, 1]);
      imports.u32(item.slots);
      imports.u32(item.slots);
    } else {
      imports.byte(0);
      imports.u32(typeIndex(item.type));
      imported++;
    }
  }
  const declarations = new Bytes();
  declarations.u32(parts.functions.length);
  for (const f of parts.functions) declarations.u32(typeIndex(f.type));
  const exports = new Bytes();
  const exported = parts.functions.map((f, i) => [f, i] as const).filter(([f]) => f.export);
  exports.u32(exported.length);
  for (const [f, i] of exported) {
    name(exports, f.export as string);
    exports.byte(0);
    exports.u32(imported + i);
  }
  const code = new Bytes();
  code.u32(parts.functions.length);
  for (const f of parts.functions) {
    const body = new Bytes();
    const groups: [number, Ty][] = [];
    for (const ty of f.locals) {
      const last = groups[groups.length - 1];
      if (last && last[1] === ty) last[0]++;
      else groups.push([1, ty]);
    }
    body.u32(groups.length);
    for (const [count, ty] of groups) {
      body.u32(count);
      body.byte(TYPE_CODE[ty]);
    }
    body.bytes(f.code);
    body.byte(0x0b);
    code.u32(body.length);
    code.bytes(body.view());
  }
  const typeSection = new Bytes();
  typeSection.u32(types.length);
  for (const type of types) {
    typeSection.byte(0x60);
    typeSection.u32(type.params.length);
    for (const ty of type.params) typeSection.byte(TYPE_CODE[ty]);
    typeSection.u32(type.results.length);
    for (const ty of type.results) typeSection.byte(TYPE_CODE[ty]);
  }

  const out = new Bytes();
  out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, content: Bytes) => {
    out.byte(id);
    out.u32(content.length);
    out.bytes(content.view());
  };
  section(1, typeSection);
  section(2, imports);
  section(3, declarations);
  section(7, exports);
  if (parts.elements?.functions.length) {
    const elements = new Bytes();
    elements.u32(1);
    elements.u32(0);
    elements.byte(0x41);
    elements.s32(parts.elements.slot);
    elements.byte(0x0b);
    elements.u32(parts.elements.functions.length);
    for (const f of parts.elements.functions) elements.u32(imported + f);
    section(9, elements);
  }
  section(10, code);
  return out.view().slice();
}

export const BLOCK_VOID = 0x40;
export const typeCode = (ty: Ty): number => TYPE_CODE[ty];
