/** Tells whether a caller's tasks are those of an unfinished run: only then may the run be taken up. Pure. */

import { isDeepStrictEqual } from "node:util";
import type { TaskSpec } from "../domain/task.js";
import type { Picture } from "./picture.js";

/**
 * Null if the tasks are the same, else the first difference in words. When a task was created says nothing about what it does, and tasks
 * that were added to the run later are no difference.
 */
export function differingTask(tasks: readonly TaskSpec[], picture: Picture): string | null {
  for (const task of tasks) {
    const index = picture.indexOf(task.id);
    if (index === undefined) return `task "${task.id}" is new`;
    if (!isDeepStrictEqual(withoutOrigin(task), withoutOrigin(picture.tasks[index]!))) return `task "${task.id}" was changed`;
  }
  const given = new Set(tasks.map((task) => task.id));
  const missing = picture.tasks.slice(0, picture.initialTasks).find((task) => !given.has(task.id));
  return missing === undefined ? null : `task "${missing.id}" is missing`;
}

function withoutOrigin({ createdAt: _createdAt, extra: _extra, ...meaning }: TaskSpec): Omit<TaskSpec, "createdAt" | "extra"> {
  return meaning;
}
