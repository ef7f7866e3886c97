/** Addresses of files as clients write them; what is no proper address is taken as it is. */

/** With its escapes taken back. Never throws. */
export function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

/** One name as a part of an address. Never throws. */
export function encodedName(name: string): string {
  return encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\ufffd'));
}
