/** Fetches what `classify` needs beside an exit status. Only called for attempts that did not exit with 0. */

import { closeSync, fstatSync, readSync } from "node:fs";

import type { Evidence } from "./exit-status.js";
import type { LaneShell } from "./lane.js";
import { openForReading } from "./spool.js";

/** Holds the longest line that a shell says of a command: a path has at most 4,096 bytes. */
const TAIL_BYTES = 8 * 1024;

export function readEvidence(log: string, complaint: string, file: string | null, shell: LaneShell): Evidence {
  return { log, logTail: readLogTail(log), complaint, file, shell };
}

/** The end of a log; empty if there is none that can be read. */
export function readLogTail(log: string): string {
  const fd = openForReading(log);
  if (fd === undefined) return "";
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.allocUnsafe(Math.min(size, TAIL_BYTES));
    return tail.toString("utf8", 0, readSync(fd, tail, 0, tail.length, size - tail.length));
  } finally {
    closeSync(fd);
  }
}
