/** What a rewritten tasks.json says that its job does not know yet. Pure: gives what is to be recorded, and records nothing. */

import type { JobEvent } from "../../domain/events.js";
import type { TaskSpec } from "../../domain/task.js";
import { tasksAdded } from "../journal/new-journal.js";
import type { Picture } from "../picture/picture.js";
import { isSameTask } from "../same-tasks.js";
import type { Rewrite } from "./tasks-rewrite.js";

export interface RewriteNews {
  readonly added: readonly TaskSpec[];
  /** Tasks that were changed, as they would be. */
  readonly edited: readonly TaskSpec[];
  /** What is not followed, a sentence each. */
  readonly notes: readonly string[];
}

export function newsOf(rewrite: Rewrite, picture: Picture): RewriteNews {
  return {
    added: rewrite.added.filter(({ id }) => !picture.ids.has(id)),
    edited: rewrite.edited.flatMap(({ task, faults }) => (faults.length > 0 || isKnownEdit(task, picture) ? [] : [task])),
    notes: [...rewrite.refusals, ...rewrite.changes].filter((note) => !picture.warnings.includes(note)),
  };
}

/** Of what is not followed, as much as fits into a warning. */
export function inShort([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} (and ${others.length} more: see its status)`;
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
