/** When the journal is synced while its job runs: one sync serves all that was appended meanwhile. Used by the writer; knows no events. */

import type { Journal } from "./journal.js";

const SYNC_EVERY_MS = 1000;
/** With so much it does not wait that long: all of it is kept in memory until it is safe. */
const MOST_UNSYNCED = 4 * 1024 * 1024;

export class GroupCommit {
  readonly #journal: Journal;
  readonly #delayMs: number;
  readonly #onSynced: () => void;
  readonly #onRefused: (error: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  #isSyncing = false;

  /** @param isStrict it follows at once. */
  constructor(journal: Journal, isStrict: boolean, onSynced: () => void, onRefused: (error: Error) => void) {
    this.#journal = journal;
    this.#delayMs = isStrict ? 0 : SYNC_EVERY_MS;
    this.#onSynced = onSynced;
    this.#onRefused = onRefused;
  }

  /** Something was appended. */
  plan(): void {
    if (this.#journal.unsynced > MOST_UNSYNCED && !this.#isSyncing) this.now();
    else this.#timer ??= setTimeout(() => this.now(), this.#delayMs);
  }

  now(): void {
    this.cancel();
    this.#isSyncing = true;
    const synced = this.#journal.sync().finally(() => (this.#isSyncing = false));
    synced.then(this.#onSynced, this.#onRefused);
  }

  /** Until the next that is appended. */
  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
