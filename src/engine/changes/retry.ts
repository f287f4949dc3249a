/**
 * Running tasks again that have ended, and as what: people edit a task in tasks.json and then retry it, whether its job has ended or still
 * runs.
 */

import { isDeepStrictEqual } from "node:util";
import type { RetryAnswer } from "../../control/protocol.js";
import type { RetryWish } from "../../domain/job.js";
import { DEFAULT_RESOURCES } from "../../domain/resources.js";
import { isFinal, type TaskSpec } from "../../domain/task.js";
import { selectRetry } from "../../scheduler/plan/select-retry.js";
import type { JobPaths } from "../../store/layout.js";
import type { Picture } from "../../store/picture/picture.js";
import { readAtRest, type Rewrite } from "../../store/snapshot/tasks-rewrite.js";
import { fitsItself, type FitCheck } from "../../store/text/demand-faults.js";
import { graphFaults } from "../../store/text/graph-faults.js";
import { invalidJob, locateData, placeFaults } from "../../store/text/places.js";
import { clock } from "../clock.js";
import { EndedJob } from "../ended-job.js";
import { requireTasksFit } from "../machine-pools.js";
import type { RunningJob } from "../running-job.js";
import { askToRetry } from "./ask-holder.js";
import type { Change } from "./change.js";
import { refuseOfMap, refuseWhileCancelling } from "./refusals.js";

export interface Retrial extends RetryAnswer {
  /** The job if it is in our hands, null if another engine runs it. */
  readonly job: RunningJob | EndedJob | null;
}

export function retrial(wish: RetryWish): Change<Retrial> {
  return {
    here: async (job, engine) => ({ ...(await retryHere(job, wish, engine.fit)), job }),
    there: async (base, name) => {
      const answer = await askToRetry(base, name, wish);
      return answer && { ...answer, job: null };
    },
    alone: async (opened, engine) => {
      const { paths, picture } = opened;
      refuseOfMap(picture);
      refuseWhileCancelling(picture);
      const plan = await planRetry(picture, wish, await readEdits(paths, picture), paths, engine.fit);
      if (plan.tasks.length > 0) {
        // What keeps it from being run is met before anything is on record.
        await engine.prepare(0);
        opened.note([{ type: "tasks-reset", at: clock.now(), ...plan }]);
      }
      return { tasks: plan.tasks, job: picture.isOver ? await EndedJob.of(opened) : await engine.begin(opened) };
    },
  };
}

/** What was planned holds if it is still so when it is done: of two who ask at once the second one would have what runs run beside itself. */
export async function retryHere(job: RunningJob, wish: RetryWish, fit: FitCheck): Promise<RetryAnswer> {
  const { picture, paths } = job;
  refuseOfMap(picture);
  for (;;) {
    const { tasks, edited } = await planRetry(picture, wish, await readEdits(paths, picture), paths, fit);
    if (!isDeepStrictEqual(tasks, selectRetry(picture.load(), wish))) continue;
    if (tasks.length > 0) job.reset(tasks, edited);
    return { tasks };
  }
}

interface RetryPlan {
  readonly tasks: readonly string[];
  /** Those of them that were edited, as they are from now on. */
  readonly edited: readonly TaskSpec[];
}

/** What is edited in tasks.json just now. */
async function readEdits({ tasks }: JobPaths, picture: Picture): Promise<Rewrite["edited"]> {
  const lying = await readAtRest(tasks, { picture, fit: fitsItself, nowMs: clock.now() });
  return lying?.rewrite.edited ?? [];
}

/**
 * @param now what `readEdits` gives; it counts more than what was edited before and is on record.
 * @throws AirError as `selectRetry`; `AIR_INVALID_JOB` with every fault of the edits; `AIR_USAGE` if one that is to run never could.
 */
async function planRetry(
  picture: Picture,
  wish: RetryWish,
  now: Rewrite["edited"],
  { tasks: path }: JobPaths,
  fit: FitCheck,
): Promise<RetryPlan> {
  const tasks = selectRetry(picture.load(), wish);
  const chosen = new Set(tasks);
  const current = now.filter(({ task }) => chosen.has(task.id));
  const edited = new Map([...picture.edits].filter(([id]) => chosen.has(id)));
  for (const { task } of current) edited.set(task.id, task);
  const faults = current.flatMap((edit) => edit.faults);
  const whole = picture.tasks.map((task) => edited.get(task.id) ?? task);
  if (edited.size > 0) {
    const again = whole.map((task) => (chosen.has(task.id) ? task : { ...task, resources: DEFAULT_RESOURCES }));
    const ofWhole = [...graphFaults(whole), ...(await fit(again, picture.settings.pools))];
    faults.push(...placeFaults(ofWhole, locateData(whole, path)));
  }
  if (faults.length > 0) throw invalidJob(path, faults);
  const isToRun = ({ id }: TaskSpec, index: number): boolean => chosen.has(id) || !isFinal(picture.records[index]!.status);
  if (tasks.length > 0) await requireTasksFit(picture, whole.filter(isToRun), fit);
  return { tasks, edited: [...edited.values()] };
}
