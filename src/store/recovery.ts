/**
 * Makes a job's picture from its journal, and its journal fit for appending again. Called under the job's lock.
 *
 * A torn tail, which a crash may leave, is cut; a copy is kept. Damage in the middle is an error (journal-reader.ts).
 */

import { appendFileSync, existsSync, truncateSync } from "node:fs";
import { Journal } from "./journal.js";
import { readJournal } from "./journal-reader.js";
import type { JobPaths } from "./layout.js";
import { Picture } from "./picture.js";

export interface Recovered {
  readonly picture: Picture;
  readonly journal: Journal;
}

/**
 * @returns null if there is no journal, or none whose first line is whole: then the job was never taken in.
 * @throws AirError `AIR_DAMAGED`.
 */
export function recover(paths: JobPaths): Recovered | null {
  const picture = readPicture(paths);
  if (picture === null) return null;
  const { end } = picture;
  if (end.torn.length > 0) {
    appendFileSync(paths.journalTorn, end.torn, { mode: 0o600 });
    truncateSync(paths.journal, end.size);
  }
  return { picture: picture.picture, journal: Journal.open(paths.journal, end.seq) };
}

/** The picture alone: changes nothing, needs no lock; what is being appended meanwhile may be missing. */
export function readPicture(paths: JobPaths): { picture: Picture; end: ReturnType<typeof readJournal> } | null {
  if (!existsSync(paths.journal)) return null;
  const picture = new Picture();
  const end = readJournal(paths.journal, (event) => picture.apply(event));
  return end.seq === 0 ? null : { picture, end };
}
