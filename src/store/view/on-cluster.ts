/**
 * Whether what an earlier engine started of a job is on a cluster, as far as its journal says: then only an engine with slots there can tell
 * what became of it, and end it. Reads without a lock and changes nothing.
 */

import { join } from "node:path";
import { AirError } from "../../domain/errors.js";
import { isClusterClaim } from "../../domain/slurm-options.js";
import { isSystemError } from "../../system/look/error-code.js";
import { lookAt } from "../../system/look/path-look.js";
import { readPicture } from "../journal/recovery.js";
import { jobPaths, jobsDir, slurmDir } from "../layout.js";

/** False if that can't be told now: whoever takes the job up finds it out. */
export function runsOnCluster(base: string, name: string): boolean {
  // Where no slots ever were no journal has to be read.
  if (lookAt(slurmDir(base)).answer === "no") return false;
  try {
    return readPicture(jobPaths(join(jobsDir(base), name)))?.picture.claims.some(isClusterClaim) === true;
  } catch (error) {
    if (error instanceof AirError || isSystemError(error)) return false;
    throw error;
  }
}
