/** Whether an open file is still the one at its path. */

import { fstatSync } from "node:fs";
import { lookAt } from "./path-look.js";

/**
 * At its path; gone for good (removed, or another in its place); or out of reach for now, as when a directory above it was moved away or a
 * file system isn't there.
 */
export type Presence = "here" | "removed" | "away";

export function presenceOf(path: string, fd: number): Presence {
  try {
    const ours = fstatSync(fd);
    const look = lookAt(path);
    if (look.answer === "yes" && look.found.ino === ours.ino && look.found.dev === ours.dev) return "here";
    return ours.nlink === 0 || look.answer === "yes" ? "removed" : "away";
  } catch {
    // A file system that doesn't answer.
    return "away";
  }
}

/** True if it is certain that an open file is not at its path: removed, moved, or another in its place. */
export function isMissing(path: string, fd: number): boolean {
  const { answer } = lookAt(path);
  return presenceOf(path, fd) !== "here" && (answer === "yes" || answer === "no");
}
