/** Cancelling a job, or some of its tasks. What survived an engine that is gone is ended before anything else. */

import type { CancelAnswer } from "../../control/protocol.js";
import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import { isFinal } from "../../domain/task.js";
import { CANCELLED_BY_USER } from "../../scheduler/plan/judge.js";
import type { OpenedJob } from "../../store/directory/opened-job.js";
import type { Picture } from "../../store/picture/picture.js";
import { clock } from "../clock.js";
import type { Engine } from "../engine.js";
import type { RunningJob } from "../running-job.js";
import { askToCancel } from "./ask-holder.js";
import type { Change } from "./change.js";

/** @param tasks null for the job. */
export function cancellation(tasks: readonly string[] | null): Change<CancelAnswer> {
  return {
    here: (job) => cancelHere(job, tasks),
    there: (base, name) => askToCancel(base, name, tasks),
    alone: async (opened, engine) => ({ cancelled: await cancelAlone(opened, tasks, engine) }),
  };
}

/** A run that was stopped and is about to be given back hears nothing any more. */
export function cancelHere(job: RunningJob, tasks: readonly string[] | null): CancelAnswer {
  if (job.isIdle && !job.picture.isOver) throw new AirError("AIR_CLOSED", `job "${job.picture.name}" is being given back.`);
  return { cancelled: cancelOpen(job, tasks) };
}

/**
 * Gives those of the tasks that had not ended: of a map the scheduler knows no others.
 *
 * @throws AirError `AIR_NOT_FOUND` for a task that the job doesn't have: then none is cancelled.
 */
export function cancelOpen(job: Pick<RunningJob, "picture" | "cancel">, tasks: readonly string[] | null): readonly string[] {
  const open = unended(tasks ?? [], job.picture);
  if (tasks === null) job.cancel(null);
  else if (open.length > 0) job.cancel(open);
  return open;
}

async function cancelAlone(opened: OpenedJob, tasks: readonly string[] | null, engine: Engine): Promise<readonly string[]> {
  const { picture } = opened;
  const open = unended(tasks ?? [], picture);
  if (picture.isOver || (tasks !== null && open.length === 0)) {
    await opened.giveBack();
    return [];
  }
  const at = clock.now();
  if (tasks === null) {
    opened.note([{ type: "job-cancelling", at }]);
    await (
      await engine.begin(opened)
    ).finished;
    return [];
  }
  opened.note(cancellations(open, picture, at));
  const survivors = picture.load().inFlight.flatMap(({ task }) => (open.includes(task) ? [task] : []));
  const job = await engine.begin(opened, { only: survivors });
  job.cancel(survivors);
  await job.finished;
  return open;
}

/**
 * Those that have not ended, each once.
 *
 * @throws AirError `AIR_NOT_FOUND` for a task that the job doesn't have.
 */
function unended(tasks: readonly string[], { name, ids, records, had }: Picture): readonly string[] {
  return [...new Set(tasks)].filter((task) => {
    const index = ids.get(task);
    // What has ended has left a map.
    if (index === undefined && had?.has(task) !== true)
      throw new AirError("AIR_NOT_FOUND", `there is no task ${JSON.stringify(task)} in job ${JSON.stringify(name)}`);
    return index !== undefined && !isFinal(records[index]!.status);
  });
}

/** Tasks that wait end at once. What follows for others is found out when the job is taken up. */
function cancellations(tasks: readonly string[], { ids, records }: Picture, at: number): JobEvent[] {
  return tasks.flatMap((task): JobEvent[] => {
    if (records[ids.get(task)!]!.status !== "pending") return [];
    return [{ type: "task-ended", at, task, status: "cancelled", error: CANCELLED_BY_USER, isHarmless: false }];
  });
}
