/**
 * Tells of changes in one directory, as the system reports them, also if the directory vanishes and comes back.
 * Makes no promise: events can be missed (a network mount, too many watches), so whoever uses it looks now and then as well.
 */

import { watch, type FSWatcher } from "node:fs";
import { lookAt } from "../look/path-look.js";

export class DirectoryWatch {
  readonly #path: string;
  readonly #onChange: (fileName: string | null) => void;
  #watcher: FSWatcher | null = null;
  #inode: number | null = null;

  constructor(path: string, onChange: (fileName: string | null) => void) {
    this.#path = path;
    this.#onChange = onChange;
    this.refresh();
  }

  /** Watches what is there now. True if that is another directory than before, or the first one. */
  refresh(): boolean {
    const inode = inodeOf(this.#path);
    if (inode === this.#inode) return false;
    this.close();
    this.#inode = inode;
    if (inode === null) return false;
    try {
      this.#watcher = watch(this.#path, (_, fileName) => this.#onChange(fileName));
      this.#watcher.on("error", () => this.close());
    } catch {
      // No more watches to be had: looking now and then has to do.
    }
    return true;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#inode = null;
  }
}

/** Null if nothing is there, or nothing that could be looked at: whoever uses a watch finds that out by himself. */
function inodeOf(path: string): number | null {
  const look = lookAt(path);
  return look.answer === "yes" ? look.found.ino : null;
}
