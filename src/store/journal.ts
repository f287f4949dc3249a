/**
 * Appends to `journal.ndjson`. One writer, under the job's lock; driven by writer.ts; knows nothing of what the lines mean.
 *
 * Promises: `append` returns once every byte is with the operating system (safe from a crash of ours), or throws with nothing of it
 * left in the file. `sync` makes it safe from a power loss; syncs run off the main thread and one at a time, so that all lines appended
 * meanwhile share the next one (group commit).
 */

import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import type { JobEvent } from "../domain/events.js";
import { encodeEvent } from "./journal-format.js";

const datasync = promisify(fdatasync);

export class Journal {
  readonly #fd: number;
  #seq: number;
  #size: number;
  /** Bytes that a failed append left behind because the truncation failed too. */
  #hasRubbish = false;
  #syncedSize = 0;
  #syncing: Promise<void> | null = null;

  private constructor(fd: number, seq: number) {
    this.#fd = fd;
    this.#seq = seq;
    this.#size = fstatSync(fd).size;
  }

  /**
   * @param seq the number of the last line in the file, 0 for a new one; the reader has checked the file and cut its torn end.
   */
  static open(path: string, seq: number): Journal {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    return new Journal(openSync(path, flags, 0o600), seq);
  }

  /** How many lines it has: the number of the last one. */
  get lines(): number {
    return this.#seq;
  }

  get size(): number {
    return this.#size;
  }

  /** How much of it is safe from a power loss. */
  get syncedSize(): number {
    return this.#syncedSize;
  }

  /** Appends events in order. Throws the file system's error with nothing of them in the file. */
  append(events: readonly JobEvent[]): void {
    if (this.#hasRubbish) this.#truncate();
    let seq = this.#seq;
    let text = "";
    for (const event of events) text += encodeEvent(++seq, event);
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      // On a full disk a write may come back short without an error: the next one then throws.
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      if (written > 0) {
        this.#hasRubbish = true;
        this.#truncate();
      }
      throw error;
    }
    this.#seq = seq;
    this.#size += bytes.length;
  }

  /** Resolves when everything appended so far is on disk. */
  async sync(): Promise<void> {
    const target = this.#size;
    while (this.#syncedSize < target) {
      this.#syncing ??= this.#syncOnce().finally(() => (this.#syncing = null));
      await this.#syncing;
    }
  }

  async #syncOnce(): Promise<void> {
    const size = this.#size;
    await datasync(this.#fd);
    this.#syncedSize = size;
  }

  #truncate(): void {
    ftruncateSync(this.#fd, this.#size);
    this.#hasRubbish = false;
  }

  /** Waits for a sync in flight: closing under it would sync somebody else's descriptor. */
  async close(): Promise<void> {
    await this.#syncing?.catch(() => {});
    closeSync(this.#fd);
  }
}
