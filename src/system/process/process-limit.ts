/** What this process may have of something, as the system says it: Node raises its limit of open files at its start, and somebody may change one meanwhile. */

import { readFileSync } from "node:fs";

/** The soft limit, in the system's unit; Infinity if there is none, null where the system does not tell it (macOS). */
export function processLimit(what: "open files" | "file size" | "stack size"): number | null {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    return Number(new RegExp(`^Max ${what} +(\\d+)`, "m").exec(limits)?.[1] ?? Infinity);
  } catch {
    return null;
  }
}
