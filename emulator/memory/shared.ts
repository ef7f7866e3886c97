/**
 * Which pages of a space belong to shared mappings of files: where each file page lies, which were written, and what
 * the file had seen when they were loaded.
 */
import type { SharedFiles } from './types.ts';

interface FilePage {
  inode: number;
  offset: number;
}

interface SharedFile {
  /** The count of changes that the loaded pages are from; −1 before anybody has asked. */
  seen: number;
  /** Guest page by offset in the file. */
  pages: Map<number, number>;
}

export class SharedPages {
  /** Guest pages that were written since they were last published. */
  readonly dirty = new Set<number>();
  readonly #files = new Map<number, SharedFile>();
  readonly #homes = new Map<number, FilePage>();

  get any(): boolean {
    return this.#files.size > 0;
  }

  has(page: number): boolean {
    return this.#homes.has(page);
  }

  fileOf(page: number): FilePage | undefined {
    return this.#homes.get(page);
  }

  /** The file's page is loaded at this guest page; returns where else it was until now. */
  settle(inode: number, offset: number, page: number): number | undefined {
    let file = this.#files.get(inode);
    if (!file) {
      file = { seen: -1, pages: new Map() };
      this.#files.set(inode, file);
    }
    const other = file.pages.get(offset);
    if (other === page) return undefined;
    if (other !== undefined) this.#homes.delete(other);
    file.pages.set(offset, page);
    this.#homes.set(page, { inode, offset });
    return other;
  }

  isCurrent(inode: number, files: SharedFiles): boolean {
    return this.#files.get(inode)?.seen === files.changes(inode);
  }

  noteChanges(inode: number, files: SharedFiles): void {
    const file = this.#files.get(inode);
    if (file) file.seen = files.changes(inode);
  }

  /** Pages whose files have changed; they are forgotten here, and from now on what is loaded is current. */
  stale(files: SharedFiles): number[] {
    const pages: number[] = [];
    for (const [inode, file] of this.#files) {
      const changes = files.changes(inode);
      if (file.seen === changes) continue;
      file.seen = changes;
      for (const page of file.pages.values()) {
        if (this.dirty.has(page)) continue;
        pages.push(page);
        this.#homes.delete(page);
      }
      for (const [offset, page] of file.pages) if (!this.dirty.has(page)) file.pages.delete(offset);
    }
    return pages;
  }

  /** The guest pages [first, last] are mapped to something else, or to nothing. */
  drop(first: number, last: number): void {
    if (this.#homes.size === 0) return;
    for (const [page, { inode, offset }] of this.#homes) {
      if (page < first || page > last) continue;
      this.#homes.delete(page);
      this.dirty.delete(page);
      const file = this.#files.get(inode);
      file?.pages.delete(offset);
      if (file?.pages.size === 0) this.#files.delete(inode);
    }
  }

  /** All of them, forgotten. */
  clear(): number[] {
    const pages = [...this.#homes.keys()];
    this.#homes.clear();
    this.#files.clear();
    this.dirty.clear();
    return pages;
  }
}
