/**
 * A job's directory of logs, when it refused one: tried again until it takes a file. Nothing may start meanwhile. It
 * makes the directory anew if it is gone, but not the job's.
 */

import { join } from "node:path";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { clearTemporary, makeFile, temporaryOf } from "../system/write/temporary-file.js";
import { letGo } from "../system/look/let-go.js";

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5000;

export class LogPlace {
  readonly #path: string;
  readonly #onMended: () => void;
  #timer: NodeJS.Timeout | null = null;
  #delayMs = FIRST_DELAY_MS;
  /** Monotonic milliseconds. */
  #mendedAt = -Infinity;

  /** @param onMended a file can be made again. */
  constructor(path: string, onMended: () => void) {
    this.#path = path;
    this.#onMended = onMended;
  }

  /** True from a refusal until a file could be made. */
  get isRefusing(): boolean {
    return this.#timer !== null;
  }

  /** A log could not be made. If that comes soon after all seemed well, more time goes by before the next try. */
  refused(): void {
    if (this.#timer !== null) return;
    if (performance.now() - this.#mendedAt > MAX_DELAY_MS) this.#delayMs = FIRST_DELAY_MS;
    this.#tryLater();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tryLater(): void {
    this.#timer = setTimeout(() => this.#try(), this.#delayMs);
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS);
  }

  #try(): void {
    // No log has such a name.
    const file = temporaryOf(join(this.#path, "try"));
    try {
      ensurePrivateDirectory(this.#path);
      clearTemporary(file);
      letGo(makeFile(file));
      clearTemporary(file);
    } catch {
      this.#tryLater();
      return;
    }
    this.#timer = null;
    this.#mendedAt = performance.now();
    this.#onMended();
  }
}
