/**
 * Makes a job's picture from its journal, and its journal fit for appending again. Called under the job's lock.
 *
 * A torn tail, which a crash may leave, is cut; a copy is kept. Damage in the middle is an error (journal-reader.ts).
 */

import { accessSync, closeSync, constants, existsSync, opendirSync, openSync, truncateSync, writeFileSync } from "node:fs";
import { Journal } from "./journal.js";
import { readJournal } from "./journal-reader.js";
import type { JobPaths } from "../layout.js";
import { Picture } from "../picture/picture.js";

export interface Recovered {
  readonly picture: Picture;
  readonly journal: Journal;
}

/**
 * @returns null if there is no journal, or none whose first line is whole: then the job was never taken in.
 * @throws AirError `AIR_DAMAGED`.
 */
export function recover(paths: JobPaths): Recovered | null {
  const found = readPicture(paths);
  if (found === null) return null;
  const { picture, end } = found;
  if (end.torn.length > 0) {
    keepTorn(paths.journalTorn, end.torn);
    truncateSync(paths.journal, end.size);
  }
  picture.hasForeignLogs = hasEntries(paths.logs);
  return { picture, journal: Journal.open(paths.journal, end.seq) };
}

/** Never through a link. */
function keepTorn(path: string, torn: Buffer): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, torn);
  } finally {
    closeSync(fd);
  }
}

/** False if there is no such directory. */
export function hasEntries(directory: string): boolean {
  if (!existsSync(directory)) return false;
  // Its error names the path, unlike that of opendir.
  accessSync(directory, constants.R_OK);
  const entries = opendirSync(directory);
  try {
    return entries.readSync() !== null;
  } finally {
    entries.closeSync();
  }
}

/** The picture alone: changes nothing, needs no lock; what is being appended meanwhile may be missing. */
export function readPicture(paths: JobPaths): { picture: Picture; end: ReturnType<typeof readJournal> } | null {
  if (!existsSync(paths.journal)) return null;
  let picture = new Picture();
  let hasEnded = false;
  let end = readJournal(paths.journal, (event) => {
    hasEnded ||= picture.had !== null && (event.type === "job-ended" || event.type === "job-restored");
    if (!hasEnded) picture.apply(event);
  });
  // A map that has ended is a job like any other: what is done to it may concern every task.
  if (hasEnded) {
    picture = new Picture({ keepsAll: true });
    end = readJournal(paths.journal, (event) => picture.apply(event));
  }
  return end.seq === 0 ? null : { picture, end };
}
