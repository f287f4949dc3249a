/** Makes of a run's history what its page is drawn from. Pure but for the ends of logs, which it is given a reader for. */

import { awaitedLongest, latestAttempts } from "../analysis/critical-path.js";
import { displaySlots } from "../analysis/display-slots.js";
import { FullTime } from "../analysis/full-time.js";
import { longestChainMs } from "../analysis/longest-chain.js";
import { pathTimeOf } from "../analysis/path-time.js";
import { slotTimeOf } from "../analysis/slot-time.js";
import { groupTasks } from "../analysis/task-groups.js";
import { coresOf, timelineOf } from "../analysis/timeline.js";
import type { AttemptHistory, RunHistory, TaskHistory } from "../domain/history.js";
import type { AttemptColumns, FailureData, GroupData, RunData } from "../page/data.js";
import { packIds } from "./pack-ids.js";

export interface RunDataOptions {
  readonly nowMs: number;
  /** Tasks at once; null if it is not known. */
  readonly slots: number | null;
  readonly note: string | null;
  /** The last lines of a task's log; empty if there are none. */
  readonly tailOf: (task: TaskHistory) => string;
}

/** More are too many for a browser: then only those that took longest are drawn. */
const MOST_ATTEMPTS = 50_000;
/** Of so many failures the logs are shown. */
const MOST_FAILURES = 30;
const MOST_EDGES = 600;

export function runDataOf(history: RunHistory, { nowMs, slots: known, note, tailOf }: RunDataOptions): RunData {
  const { job, tasks, takenAt } = history;
  const isOver = ["completed", "failed", "cancelled"].includes(job.state);
  const end = isOver ? (job.completedAt ?? nowMs) : nowMs;
  const timeline = timelineOf(tasks, end);
  const slots = known ?? Math.ceil(timeline.reduce((most, { taken }) => Math.max(most, taken), 1));
  const base = Math.min(takenAt, timeline[0]?.at ?? takenAt);
  const span = { slots, from: base, to: end };
  const path = pathTimeOf(history, span);
  const time = slotTimeOf(history, span);
  const groups = groupTasks(tasks);
  const indices = new Map(tasks.map(({ spec }, index) => [spec.id, index]));
  const failures = tasks.filter(({ record }) => record.status === "failed");
  return {
    name: job.name,
    id: job.id,
    state: job.state,
    note: [note, fewerText(tasks)].filter((text) => text !== null).join(" ") || null,
    error: job.error,
    base,
    end: short(end - base),
    isOver,
    slots,
    counts: job.counts,
    tasks: {
      ...packIds(tasks.map(({ spec }) => spec.id)),
      ...dictionary(
        "status",
        "statuses",
        tasks.map(({ record }) => record.status),
      ),
      group: groups.groupOf,
      after: afterOf(tasks, indices),
    },
    attempts: attemptsOf(tasks, { base, end, full: new FullTime(timeline, slots) }),
    groups: groupData(tasks, groups.names, groups.groupOf),
    edges: groups.edges.length > MOST_EDGES ? [] : groups.edges.flat(),
    path: path.path.map(({ id, waitMs, runMs }) => ({ task: indices.get(id)!, wait: short(waitMs), run: short(runMs) })),
    pathTime: {
      before: path.beforeMs,
      run: path.runMs,
      slotWait: path.slotWaitMs,
      limit: path.limitMs,
      delay: path.delayMs,
      paused: path.pausedMs,
      own: path.ownMs,
    },
    slotTime: {
      work: time.workMs,
      serial: time.serialMs,
      narrow: time.narrowMs,
      stragglers: time.stragglersMs,
      delays: time.delaysMs,
      limits: time.limitsMs,
      paused: time.pausedMs,
      own: time.ownMs,
    },
    longestChain: longestChainMs(tasks, end),
    failures: failures.slice(0, MOST_FAILURES).map((task) => failureOf(task, indices.get(task.spec.id)!, tailOf(task))),
    moreFailures: Math.max(0, failures.length - MOST_FAILURES),
  };
}

