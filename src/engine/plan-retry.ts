/**
 * Which tasks a retry runs again, and as what: people edit a task in tasks.json and then retry it, whether its job has ended or still runs.
 * Pure but for reading tasks.json; job-control.ts records what comes of it.
 */

import { graphFaults } from "../store/text/graph-faults.js";
import type { RetryWish } from "../domain/job.js";
import type { TaskSpec } from "../domain/task.js";
import { selectRetry } from "../scheduler/plan/select-retry.js";
import type { JobPaths } from "../store/layout.js";
import type { Picture } from "../store/picture/picture.js";
import { invalidJob, locateData, placeFaults } from "../store/text/places.js";
import { readStanding, type Rewrite } from "../store/snapshot/tasks-rewrite.js";

export interface RetryPlan {
  readonly tasks: readonly string[];
  /** Those of them that were edited, as they are from now on. */
  readonly edited: readonly TaskSpec[];
}

/** What is edited in tasks.json just now. */
export async function readEdits({ tasks }: JobPaths, picture: Picture): Promise<Rewrite["edited"]> {
  const standing = await readStanding(tasks, { picture, nowMs: Date.now() });
  return standing?.rewrite.edited ?? [];
}

/**
 * @param now what `readEdits` gives; it counts more than what was edited before and is on record.
 * @throws AirError as `selectRetry`; `AIR_INVALID_JOB` with every fault of the edits.
 */
export function planRetry(picture: Picture, wish: RetryWish, now: Rewrite["edited"], { tasks: path }: JobPaths): RetryPlan {
  const tasks = selectRetry(picture.load(), wish);
  const chosen = new Set(tasks);
  const current = now.filter(({ task }) => chosen.has(task.id));
  const edited = new Map([...picture.edits].filter(([id]) => chosen.has(id)));
  for (const { task } of current) edited.set(task.id, task);
  const faults = current.flatMap((edit) => edit.faults);
  const whole = picture.tasks.map((task) => edited.get(task.id) ?? task);
  if (edited.size > 0) faults.push(...placeFaults(graphFaults(whole), locateData(whole, path)));
  if (faults.length > 0) throw invalidJob(path, faults);
  return { tasks, edited: [...edited.values()] };
}
