/**
 * Reads the history of a run from its journal, as a visitor: no lock, nothing changed, what is being appended meanwhile may be missing. Of
 * a damaged journal it gives what stands before the damage.
 */

import { AirError } from "../../domain/errors.js";
import type { RunHistory } from "../../domain/history.js";
import { readJournal } from "../journal/journal-reader.js";
import { jobPaths, type JobPaths } from "../layout.js";
import { explainRefusal } from "../../system/look/refusal.js";
import { History } from "./history.js";

/**
 * Null without a journal, or if its first line is not whole: nobody has taken the job in yet.
 *
 * @throws AirError `AIR_UNSAFE_PATH` for one that we may not read, `AIR_DISK` or `AIR_SYSTEM` for one that can't be read now.
 */
export function readHistory({ journal }: Pick<JobPaths, "journal">): RunHistory | null {
  const history = new History();
  let events = 0;
  let damage: string | null = null;
  try {
    readJournal(journal, (event) => {
      history.apply(event);
      events += 1;
    });
  } catch (error) {
    if (!(error instanceof AirError)) throw explainRefusal(error, journal, "read");
    if (error.code === "AIR_NOT_FOUND") return null;
    if (error.code !== "AIR_DAMAGED") throw error;
    damage = error.message;
  }
  return events === 0 ? null : history.tell(damage);
}

/** The same for the directory of a run, wherever it was found. */
export function readHistoryIn(dir: string): RunHistory | null {
  return readHistory(jobPaths(dir));
}
