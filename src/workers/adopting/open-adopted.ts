/** Opens the spool of an earlier runner, whichever version wrote it. */

import { fstatSync, readSync, writeSync } from "node:fs";
import { flock } from "../../system/lock/flock.js";
import { letGo } from "../../system/look/let-go.js";
import { certain } from "../../system/look/look.js";
import { openFile, openToAppend } from "../../system/read/open-file.js";
import type { AdoptedSpool } from "./adopted-spool.js";
import { LaneSpool } from "./lane-spool.js";
import { RunnerSpool } from "./runner-spool.js";

const [LOWER_L] = Buffer.from("l");
/** What closes a spool for every runner that comes too late: it takes an empty one alone. */
const CLOSED = "q\n";

export interface AdoptedPlace {
  /** True for the way to one without a name that leads through its runner. Default: false. */
  readonly isRemoved?: boolean;
}

/**
 * Null if there is none, or something else is in its place.
 *
 * A spool in which nothing stands may be one whose runner is just coming up, with our attempts among its first commands. Nothing can be
 * said of it then; so it is closed before it is opened, unless a runner has it.
 *
 * @throws the file system's errors.
 */
export async function openAdopted(
  path: string,
  keys: readonly number[],
  { isRemoved = false }: AdoptedPlace = {},
): Promise<AdoptedSpool | null> {
  const fd = openIfThere(path, isRemoved);
  if (fd === null) return null;
  try {
    const first = Buffer.alloc(1);
    if (readSync(fd, first, 0, 1, 0) === 0 && !isRemoved) await closeUnlessHeld(path);
    readSync(fd, first, 0, 1, 0);
    return first[0] === LOWER_L ? new LaneSpool(path, fd, keys) : new RunnerSpool(path, fd, keys);
  } catch (error) {
    letGo(fd);
    throw error;
  }
}

/** Null if there is no plain file. Does not hang on a FIFO. */
function openIfThere(path: string, followsLinks: boolean): number | null {
  const file = openFile(path, { followsLinks });
  return file.answer === "other" ? null : certain(file);
}

async function closeUnlessHeld(path: string): Promise<void> {
  const fd = openToAppend(path);
  try {
    if ((await flock(fd)) && fstatSync(fd).size === 0) writeSync(fd, CLOSED);
  } finally {
    letGo(fd);
  }
}
