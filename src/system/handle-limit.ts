/** How many files this process may have open: Node raises it at its start, and somebody may change it meanwhile. */

import { readFileSync } from "node:fs";

/** Infinity where there is none, or it isn't known. */
export function handleLimit(): number {
  try {
    const most = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return most === undefined ? Infinity : Number(most);
  } catch {
    return Infinity;
  }
}
