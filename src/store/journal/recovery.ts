/**
 * Makes a job's picture from its journal, and its journal fit for appending again. Called under the job's lock; takes that of the journal,
 * too, which holds even if somebody removes the other.
 *
 * A torn tail, which a crash may leave, is cut; a copy is kept. Damage in the middle is an error (journal-reader.ts).
 */

import { ftruncateSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Journal } from "./journal.js";
import { readJournal } from "./journal-reader.js";
import type { JobPaths } from "../layout.js";
import { Picture } from "../picture/picture.js";
import { aboutPath } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import { lockFile } from "../../system/lock/file-lock.js";
import { certain } from "../../system/look/look.js";
import { openToAppend } from "../../system/read/open-file.js";
import { hasEntries, isThere } from "../../system/look/path-look.js";

export interface Recovered {
  readonly picture: Picture;
  readonly journal: Journal;
}

/**
 * @returns null if there is no journal, or none whose first line is whole: then the job was never taken in.
 * @throws AirError `AIR_DAMAGED`, `AIR_LOCKED`; the system's error if that can't be told now, for a job that is taken in anew is run anew.
 */
export async function recover(paths: JobPaths): Promise<Recovered | null> {
  const fd = await lockFile(paths.journal, `job "${basename(paths.dir)}"`);
  try {
    const found = readPicture(paths);
    if (found === null || fd === null) {
      if (fd !== null) letGo(fd);
      return null;
    }
    const { picture, end } = found;
    if (end.torn.length > 0) {
      keepTorn(paths.journalTorn, end.torn);
      ftruncateSync(fd, end.size);
    }
    picture.hasOldLogs = certain(hasEntries(paths.logs)) !== null;
    return { picture, journal: Journal.open(paths.journal, end.seq, fd, end.format) };
  } catch (error) {
    if (fd !== null) letGo(fd);
    throw aboutPath(error, paths.journal);
  }
}

function keepTorn(path: string, torn: Buffer): void {
  const fd = openToAppend(path);
  try {
    writeFileSync(fd, torn);
  } catch (error) {
    throw aboutPath(error, path);
  } finally {
    letGo(fd);
  }
}

/** The picture alone: changes nothing, needs no lock; what is being appended meanwhile may be missing. Throws as `recover`. */
export function readPicture(paths: JobPaths): { picture: Picture; end: ReturnType<typeof readJournal> } | null {
  if (!isThere(paths.journal)) return null;
  let picture = new Picture();
  let hasEnded = false;
  let end = readJournal(paths.journal, (event) => {
    hasEnded ||= picture.isRunningMap && (event.type === "job-ended" || event.type === "job-restored");
    if (!hasEnded) picture.apply(event);
  });
  // A map that has ended is a job like any other: what is done to it may concern every task.
  if (hasEnded) {
    picture = new Picture({ keepsAll: true });
    end = readJournal(paths.journal, (event) => picture.apply(event));
  }
  return end.seq === 0 ? null : { picture, end };
}
