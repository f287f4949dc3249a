/**
 * Which claims are still of use: those of attempts whose end is not yet on record in their job. Asked before what killed engines left of
 * their runners is removed. Reads without locks and changes nothing.
 */

import { join } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { ClaimsInUse } from "../../domain/claims-in-use.js";
import { listJobs } from "./job-view.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { lookCloselyAt } from "../../system/look/path-look.js";
import { lookAtState } from "../runs/state-file.js";
import type { Picture } from "../picture/picture.js";
import { readPicture } from "../journal/recovery.js";

/** @throws AirError, or the system's error, if it can't be told, since the journal of a job can't be read. */
export function certainClaimsInUse(base: string): ClaimsInUse {
  return claimsOf(unendedPictures(base));
}

/** Null if it can't be told. */
export function claimsInUse(base: string): ClaimsInUse | null {
  try {
    return certainClaimsInUse(base);
  } catch (error) {
    if (error instanceof AirError || (error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
  }
}

/** What these pictures have in flight. */
export function claimsOf(pictures: Iterable<Picture>): ClaimsInUse {
  const claims = new Map<string, Set<number>>();
  for (const picture of pictures)
    for (const { claim, key } of picture.load().inFlight) claims.set(claim, (claims.get(claim) ?? new Set()).add(key));
  return claims;
}

/** One at a time: each is given up before the next is read. */
function* unendedPictures(base: string): Generator<Picture> {
  for (const name of listJobs(base)) {
    const paths = jobPaths(join(jobsDir(base), name));
    const found = hasEnded(paths) ? null : readPicture(paths);
    if (found) yield found.picture;
  }
}

/** From the small file alone, which is written last when a job ends. False if that is not certain. */
function hasEnded(paths: JobPaths): boolean {
  const [file, journal] = [lookAtState(paths.state), lookCloselyAt(paths.journal)];
  if (file.answer !== "yes" || journal.answer !== "yes") return false;
  const word = file.found.state?.["state"];
  const isFinal = word === "completed" || word === "failed" || word === "cancelled";
  return isFinal && file.found.stats.mtimeNs >= journal.found.mtimeNs;
}
