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
import { readPicture } from "../journal/recovery.js";

/** Null if it can't be told, since the journal of a job can't be read. */
export function claimsInUse(base: string): ClaimsInUse | null {
  const claims = new Map<string, Set<number>>();
  try {
    for (const name of listJobs(base)) {
      const paths = jobPaths(join(jobsDir(base), name));
      if (hasEnded(paths)) continue;
      for (const { claim, key } of readPicture(paths)?.picture.load().inFlight ?? [])
        claims.set(claim, (claims.get(claim) ?? new Set()).add(key));
    }
    return claims;
  } catch (error) {
    if (error instanceof AirError || (error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
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
