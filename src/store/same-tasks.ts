/** Tells whether tasks ask for the same: an unfinished run is only taken up for its own tasks, and an edited task is another. Pure. */

import { isDeepStrictEqual } from "node:util";
import type { TaskSpec } from "../domain/task.js";
import type { Picture } from "./picture.js";

/**
 * Null if the tasks are the same, else the first difference in words. When a task was created says nothing about what it does, and tasks
 * that were added to the run later are no difference.
 */
export function differingTask(tasks: readonly TaskSpec[], picture: Picture): string | null {
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

function withoutOrigin({ createdAt: _createdAt, extra: _extra, ...meaning }: TaskSpec): Omit<TaskSpec, "createdAt" | "extra"> {
  return meaning;
}
