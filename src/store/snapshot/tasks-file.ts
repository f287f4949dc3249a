/**
 * tasks.json as others or an earlier engine of ours wrote it: tasks and what became of them.
 *
 * Called for dropped jobs, for tasks that users append to a running job, and for old directories. More patient than a job file:
 * keys that we don't know are kept, the guide's keys may be missing, and times may look as Python prints them.
 */

import type { Fault } from "../../domain/errors.js";
import { describe } from "../text/describe.js";
import { placeFaults, type PathFault } from "../text/places.js";
import { expandWritten } from "../text/template/expand-tasks.js";
import { readTasks, type ReadTasks } from "../text/task-reader.js";
import { formatTimestamp } from "../text/timestamp.js";
import { parseText } from "../text/text-source.js";

export interface TasksReading extends Pick<ReadTasks, "tasks" | "records"> {
  readonly faults: readonly Fault[];
  /** Where a task stands in the file's list. */
  readonly originOf: (index: number) => number;
  /** Further faults by paths such as `["tasks", 3, "dependencies", 0]`, at their places in the file. */
  readonly place: (faults: readonly PathFault[]) => readonly Fault[];
  /** False if the tasks could not be made of the file: then there is no graph to judge. */
  readonly isWhole: boolean;
}

/**
 * Reads the text of a tasks.json. Never throws for what is in it.
 *
 * @param source.fileName For places.
 * @param source.now For tasks without a `created_at`: milliseconds since the epoch.
 */
export async function readTasksJson(
  input: string | Uint8Array,
  source: { fileName: string; now: number },
): Promise<TasksReading> {
  const parsed = await parseText(input, source.fileName, "json");
  if (parsed.fault !== null) return nothing(parsed.fault);
  const { value, locate, sourceOf } = parsed;
  if (!Array.isArray(value)) return nothing({ place: locate([]), message: `expected a list of tasks, got ${describe(value)}` });
  const expansion = expandWritten(value, sourceOf);
  const read = await readTasks(expansion.values, { createdAt: formatTimestamp(source.now), isTasksJson: true });
  const place: TasksReading["place"] = (faults) => placeFaults(expansion.inFile(faults), locate);
  return {
    tasks: read.tasks,
    records: read.records,
    faults: [...place(read.faults), ...placeFaults(expansion.faults, locate)],
    place,
    originOf: expansion.originOf,
    isWhole: expansion.faults.length === 0,
  };
}

function nothing(fault: Fault): TasksReading {
  return { tasks: [], records: [], faults: [fault], place: () => [], originOf: (index) => index, isWhole: false };
}
