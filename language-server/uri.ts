/** Addresses of files as clients write them; what is no proper address is taken as it is. */

/** With its escapes taken back: equal for addresses of one file, however each is escaped. Never throws. */
export function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

export const folderOf = (uri: string): string => uri.slice(0, Math.max(0, uri.lastIndexOf('/')));

/** A file's or folder's name, as it is on the disk. */
export const nameOf = (uri: string): string => decoded(uri.slice(uri.lastIndexOf('/') + 1));

/** What a path such as `../asm.h` names, seen from a folder. Never throws. */
export function resolve(folder: string, path: string): string {
  const parts = folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(encodedName(part));
  }
  return parts.join('/');
}

/** One name in a folder, whatever characters are in it. Never throws. */
export const fileIn = (folder: string, name: string): string => `${folder}/${encodedName(name)}`;

const encodedName = (name: string): string => encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\ufffd'));
