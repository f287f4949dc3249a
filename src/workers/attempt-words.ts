/** What becomes of attempts, in words for people. Pure. */

import { errorName } from "./spool/end-result.js";
import type { Outlived } from "../domain/ports.js";

/**
 * What an attempt left behind when it ended, on purpose as far as anybody can tell.
 *
 * @param isLast no more such tasks are named
 */
export function leftWords({ job, task, processes }: Outlived, isLast: boolean): string {
  const what = processes === 1 ? "a process that runs on: it is" : `${processes} processes that run on: they are`;
  return `job "${job}": task ${JSON.stringify(task)} has ended and left ${what} left alone${isLast ? "; more such tasks are not named" : ""}`;
}

/** An attempt that outlives every KILL. */
export function stuckWords({ job, task, processes }: Outlived): string {
  const what = processes === 1 ? "a process" : `${processes} processes`;
  return `job "${job}": ${what} of task ${JSON.stringify(task)} can't be ended (of another user, or stuck in the system); waiting`;
}

/** What the log of an attempt would hold is gone: there was no place for it when it was to get its name. */
export function lostLogWords({ job, task }: { readonly job: string; readonly task: string }, errno: number): string {
  return `job "${job}": what task ${JSON.stringify(task)} wrote is lost: its log could not be put in its place (${errorName(errno)})`;
}

/** Why an attempt that is to be ended is not. */
export const OUT_OF_SIGHT = "it runs in another container, where alone it can be ended; waiting until it has ended";

/** Why what a runner has does not go on. */
export function stoppedWords(pid: number): string {
  return `the process that runs it is stopped; kill -CONT ${pid} lets it go on`;
}

/** Likewise of a runner whose spool takes nothing. */
export function refusedWords(pid: number): string {
  return `its runner (process ${pid}) can't write down what becomes of its tasks: see to the disk`;
}
