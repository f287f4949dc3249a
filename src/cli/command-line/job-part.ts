/** The part of a job file that is to be run: `--only`, `--until` and `--except`. */

import { selectPart, unknownNames, type Part } from "../../analysis/select-part.js";
import type { JobSpec } from "../../index.js";
import type { Settings } from "./settings.js";
import { suggestion } from "./suggest-word.js";
import { UsageError } from "./usage-error.js";

export function partOf(settings: Settings): Part {
  return { only: settings.list("only"), until: settings.list("until"), except: settings.list("except") };
}

/** False for a job as a whole. */
export function isPart({ only, until, except }: Part): boolean {
  return only.length + until.length + except.length > 0;
}

/** @throws UsageError for a name that no task has, and if nothing is left. */
export function takePart(job: JobSpec, part: Part, file: string): JobSpec {
  if (!isPart(part)) return job;
  const [unknown] = unknownNames(job.tasks, part);
  if (unknown !== undefined) {
    const names = job.tasks.map(({ id }) => id);
    throw new UsageError(`there is no task "${unknown}" in ${file}${suggestion(unknown, names)}`);
  }
  const tasks = selectPart(job.tasks, part);
  if (tasks.length === 0)
    throw new UsageError(
      `nothing is left of ${file}: --except takes away ${part.only.length > 0 ? "what --only needs" : "every task"}`,
    );
  return { ...job, tasks };
}
