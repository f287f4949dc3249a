/**
 * Asks the engine that holds a job to change it. Needs no engine of our own, no lock and no socket: so it is the first thing that is tried.
 * Each gives null if nobody holds the job who could be asked, or if he went away before he answered.
 */

import { join } from "node:path";
import { ask } from "../../control/client.js";
import type { AddAnswer, CancelAnswer, ControlRequest, RetryAnswer } from "../../control/protocol.js";
import { isSocketName, slatePath, UNREACHED } from "../../control/socket-path.js";
import { AirError } from "../../domain/errors.js";
import type { LiveState } from "../../domain/held-back.js";
import type { RetryWish } from "../../domain/job.js";
import { controlDir, jobPaths, jobsDir } from "../../store/layout.js";
import { silenceOfHolder, socketOfHolder } from "../../system/lock/lock-holder.js";
import { describeSilence } from "../../system/process/other-machine.js";
import { isOurDirectory } from "../../system/write/private-directory.js";
import { OTHERS, readSlate } from "../../system/write/slate.js";

/** What became of an addition. */
export interface Added extends AddAnswer {
  /** True if an engine runs the job; else the tasks are on record for the next one. */
  readonly isRunning: boolean;
}

/** @param tasks as they would stand in a job file */
export async function askToAdd(base: string, job: string, tasks: readonly unknown[]): Promise<Added | null> {
  const answer = await askHolder<AddAnswer>(base, { verb: "add", job, tasks });
  return answer && { ...answer, isRunning: true };
}

export function askToCancel(base: string, job: string, tasks: readonly string[] | null): Promise<CancelAnswer | null> {
  return askHolder<CancelAnswer>(base, { verb: "cancel", job, tasks });
}

export function askToRetry(base: string, job: string, wish: RetryWish): Promise<RetryAnswer | null> {
  const { tasks = null, from = null } = wish;
  return askHolder<RetryAnswer>(base, { verb: "retry", job, tasks, from });
}

/** What only its engine knows of a job. */
export function askToExplain(base: string, job: string): Promise<LiveState | null> {
  return askHolder<LiveState>(base, { verb: "explain", job });
}

/** What a job waits for, as the engine that holds it has written down, or why it may not have come to that; null if for nothing. Asks nobody. */
export function readTrouble(base: string, job: string): string | null {
  const { lock } = jobPaths(join(jobsDir(base), job));
  const slate = slateOfHolder(base, lock);
  if (slate === null || typeof slate === "string") return slate;
  return slate.get(job) ?? describeSilence(silenceOfHolder(lock)) ?? slate.get(OTHERS) ?? unreached(slate);
}

/** Why the engine that holds a job can't be asked, as far as it knows; null if it knows nothing of that. */
export function whyUnreached(base: string, job: string): string | null {
  const slate = slateOfHolder(base, jobPaths(join(jobsDir(base), job)).lock);
  return slate === null || typeof slate === "string" ? null : unreached(slate);
}

function unreached(slate: ReadonlyMap<string, string>): string | null {
  const why = slate.get(UNREACHED);
  return why === undefined ? null : `cancel, add and retry don't reach its engine: ${why}`;
}

function slateOfHolder(base: string, lock: string): ReadonlyMap<string, string> | string | null {
  const socket = socketOfHolder(lock);
  return isSocketName(socket) && isOurDirectory(controlDir(base)) ? readSlate(slatePath(controlDir(base), socket)) : null;
}

async function askHolder<Answer>(base: string, request: ControlRequest): Promise<Answer | null> {
  const { dir, lock } = jobPaths(join(jobsDir(base), request.job));
  // Whose engine it is that listens in somebody else's directory we don't want to find out.
  if (![base, dir, controlDir(base)].every(isOurDirectory)) return null;
  const socket = socketOfHolder(lock);
  if (socket === null) return null;
  try {
    const answer = await ask(controlDir(base), socket, request);
    return answer === null ? null : (answer.ok as Answer);
  } catch (error) {
    // It is giving the job back just now.
    if (error instanceof AirError && error.code === "AIR_CLOSED") return null;
    throw error;
  }
}
