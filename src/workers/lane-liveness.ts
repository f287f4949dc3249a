/** Whether a lane of an earlier engine still lives. */

import { spawnSync } from "node:child_process";

import { bootId, isAlive } from "../system/process-identity.js";
import type { ProcessIdentity } from "../system/process-identity.js";

/** By its identity, or, if it lives where we can't see processes (another pid namespace), by the lock that it holds on its spool. */
export function isLaneAlive(lane: ProcessIdentity | null, spool: string): boolean {
  if (lane === null || lane.bootId !== bootId()) return false;
  return isAlive(lane) || isLocked(spool);
}

/** False where there is no `flock`. */
function isLocked(path: string): boolean {
  return spawnSync("flock", ["-n", "-x", path, "true"], { stdio: "ignore" }).status === 1;
}
