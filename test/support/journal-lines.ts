/**
 * What a journal says of tasks, with code of its own: it shares nothing with the engine. Of the lines that tell of many attempts it makes one
 * for each.
 */

import { existsSync, readFileSync } from "node:fs";

export interface JournalLine {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly task?: string;
  readonly attempt?: number;
  readonly queued?: true;
  readonly outcome?: { readonly kind: string };
  readonly status?: string;
}

/** One line of the file as the events that it tells. */
export function eventsOfLine(text: string): JournalLine[] {
  const line = JSON.parse(text) as JournalLine & { readonly tasks?: readonly string[] };
  const { type, tasks = [] } = line;
  if (type === "attempts-started") return each(line, tasks, { type: "attempt-started" });
  if (type === "attempts-completed") return each(line, tasks, { type: "attempt-ended", status: "completed" });
  return [line];
}

function each(line: JournalLine, tasks: readonly string[], more: Partial<JournalLine>): JournalLine[] {
  return tasks.map((task) => Object.assign({}, line, more, { task }));
}

/** All whole lines; none if there is no journal. */
export function journalLines(path: string): JournalLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1).flatMap(eventsOfLine);
}
