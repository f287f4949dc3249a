/**
 * Which tasks a retry runs again. For unfinished and ended jobs alike; resets nothing itself. Looks at every task once;
 * decides nothing about when they run.
 */

import { AirError } from "../../domain/errors.js";
import type { LoadedJob, RetryWish } from "../../domain/job.js";
import type { FinalStatus, TaskStatus } from "../../domain/task.js";
import { isFinal } from "../../domain/task.js";

/**
 * The ids, in the order of the job. All of them have ended; what has not yet will run in any case.
 *
 * @throws AirError `AIR_NOT_FOUND` for a task that the job doesn't have, `AIR_CONFLICT` if a task completed or one behind `from` runs,
 * `AIR_USAGE` if both are given.
 */
export function selectRetry({ name, tasks, records }: Pick<LoadedJob, "name" | "tasks" | "records">, wish: RetryWish): string[] {
  if (wish.tasks !== undefined && wish.from !== undefined) {
    throw new AirError("AIR_USAGE", "expected either tasks to retry or one to retry from, got both");
  }
  const statuses = new Map(tasks.map(({ id }, index) => [id, records[index]!.status] as const));
  const statusOf = (id: string): TaskStatus => {
    const status = statuses.get(id);
    if (status === undefined) {
      throw new AirError("AIR_NOT_FOUND", `there is no task ${JSON.stringify(id)} in job ${JSON.stringify(name)}`);
    }
    return status;
  };
  if (wish.tasks === undefined && wish.from === undefined) {
    return pick((_, status) => status !== "completed");
  }
  const chosen = new Set(wish.tasks ?? [wish.from!]);
  chosen.forEach(statusOf);
  const dependents = dependentsById(tasks);
  // A set may grow while it is walked.
  for (const id of chosen) {
    for (const dependent of dependents.get(id) ?? []) {
      if (wish.from !== undefined || statusOf(dependent) === "skipped") {
        chosen.add(dependent);
      }
    }
  }
  for (const id of chosen) {
    refuse(id, statusOf(id));
  }
  return pick((id) => chosen.has(id));

  function pick(isWanted: (id: string, status: FinalStatus) => boolean): string[] {
    return tasks.flatMap(({ id }, index) => {
      const { status } = records[index]!;
      return isFinal(status) && isWanted(id, status) ? [id] : [];
    });
  }

  function refuse(id: string, status: TaskStatus): void {
    if (wish.from !== undefined && status === "running") {
      throw new AirError("AIR_CONFLICT", `task ${JSON.stringify(id)} runs: wait for its end, or cancel it first`);
    }
    if (wish.from === undefined && status === "completed") {
      const message = `task ${JSON.stringify(id)} completed: retry from it (--from) to run it and everything behind it again`;
      throw new AirError("AIR_CONFLICT", message);
    }
  }
}

function dependentsById(tasks: LoadedJob["tasks"]): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>();
  for (const { id, dependencies } of tasks) {
    for (const dependency of dependencies) {
      const known = dependents.get(dependency);
      if (known === undefined) {
        dependents.set(dependency, [id]);
      } else {
        known.push(id);
      }
    }
  }
  return dependents;
}
