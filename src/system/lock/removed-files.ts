/**
 * Files that were removed while a process that has locked them keeps them open, as Linux tells it: whoever has their path through that process
 * can read them. Those alone that took the lock themselves are found, not by a helper that is gone.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isSameDirectory } from "../look/same-directory.js";
import { isOurs, orElse } from "./open-holder.js";

const LOCK = /^\d+: FLOCK +\w+ +WRITE (\d+) /gm;
const REMOVED = " (deleted)";

/**
 * Of a directory, but for our own: the paths through their processes, by the names that the files had.
 *
 * @throws the system's error for want of handles.
 */
export function removedFilesOf(directory: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const pid of lockers().filter((other) => other !== process.pid && isOurs(other))) {
    for (const fd of orElse([], () => readdirSync(`/proc/${pid}/fd`))) {
      const path = `/proc/${pid}/fd/${fd}`;
      const file = orElse("", () => readlinkSync(path));
      if (file.endsWith(REMOVED) && isSameDirectory(dirname(file), directory))
        files.set(basename(file).slice(0, -REMOVED.length), path);
    }
  }
  return files;
}

function lockers(): number[] {
  if (process.platform !== "linux") return [];
  const text = orElse("", () => readFileSync("/proc/locks", "latin1"));
  return [...new Set([...text.matchAll(LOCK)].map(([, pid]) => Number(pid)))];
}
