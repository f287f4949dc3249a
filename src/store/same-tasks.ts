/** Tells whether tasks ask for the same: an unfinished run is only taken up for its own tasks, and an edited task is another. Pure. */

import { isDeepStrictEqual } from "node:util";
import type { JobOwner, JobSettings } from "../domain/job.js";
import type { TaskSpec } from "../domain/task.js";
import type { Picture } from "./picture/picture.js";

/** Null if the run that is wanted is the unfinished one, else the first difference in words. */
export function differenceOf(wanted: Wanted, picture: Picture): string | null {
  const difference = differingWork(wanted, picture);
  if (difference !== null) return difference;
  // All tasks find it in their environment.
  return isDeepStrictEqual(wanted.settings.env, picture.settings.env) ? null : "its `env` was changed";
}

interface Wanted {
  readonly owner: JobOwner;
  readonly settings: Pick<JobSettings, "env">;
  readonly tasks: readonly TaskSpec[];
  readonly mapOf?: string | null;
}

function differingWork(wanted: Wanted, picture: Picture): string | null {
  if (wanted.owner !== "map") return picture.isRunningMap ? "it is a map" : differingTask(wanted.tasks, picture);
  if (picture.owner !== "map") return "it is no map";
  if (!picture.isRunningMap && !picture.isOver) return "the map has ended, but tasks of it run again, or were added";
  const { map_of: before } = picture.extra;
  const isOther = typeof before === "string" && typeof wanted.mapOf === "string" && before !== wanted.mapOf;
  return isOther ? `was begun as another one: ${before}` : null;
}

/**
 * Null if the tasks are the same, else the first difference in words. When a task was created says nothing about what it does, and tasks
 * that were added to the run later are no difference.
 */
function differingTask(tasks: readonly TaskSpec[], picture: Picture): string | null {
  for (const task of tasks) {
    const index = picture.ids.get(task.id);
    if (index === undefined) return `task "${task.id}" is new`;
    if (!isSameTask(task, picture.tasks[index]!)) return `task "${task.id}" was changed`;
  }
  const given = new Set(tasks.map((task) => task.id));
  const missing = picture.tasks.slice(0, picture.initialTasks).find((task) => !given.has(task.id));
  return missing === undefined ? null : `task "${missing.id}" is missing`;
}

/** True if they ask for the same, whenever they were created and whatever else stands in them. */
export function isSameTask(one: TaskSpec, other: TaskSpec): boolean {
  return isDeepStrictEqual(withoutOrigin(one), withoutOrigin(other));
}

type Origin = "matrixOf" | "createdAt" | "extra";

function withoutOrigin({ matrixOf: _of, createdAt: _at, extra: _extra, ...meaning }: TaskSpec): Omit<TaskSpec, Origin> {
  return meaning;
}
