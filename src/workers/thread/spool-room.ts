/** How long a spool may become before another runner, with a spool of its own, takes what comes: that of a manager that lives for months would grow for ever. */

import { processLimit } from "../../system/process/process-limit.js";

/** About a million tasks. */
const MOST_BYTES = 64 * 1024 * 1024;

export class SpoolRoom {
  /** A file that may not grow (`ulimit -f`) takes no beginning and no end: half of it is for what runs by then. */
  #bytes = Math.min(MOST_BYTES, (processLimit("file size") ?? Infinity) / 2);

  /** True when so many bytes more fill it: once. */
  take(bytes: number): boolean {
    const had = this.#bytes;
    this.#bytes -= bytes;
    return had > 0 && this.#bytes <= 0;
  }
}
