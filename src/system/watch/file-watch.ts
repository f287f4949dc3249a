/**
 * Tells when one file is written or replaced by somebody else, as soon as the system says so. Whoever watches looks now and then as well:
 * events can be missed, and on some file systems there are none. The file itself is watched and not its directory, in which our journal
 * changes all the time.
 */

import { watch, type FSWatcher } from "node:fs";

export class FileWatch {
  readonly #onChange: () => void;
  #watcher: FSWatcher | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches the file that is there now, until it is told again. Never keeps the process alive. */
  follow(path: string): void {
    this.close();
    try {
      this.#watcher = watch(path, { persistent: false }, this.#onChange);
      this.#watcher.on("error", () => this.close());
    } catch {
      // No more watches to be had, or no file: looking now and then has to do.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
