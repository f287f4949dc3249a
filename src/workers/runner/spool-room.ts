/** How long a spool may become before another runner, with a spool of its own, takes what comes: that of a manager that lives for months would grow for ever. */

import { readFileSync } from "node:fs";

/** About a million tasks. */
const MOST_BYTES = 64 * 1024 * 1024;

export class SpoolRoom {
  #bytes = spoolRoom();

  /** True when so many bytes more fill it: once. */
  take(bytes: number): boolean {
    const had = this.#bytes;
    this.#bytes -= bytes;
    return had > 0 && this.#bytes <= 0;
  }
}

/** A file that may not grow (`ulimit -f`) takes no beginning and no end: half of it is for what runs by then. */
function spoolRoom(): number {
  try {
    const most = /^Max file size\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return most === undefined ? MOST_BYTES : Math.min(MOST_BYTES, Number(most) / 2);
  } catch {
    return MOST_BYTES;
  }
}