function attemptsOf(
  tasks: readonly TaskHistory[],
  { base, end, full }: { readonly base: number; readonly end: number; readonly full: FullTime },
): AttemptColumns {
  const endOf = ({ endedAt }: AttemptHistory): number => endedAt ?? end;
  const every = tasks.flatMap(({ attempts }, task) => attempts.map((attempt) => ({ task, attempt })));
  const all = longest(every, ({ attempt }) => endOf(attempt) - attempt.startedAt);
  const column = (value: (attempt: AttemptHistory) => number): number[] => all.map(({ attempt }) => short(value(attempt)));
  return {
    task: all.map(({ task }) => task),
    slot: displaySlots(all.map(({ attempt }) => ({ from: attempt.startedAt, to: endOf(attempt) }))),
    ready: column(({ readyAt }) => readyAt - base),
    wait: column(({ readyAt, startedAt }) => Math.max(0, startedAt - readyAt)),
    full: column((attempt) => full.within(attempt.readyAt, attempt.startedAt, coresOf(attempt))),
    took: column((attempt) => Math.max(0, endOf(attempt) - attempt.startedAt)),
    ...dictionary(
      "outcome",
      "outcomes",
      all.map(({ attempt }) => outcomeText(attempt)),
    ),
    cpu: column(({ usage }) => (usage === null ? -1 : usage.userMs + usage.systemMs)),
    memory: column(({ usage }) => (usage === null ? -1 : usage.maxRssKb)),
  };
}

function fewerText(tasks: readonly TaskHistory[]): string | null {
  const count = tasks.reduce((sum, { attempts }) => sum + attempts.length, 0);
  const drawn = MOST_ATTEMPTS.toLocaleString("en");
  return count <= MOST_ATTEMPTS
    ? null
    : `Of ${count.toLocaleString("en")} attempts the ${drawn} that took longest are drawn, and counted in the curves.`;
}

/** In their order. */
function longest<Item>(items: readonly Item[], lengthOf: (item: Item) => number): readonly Item[] {
  if (items.length <= MOST_ATTEMPTS) return items;
  const chosen = new Set(items.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MOST_ATTEMPTS));
  return items.filter((item) => chosen.has(item));
}

function outcomeText({ endedAt, status, error }: AttemptHistory): string {
  if (endedAt === null) return "running";
  if (status === "completed") return "completed";
  return error ?? status;
}

/** The dependency that was waited for longest, by its index. */
function afterOf(tasks: readonly TaskHistory[], indices: ReadonlyMap<string, number>): number[] {
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  return tasks.map((task) => {
    const awaited = latestAttempts(task).length === 0 ? null : awaitedLongest(task, byId);
    return awaited === null ? -1 : indices.get(awaited.spec.id)!;
  });
}

function groupData(tasks: readonly TaskHistory[], names: readonly string[], groupOf: readonly number[]): GroupData[] {
  const groups = names.map((name) => ({ name, tasks: 0, counts: {} as Record<string, number> }));
  for (const [index, { record }] of tasks.entries()) {
    const group = groups[groupOf[index]!]!;
    group.tasks += 1;
    group.counts[record.status] = (group.counts[record.status] ?? 0) + 1;
  }
  return groups;
}

function failureOf({ record }: TaskHistory, task: number, tail: string): FailureData {
  return { task, status: record.status, error: record.error ?? record.status, attempts: record.attempts, tail };
}

function dictionary<Column extends string, List extends string>(
  column: Column,
  list: List,
  values: readonly string[],
): Record<Column, number[]> & Record<List, string[]> {
  const places = new Map<string, number>();
  const indices = values.map((value) => {
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  return { [column]: indices, [list]: [...places.keys()] } as Record<Column, number[]> & Record<List, string[]>;
}

/** To the hundredth: more nobody sees, and it would double the page. */
function short(ms: number): number {
  return Math.round(ms * 100) / 100;
}
