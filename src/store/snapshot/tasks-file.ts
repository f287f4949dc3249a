/**
 * tasks.json as others or an earlier engine of ours wrote it: tasks and what became of them.
 *
 * Called for dropped jobs, for tasks that users append to a running job, and for old directories. More patient than a job file:
 * keys that we don't know are kept, the guide's keys may be missing, and times may look as Python prints them.
 */

import type { Fault } from "../../domain/errors.js";
import { describe } from "../text/describe.js";
import { locateData, placeFaults, type Locate } from "../text/places.js";
import { readTasks, type ReadTasks } from "../text/task-reader.js";
import { formatTimestamp } from "../text/timestamp.js";
import { parseText } from "../text/text-source.js";

export interface TasksReading extends Pick<ReadTasks, "tasks" | "records"> {
  readonly faults: readonly Fault[];
  /** Makes a place of a path such as `["tasks", 3, "dependencies", 0]`, for further faults. */
  readonly locate: Locate;
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
  if (parsed.fault !== null) return nothing(parsed.fault, locateData(null, source.fileName));
  const { value, locate } = parsed;
  if (!Array.isArray(value))
    return nothing({ place: locate([]), message: `expected a list of tasks, got ${describe(value)}` }, locate);
  const read = await readTasks(value, { createdAt: formatTimestamp(source.now), isTasksJson: true });
  return { tasks: read.tasks, records: read.records, faults: placeFaults(read.faults, locate), locate };
}

function nothing(fault: Fault, locate: Locate): TasksReading {
  return { tasks: [], records: [], faults: [fault], locate };
}
