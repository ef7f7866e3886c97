/**
 * Where Go puts arguments and results: the assignment of the register-based ABIInternal and of ABI0, computed from a
 * function's types alone. Compilers describe arguments of optimised functions badly (results often not at all), the
 * algorithm is exact.
 *
 * Source: "Go internal ABI specification" (src/cmd/compile/abi-internal.md), section "Function call argument and
 * result passing".
 */

export type TypeKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'float'
  | 'complex'
  | 'string'
  | 'slice'
  | 'interface'
  | 'pointer'
  | 'map'
  | 'chan'
  | 'func'
  | 'struct'
  | 'array'
  | 'unknown';

/** A type of the program, as plain as a debugger needs it. */
export interface ValueType {
  readonly kind: TypeKind;
  /** As a Go (or C) programmer writes it. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Members of a struct, with their offsets in bytes. */
  readonly fields?: readonly { readonly name: string; readonly offset: number; readonly type: ValueType }[];
  /** Length of an array. */
  readonly length?: number;
  /** Key of a map. */
  readonly key?: () => ValueType | undefined;
  /** What a pointer points to, what arrays, slices, channels and maps hold. A function, because types are recursive. */
  readonly element?: () => ValueType | undefined;
}
