/**
 * Adding tasks to a job that is there: all of them or none. A task that the job has already, just so, is no mistake.
 */

import type { AddAnswer } from "../../control/protocol.js";
import { AirError } from "../../domain/errors.js";
import type { JobSpec } from "../../domain/job.js";
import type { TaskSpec } from "../../domain/task.js";
import { tasksAdded } from "../../store/journal/new-journal.js";
import type { Picture } from "../../store/picture/picture.js";
import { isSystemError, systemWords } from "../../system/look/error-code.js";
import { isSameTask } from "../../store/same-tasks.js";
import { fitsItself, type FitCheck } from "../../store/text/demand-faults.js";
import { graphFaults } from "../../store/text/graph-faults.js";
import { writtenJobOptions } from "../../store/text/job-options.js";
import { invalidJob, locateData, placeFaults, type PathFault } from "../../store/text/places.js";
import { specText } from "../../store/text/task-line.js";
import { clock } from "../clock.js";
import type { RunningJob } from "../running-job.js";
import { askToAdd, type Added } from "./ask-holder.js";
import type { Change } from "./change.js";
import { refuseOfMap, refuseWhileCancelling } from "./refusals.js";

/** @throws AirError `AIR_USAGE` for what holds for a job as a whole. */
export function tasksOfAddition(spec: JobSpec): readonly TaskSpec[] {
  const { env = {}, ...others } = writtenJobOptions(spec);
  for (const key of Object.keys(others))
    throw new AirError("AIR_USAGE", `${key} holds for a job as a whole and can't be changed by adding tasks: leave it out`);
  return spec.tasks.map((task) => ({ ...task, env: { ...env, ...task.env } }));
}

export function addition(tasks: readonly TaskSpec[]): Change<Added> {
  return {
    here: async (job, engine) => ({ ...(await addHere(job, tasks, engine.fit)), isRunning: true }),
    there: (base, name) => {
      const given = tasks.map((task): unknown => JSON.parse(specText(task)));
      return askToAdd(base, name, given);
    },
    alone: async (opened) => {
      const { picture } = opened;
      refuseWhileCancelling(picture);
      const { added, present } = planAddition(tasks, picture, await fitsItself(tasks, picture.settings.pools));
      opened.note([...tasksAdded(added, clock.now())]);
      // Without anything new an ended job stays as it is, with the edits that wait in its tasks.json.
      if (!picture.isOver) await opened.bringUpToDate().catch((error: unknown) => sayOnRecord(error, picture));
      await opened.giveBack();
      return { added: added.map(({ id }) => id), present, isRunning: false };
    },
  };
}

/** @throws AirError `AIR_DISK` in place of the system's error. */
function sayOnRecord(error: unknown, { name }: Picture): never {
  if (!isSystemError(error)) throw error;
  const state = `its tasks are on record, but its files, which status and managers read, can't be written (${systemWords(error)})`;
  throw new AirError("AIR_DISK", `job "${name}": ${state}. Nothing is lost: see to the disk, then add the same again.`, {
    cause: error,
  });
}

export async function addHere(job: RunningJob, tasks: readonly TaskSpec[], fit: FitCheck): Promise<AddAnswer> {
  const { added, present } = planAddition(tasks, job.picture, await fit(tasks, job.picture.settings.pools));
  if (added.length > 0) job.add(added);
  return { added: added.map(({ id }) => id), present };
}

interface Addition {
  /** Tasks that are new to the job. */
  readonly added: readonly TaskSpec[];
  /** Ids of those that it has already. */
  readonly present: readonly string[];
}

/**
 * @param demands what speaks against what they take.
 * @throws AirError `AIR_INVALID_JOB` with every fault: an id that the job has with another meaning, a dependency that nobody knows, a cycle;
 * `AIR_CONFLICT` for a map.
 */
function planAddition(tasks: readonly TaskSpec[], picture: Picture, demands: readonly PathFault[]): Addition {
  refuseOfMap(picture);
  const isPresent = tasks.map((task) => {
    const index = picture.ids.get(task.id);
    return index !== undefined && isSameTask(task, picture.tasks[index]!);
  });
  const places = tasks.flatMap((_, index) => (isPresent[index] === true ? [] : [index]));
  const added = places.map((index) => tasks[index]!);
  const ofGraph = graphFaults(added, picture.ids).map(({ path: [root, place, ...rest], message }): PathFault => ({
    path: [root!, places[place as number]!, ...rest],
    message,
  }));
  const faults = [...ofGraph, ...demands];
  if (faults.length > 0) throw invalidJob(`the addition to job "${picture.name}"`, placeFaults(faults, locateData(tasks)));
  return { added, present: tasks.flatMap(({ id }, index) => (isPresent[index] === true ? [id] : [])) };
}
