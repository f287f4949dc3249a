/**
 * What new tasks mean for a job that is there already: for the library and the control socket, where somebody asks, and for a rewritten
 * tasks.json, where nobody hears the answer. Pure: gives what is to be added; running-job.ts and job-control.ts add it.
 */

import { graphFaults } from "../store/text/graph-faults.js";
import { AirError } from "../domain/errors.js";
import type { JobEvent } from "../domain/events.js";
import type { TaskSpec } from "../domain/task.js";
import { tasksAdded } from "../store/journal/new-journal.js";
import type { Picture } from "../store/picture/picture.js";
import { invalidJob, locateData, placeFaults, type PathFault } from "../store/text/places.js";
import { isSameTask } from "../store/same-tasks.js";
import type { Rewrite } from "../store/snapshot/tasks-rewrite.js";

export interface Addition {
  /** Tasks that are new to the job. */
  readonly added: readonly TaskSpec[];
  /** Ids of those that it has already, just so: adding twice is no mistake. */
  readonly present: readonly string[];
}

/** A map takes its tasks from its input alone, and those that have ended are out of reach until it has. */
export function refuseOfMap({ name, had, isOver }: Picture): void {
  if (had === null) return;
  if (isOver) throw new AirError("AIR_CLOSED", `job "${name}" is over.`);
  const message = `job "${name}" is a map that has not ended: its tasks come from its input. Cancel it, or wait for its end.`;
  throw new AirError("AIR_CONFLICT", message);
}

/**
 * All of the tasks or none.
 *
 * @throws AirError `AIR_INVALID_JOB` with every fault: an id that the job has with another meaning, a dependency that nobody knows, a cycle;
 * `AIR_CONFLICT` for a map.
 */
export function planAddition(tasks: readonly TaskSpec[], picture: Picture): Addition {
  refuseOfMap(picture);
  const isPresent = tasks.map((task) => {
    const index = picture.ids.get(task.id);
    return index !== undefined && isSameTask(task, picture.tasks[index]!);
  });
  const places = tasks.flatMap((_, index) => (isPresent[index] === true ? [] : [index]));
  const added = places.map((index) => tasks[index]!);
  const faults = graphFaults(added, picture.ids).map(({ path: [root, place, ...rest], message }): PathFault => ({
    path: [root!, places[place as number]!, ...rest],
    message,
  }));
  if (faults.length > 0) throw invalidJob(`the addition to job "${picture.name}"`, placeFaults(faults, locateData(tasks)));
  return { added, present: tasks.flatMap(({ id }, index) => (isPresent[index] === true ? [id] : [])) };
}

/** What a rewritten tasks.json says that the job doesn't know yet. */
export function newsOf(
  rewrite: Rewrite,
  picture: Picture,
): { readonly added: readonly TaskSpec[]; readonly edited: readonly TaskSpec[]; readonly notes: readonly string[] } {
  return {
    added: rewrite.added.filter(({ id }) => !picture.ids.has(id)),
    edited: rewrite.edited.flatMap(({ task, faults }) => (faults.length > 0 || isKnownEdit(task, picture) ? [] : [task])),
    notes: [...rewrite.refusals, ...rewrite.changes].filter((note) => !picture.warnings.includes(note)),
  };
}

/** The same as a record for a job that nobody runs. */
export function eventsOfRewrite(rewrite: Rewrite, picture: Picture, at: number): JobEvent[] {
  const { added, edited, notes } = newsOf(rewrite, picture);
  const hasNotes = notes.length + edited.length > 0;
  return [...tasksAdded(added, at), ...(hasNotes ? [{ type: "edits-ignored", at, edited, notes } as const] : [])];
}

function isKnownEdit(task: TaskSpec, { edits }: Picture): boolean {
  const known = edits.get(task.id);
  return known !== undefined && isSameTask(task, known);
}
