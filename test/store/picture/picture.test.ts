import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../../src/domain/events.js";
import type { RunHistory } from "../../../src/domain/history.js";
import { History } from "../../../src/store/history/history.js";
import { decodeLine, encodeEvent } from "../../../src/store/journal/journal-format.js";
import { compacted } from "../../../src/store/history/compaction.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { stateText } from "../../../src/store/snapshot/snapshot.js";
import { AT, taken, task } from "../sample-job.js";

const started = (id: string, attempt: number, at: number): JobEvent => {
  return { type: "attempt-started", at, task: id, attempt, claim: "s", key: at };
};
const failed = (id: string, attempt: number, at: number): JobEvent => {
  const outcome = { kind: "exited", exitCode: 3 } as const;
  return { type: "attempt-ended", at, task: id, attempt, outcome, status: "failed", error: "exit code 3", retryAt: null };
};
const skipped: JobEvent = { type: "task-ended", at: AT + 4, task: "c", status: "skipped", error: "since a", isHarmless: false };
const ended: JobEvent = { type: "job-ended", at: AT + 5, state: "failed", error: "task a failed" };

/** Two tasks that failed, the second one first, and one that was skipped. */
const history: readonly JobEvent[] = [
  taken,
  { type: "tasks-added", at: AT, tasks: [task("a"), task("b"), task("c", ["a"])] },
  started("a", 1, AT + 1),
  started("b", 1, AT + 1),
  failed("b", 1, AT + 2),
  failed("a", 1, AT + 3),
  skipped,
];

function pictureOf(events: Iterable<JobEvent>): Picture {
  const picture = new Picture();
  for (const event of events) picture.apply(event);
  return picture;
}

function historyOf(events: readonly JobEvent[]): RunHistory {
  const told = new History();
  for (const event of events) told.apply(event);
  return told.tell(null);
}

const statuses = ({ records }: Picture): string[] => records.map(({ status }) => status);

test("tasks that are reset are pending with fresh budgets, and the job that had ended goes on", () => {
  const edited = { ...task("a"), command: "better" };
  const picture = pictureOf([...history, ended, { type: "tasks-reset", at: AT + 6, tasks: ["a", "c"], edited: [edited] }]);
  assert.deepEqual(statuses(picture), ["pending", "failed", "pending"]);
  const { attempts, error, startedAt, completedAt, exitCode } = picture.records[0]!;
  assert.deepEqual([attempts, error, startedAt, completedAt, exitCode], [1, null, null, null, null], "attempts go on counting");
  const { state, error: jobError, completedAt: jobCompletedAt, firstFailure, counts } = picture.status();
  assert.deepEqual([state, jobError, jobCompletedAt, firstFailure], ["waiting", null, null, "b"]);
  assert.deepEqual([counts.pending, counts.failed, counts.skipped], [2, 1, 0]);
  assert.equal(picture.tasks[0]!.command, "better");
  assert.equal(picture.load().failures.has("a"), false);
});

test("the first failure is the earliest of those that still count", () => {
  assert.equal(pictureOf(history).firstFailure, "b");
  const reset = (tasks: readonly string[]): JobEvent => ({ type: "tasks-reset", at: AT + 6, tasks, edited: [] });
  assert.equal(pictureOf([...history, reset(["b"])]).firstFailure, "a");
  assert.equal(pictureOf([...history, reset(["a", "b"])]).firstFailure, null);
});

test("tasks that are added to an ended job reopen it, also one that was cancelled", () => {
  const cancelled: JobEvent[] = [
    { type: "job-cancelling", at: AT + 4 },
    { ...ended, state: "cancelled" },
  ];
  const picture = pictureOf([...history, ...cancelled, { type: "tasks-added", at: AT + 6, tasks: [task("d")] }]);
  assert.deepEqual([picture.state, picture.completedAt, picture.isCancelling], ["waiting", null, false]);
  assert.deepEqual(statuses(picture), ["failed", "failed", "skipped", "pending"]);
});

test("what was written in vain is kept once each, shown in state.json, and forgotten at a retry", () => {
  const note = (notes: readonly string[]): JobEvent => ({ type: "edits-ignored", at: AT + 6, edited: [], notes });
  const events = [...history, note(["one"]), note(["one", "two"])];
  const picture = pictureOf(events);
  assert.deepEqual(JSON.parse(stateText(picture)).warnings, ["one", "two"]);
  assert.deepEqual(pictureOf(compacted(pictureOf([...events, ended]), historyOf([...events, ended]), AT)).warnings, [
    "one",
    "two",
  ]);
  picture.apply({ type: "tasks-reset", at: AT + 7, tasks: ["a"], edited: [] });
  assert.equal("warnings" in JSON.parse(stateText(picture)), false);
});

test("the events of growth and retries come back from the journal as they went in", () => {
  const events: readonly JobEvent[] = [
    {
      type: "tasks-reset",
      at: AT,
      tasks: ["a", 'größe "x"'],
      edited: [{ ...task("a"), timeoutMs: 1500, extra: { note: "kept" } }],
    },
    { type: "edits-ignored", at: AT, edited: [], notes: ['task "a" was taken out'] },
  ];
  for (const event of events) {
    const line = Buffer.from(encodeEvent(7, event));
    assert.deepEqual(decodeLine(line.subarray(0, -1)), { kind: "event", seq: 7, event });
  }
});

test("an attempt that waited has started when it began, not when it was handed over", () => {
  const queued: JobEvent = { type: "attempt-started", at: AT + 9, task: "c", attempt: 1, claim: "s", key: 9, queued: true };
  const picture = pictureOf([...history.slice(0, -1), queued, { type: "attempt-begun", at: AT + 12, task: "c", attempt: 1 }]);
  const { status, startedAt } = picture.records[2]!;
  assert.deepEqual([status, startedAt], ["running", AT + 12]);
  assert.deepEqual(
    picture.load().inFlight.flatMap(({ task: id, startedAt: at }) => (id === "c" ? [at] : [])),
    [AT + 12],
  );
});

test("an attempt that waited and never began leaves what the one before it left", () => {
  const queued: JobEvent = { type: "attempt-started", at: AT + 9, task: "a", attempt: 2, claim: "s", key: 9, queued: true };
  const first = { ...failed("a", 1, AT + 2), status: "pending" } as JobEvent;
  const untouched = (status: "pending" | "cancelled", error: string | null): JobEvent => {
    const outcome = { kind: "not-begun", message: "it waited" } as const;
    return { type: "attempt-ended", at: AT + 10, task: "a", attempt: 2, outcome, status, error, retryAt: null };
  };
  const before = [
    taken,
    { type: "tasks-added", at: AT, tasks: [task("a")] },
    started("a", 1, AT + 1),
    first,
    queued,
  ] as JobEvent[];
  const back = pictureOf([...before, untouched("pending", null)]).records[0]!;
  assert.deepEqual([back.status, back.attempts, back.startedAt, back.exitCode], ["pending", 1, AT + 1, 3]);
  const cancelled = pictureOf([...before, untouched("cancelled", "cancelled by the user")]).records[0]!;
  assert.deepEqual([cancelled.status, cancelled.attempts, cancelled.error], ["cancelled", 1, "cancelled by the user"]);
});
