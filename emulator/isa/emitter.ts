/**
 * The language that lifts are written in. A lift says what an instruction does to abstract operands; the emitter it is
 * given decides whether that becomes a tier 0 handler or a piece of a compiled region.
 */
export interface Emitter {
  readonly size: number;
}
