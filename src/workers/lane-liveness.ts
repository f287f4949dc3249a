/** Whether a lane of an earlier engine still lives. */

import { lookAtLock } from "../system/lock-look.js";
import { NO, unknown, type Look } from "../system/look.js";
import { bootId, isAlive, type ProcessIdentity } from "../system/process-identity.js";

/** By its identity, or, if it lives where we can't see processes (another pid namespace), by the lock that it holds on its spool. */
export function isLaneAlive(lane: ProcessIdentity | null, spool: string): Look {
  try {
    if (lane === null || lane.bootId !== bootId()) return NO;
  } catch (error) {
    return unknown(error);
  }
  const life = isAlive(lane);
  return life.answer === "no" ? lookAtLock(spool) : life;
}
