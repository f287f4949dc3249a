/**
 * Makes the journal of an ended job short again that has grown far beyond its tasks: what the tasks are, what became of them, and what
 * each attempt did. Called under the job's lock, when nobody appends any more. What happened is never forgotten.
 *
 * In the same way a journal is written again that somebody has written over while its job ran.
 */

import type { JobEvent } from "../../domain/events.js";
import type { AttemptHistory, RunHistory, TaskHistory } from "../../domain/history.js";
import type { Outcome } from "../../domain/outcome.js";
import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { readHistory } from "./read-history.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { TASKS_A_LINE, tasksAdded, writeNewJournal } from "../journal/new-journal.js";

/** A journal of more lines than this is compacted: a few attempts of every task stay as they were recorded. */
const [LINES_A_TASK, SPARE_LINES] = [8, 1000];

/** @param lines how many the journal has. */
export async function compactLong(paths: JobPaths, picture: Picture, lines: number): Promise<void> {
  if (!picture.isOver || picture.isRunningMap || lines <= LINES_A_TASK * picture.tasks.length + SPARE_LINES) return;
  const history = readHistory(paths);
  if (history?.damage !== null) return;
  await (await writeNewJournal(paths, compacted(picture, history, picture.updatedAt))).close();
}

/** A journal of which another program has lost a part: written anew, with what was known of the job last and what can still be read of its attempts. */
export async function rewriteLost(paths: JobPaths, picture: Picture): Promise<void> {
  if (picture.claims.length > 0 || picture.isRunningMap) return;
  const read = readHistory(paths);
  const known = new Map(read?.job.id === picture.run.id ? read.tasks.map((task) => [task.spec.id, task]) : []);
  const tasks = picture.tasks.map((spec, index): TaskHistory => {
    const { pendingSince = picture.takenAt, attempts: begun = [] } = known.get(spec.id) ?? {};
    const record = picture.records[index]!;
    const earlier = begun.filter(({ attempt, endedAt }) => endedAt !== null && attempt < record.attempts);
    return { spec, record, pendingSince, readyAt: null, attempts: [...earlier, ...lastAttempt(spec, record)] };
  });
  const history = { tasks, slots: read?.slots ?? null, pauses: [], holds: [] };
  await (await writeNewJournal(paths, compacted(picture, history, picture.updatedAt))).close();
}

/** As the record of the task tells it; nothing if it has not ended. */
function lastAttempt({ resources: takes }: TaskSpec, record: TaskRecord): AttemptHistory[] {
  const { attempts: attempt, startedAt, completedAt: endedAt, exitCode, signal, status, error, usage, ranOn } = record;
  if (startedAt === null || endedAt === null) return [];
  const how: Outcome | null = exitCode === null ? null : { kind: "exited", exitCode };
  const outcome = signal === null ? how : ({ kind: "signaled", signal } as const);
  return [{ attempt, readyAt: startedAt, startedAt, endedAt, outcome, status, error, takes, usage, ranOn }];
}

/** What of a history the record of tasks doesn't tell. */
type Kept = Pick<RunHistory, "tasks" | "slots" | "pauses" | "holds">;

export function* compacted(picture: Picture, history: Kept, at: number): Generator<JobEvent> {
  const { name, run, owner, settings, extra, tasksFile, state, startedAt, completedAt, error, firstFailure, initialTasks } =
    picture;
  yield {
    type: "job-taken",
    at: picture.takenAt,
    name,
    run,
    owner,
    settings,
    extra,
    ...(tasksFile !== undefined && { tasksFile }),
  };
  yield* tasksAdded(picture.tasks, at);
  for (let start = 0; start < picture.tasks.length; start += TASKS_A_LINE) {
    const ids = picture.tasks.slice(start, start + TASKS_A_LINE).map((task) => task.id);
    yield { type: "records-restored", at, records: ids.map((id, offset) => [id, picture.records[start + offset]!] as const) };
  }
  for (const task of picture.load().harmless) {
    const { completedAt: skippedAt, error: why } = picture.records[picture.ids.get(task)!]!;
    yield { type: "task-ended", at: skippedAt ?? at, task, status: "skipped", error: why ?? "", isHarmless: true };
  }
  if (history.slots !== null) yield { type: "job-taken-up", at: picture.takenAt, slots: history.slots };
  yield* historyRestored(history, at);
  yield* history.holds;
  const { warnings, edits } = picture;
  if (warnings.length + edits.size > 0) yield { type: "edits-ignored", at, edited: [...edits.values()], notes: warnings };
  yield { type: "job-restored", at, state, startedAt, completedAt, error, firstFailure, initialTasks };
}

function* historyRestored({ tasks, pauses }: Kept, at: number): Generator<JobEvent> {
  const pendingSince: [at: number, tasks: number][] = [];
  for (const task of tasks) {
    const last = pendingSince.at(-1);
    if (last?.[0] === task.pendingSince) last[1] += 1;
    else pendingSince.push([task.pendingSince, 1]);
  }
  for (let start = 0; start < pendingSince.length; start += TASKS_A_LINE) {
    const some = pendingSince.slice(start, start + TASKS_A_LINE);
    yield { type: "history-restored", at, pendingSince: some, pauses: start === 0 ? pauses : [], attempts: [] };
  }
  const attempted = tasks.flatMap(({ spec, attempts }) => (attempts.length === 0 ? [] : [[spec.id, attempts] as const]));
  for (let start = 0; start < attempted.length; start += TASKS_A_LINE) {
    const attempts = attempted.slice(start, start + TASKS_A_LINE);
    yield { type: "history-restored", at, pendingSince: [], pauses: [], attempts };
  }
}
