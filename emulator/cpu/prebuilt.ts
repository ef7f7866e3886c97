/**
 * The interpreter's loop as bytes, when a bundle carries it: generating it costs some fifty milliseconds of every start.
 * The bundler puts what `scripts/prebuild.ts` makes in this file's place; from source the loop is generated.
 */
export const prebuiltLoop: Uint8Array<ArrayBuffer> | undefined = undefined;
