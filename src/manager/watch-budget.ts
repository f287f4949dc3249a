/**
 * How many directories of ended jobs the keeper may watch. A watch costs 13 µs once, 0.8 KB here and about 1 KB in the kernel, and then
 * nothing; but the system has a limit for all programs of a user, and editors need theirs.
 */

import { readFileSync } from "node:fs";

/** Where we don't know the limit, or a watch is an open file. */
const FEW = 256;
/** 13 MB. */
const MOST = 16_384;
const OUR_SHARE = 0.25;

export function watchBudget(limitFile = "/proc/sys/fs/inotify/max_user_watches"): number {
  try {
    const limit = Number(readFileSync(limitFile, "utf8"));
    return Number.isFinite(limit) ? Math.min(MOST, Math.floor(limit * OUR_SHARE)) : FEW;
  } catch {
    return FEW;
  }
}
