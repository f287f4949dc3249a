/** What the journal tells afterwards: each attempt with its wait, also after it was compacted or damaged. */

import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import type { AttemptEnded, JobEvent } from "../../../src/domain/events.js";
import type { AttemptHistory, RunHistory } from "../../../src/domain/history.js";
import type { Outcome } from "../../../src/domain/outcome.js";
import { History } from "../../../src/store/history/history.js";
import { readHistory } from "../../../src/store/history/read-history.js";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { compacted, compactLong } from "../../../src/store/history/compaction.js";
import { writeNewJournal } from "../../../src/store/journal/new-journal.js";
import { readPicture } from "../../../src/store/journal/recovery.js";
import { AT, taken, task, temporaryDirectory } from "../sample-job.js";

const added = (at: number, ...tasks: ReturnType<typeof task>[]): JobEvent => ({ type: "tasks-added", at, tasks });
const started = (id: string, attempt: number, at: number): JobEvent => {
  return { type: "attempt-started", at, task: id, attempt, claim: "s", key: at };
};
const ended = (id: string, attempt: number, at: number, outcome: Outcome, retryAt: number | null = null): JobEvent => {
  const isDone = outcome.kind === "exited" && outcome.exitCode === 0;
  const status = isDone ? "completed" : retryAt !== null || outcome.kind === "not-begun" ? "pending" : "failed";
  return { type: "attempt-ended", at, task: id, attempt, outcome, status, error: isDone ? null : "why", retryAt };
};
const success: Outcome = { kind: "exited", exitCode: 0 };
const failure: Outcome = { kind: "exited", exitCode: 3 };

async function journalOf(t: TestContext, events: readonly JobEvent[]): Promise<JobPaths> {
  const paths = jobPaths(temporaryDirectory(t));
  await (await writeNewJournal(paths, events)).close();
  return paths;
}

async function historyOf(t: TestContext, events: readonly JobEvent[]): Promise<RunHistory> {
  const history = readHistory(await journalOf(t, events));
  assert.ok(history);
  return history;
}

/** Attempt, since when it was ready, start and end, after AT. */
function inShort(history: RunHistory, id: string): (number | null)[][] {
  const attempts = history.tasks.find(({ spec }) => spec.id === id)?.attempts ?? [];
  const after = (time: number | null): number | null => (time === null ? null : time - AT);
  return attempts.map(({ attempt, readyAt, startedAt, endedAt }: AttemptHistory) => [
    attempt,
    after(readyAt),
    after(startedAt),
    after(endedAt),
  ]);
}

const events: readonly JobEvent[] = [
  taken,
  added(AT + 1, task("a"), task("b"), task("c", ["a", "b"])),
  started("a", 1, AT + 5),
  started("b", 1, AT + 6),
  ended("b", 1, AT + 20, success),
  ended("a", 1, AT + 30, failure, AT + 50),
  started("a", 2, AT + 55),
  ended("a", 2, AT + 70, success),
  started("c", 1, AT + 75),
  ended("c", 1, AT + 80, success),
];

test("an attempt is ready when its task came, its last dependency ended or its delay is over", async (t) => {
  const history = await historyOf(t, events);
  assert.deepEqual(inShort(history, "b"), [[1, 1, 6, 20]]);
  assert.deepEqual(inShort(history, "a"), [
    [1, 1, 5, 30],
    [2, 50, 55, 70],
  ]);
  assert.deepEqual(inShort(history, "c"), [[1, 70, 75, 80]]);
  assert.deepEqual(
    history.tasks[0]!.attempts.map(({ outcome, status, error }) => [outcome, status, error]),
    [
      [failure, "pending", "why"],
      [success, "completed", null],
    ],
  );
});

test("what an attempt takes is told, one cpu where nothing else is on record, also after the journal was compacted", async (t) => {
  const takes = { cpu: 2, memory: 4_294_967_296, licence: 0.5 };
  const over: JobEvent = { type: "job-ended", at: AT + 9, state: "completed", error: null };
  const all = [
    taken,
    added(AT, task("a"), task("b")),
    { ...started("a", 1, AT + 1), takes } as JobEvent,
    started("b", 1, AT + 1),
    ended("a", 1, AT + 8, success),
    ended("b", 1, AT + 8, success),
    over,
  ];
  const paths = await journalOf(t, all);
  assert.deepEqual(readPicture(paths)!.picture.load().inFlight, []);
  const before = readHistory(paths)!;
  assert.deepEqual(
    before.tasks.map(({ attempts }) => attempts[0]!.takes),
    [takes, { cpu: 1 }],
  );
  await (await writeNewJournal(paths, compacted(readPicture(paths)!.picture, before, AT + 9))).close();
  assert.deepEqual(readHistory(paths), before);
  const open = await journalOf(t, all.slice(0, 4));
  assert.deepEqual(
    readPicture(open)!
      .picture.load()
      .inFlight.map((each) => each.takes),
    [takes, { cpu: 1 }],
  );
});

test("what never began is no attempt, and its task has waited all along", async (t) => {
  const notBegun: Outcome = { kind: "not-begun", message: "no process" };
  const history = await historyOf(t, [
    taken,
    added(AT + 1, task("a")),
    started("a", 1, AT + 5),
    ended("a", 1, AT + 6, notBegun),
    started("a", 1, AT + 9),
  ]);
  assert.deepEqual(inShort(history, "a"), [[1, 1, 9, null]]);
  assert.equal(history.tasks[0]!.attempts[0]!.status, "running");
});

test("a pending task tells since when it could start, unless it waits for another one", async (t) => {
  const { tasks } = await historyOf(t, [taken, added(AT + 1, task("a"), task("b", ["a"])), added(AT + 4, task("c"))]);
  assert.deepEqual(
    tasks.map(({ pendingSince, readyAt }) => [pendingSince, readyAt]),
    [
      [AT + 1, AT + 1],
      [AT + 1, null],
      [AT + 4, AT + 4],
    ],
  );
});

test("attempts of before a retry stay, and the time until somebody goes on with an interrupted job is a pause", async (t) => {
  const history = await historyOf(t, [
    ...events.slice(0, 4),
    { type: "attempt-stopping", at: AT + 7, task: "b", attempt: 1, reason: "interrupt" },
    { ...ended("b", 1, AT + 8, { kind: "signaled", signal: "SIGTERM", stopped: "interrupt" }), status: "pending" } as JobEvent,
    ended("a", 1, AT + 9, failure),
    { type: "task-ended", at: AT + 9, task: "c", status: "skipped", error: "since a", isHarmless: false },
    { type: "job-interrupted", at: AT + 10 },
    { type: "tasks-reset", at: AT + 100, tasks: ["a", "c"], edited: [] },
    started("a", 2, AT + 101),
    started("b", 2, AT + 102),
  ]);
  assert.deepEqual(history.pauses, [{ from: AT + 10, to: AT + 100 }]);
  assert.deepEqual(inShort(history, "a"), [
    [1, 1, 5, 9],
    [2, 100, 101, null],
  ]);
  assert.deepEqual(inShort(history, "b").at(-1), [2, 8, 102, null]);
});

const takenUp = (at: number): JobEvent => ({ type: "job-taken-up", at, slots: 4 });
const hasEnded = (at: number): JobEvent => ({ type: "job-ended", at, state: "failed", error: null });
const resetA = (at: number): JobEvent => ({ type: "tasks-reset", at, tasks: ["a"], edited: [] });

test("between the end of a job and its being told to run again nobody ran it, also after its journal was compacted", async (t) => {
  const first = [
    taken,
    added(AT, task("a")),
    takenUp(AT + 1),
    started("a", 1, AT + 2),
    ended("a", 1, AT + 9, failure),
    hasEnded(AT + 10),
  ];
  const paths = await journalOf(t, first);
  const history = readHistory(paths)!;
  assert.deepEqual(history.pauses, [], "what is over is not paused");
  const again = [resetA(AT + 50), takenUp(AT + 50), started("a", 2, AT + 51), ended("a", 2, AT + 60, success), hasEnded(AT + 61)];
  assert.deepEqual((await historyOf(t, [...first, ...again])).pauses, [{ from: AT + 10, to: AT + 50 }]);
  const short = [...compacted(readPicture(paths)!.picture, history, AT + 11)];
  assert.deepEqual((await historyOf(t, [...short, ...again])).pauses, [{ from: AT + 10, to: AT + 50 }]);
});

test("nobody ran a job whose engine was killed from when an attempt had ended of which it recorded nothing until another took it up", async (t) => {
  const first = [taken, added(AT, task("a"), task("b", ["a"])), takenUp(AT + 1), started("a", 1, AT + 2)];
  const adopted = [takenUp(AT + 100), ended("a", 1, AT + 30, success), started("b", 1, AT + 102)];
  assert.deepEqual((await historyOf(t, [...first, ...adopted])).pauses, [{ from: AT + 30, to: AT + 100 }]);
  const two = [taken, added(AT, task("a"), task("b")), takenUp(AT + 1), started("a", 1, AT + 2), started("b", 1, AT + 2)];
  const both = [takenUp(AT + 100), ended("a", 1, AT + 30, success), ended("b", 1, AT + 130, success)];
  assert.deepEqual((await historyOf(t, [...two, ...both])).pauses, [{ from: AT + 30, to: AT + 100 }], "beside one that ran on");
  const running = [takenUp(AT + 100), ended("a", 1, AT + 130, success)];
  assert.deepEqual((await historyOf(t, [...first, ...running])).pauses, [], "it ran on");
  const between = [ended("a", 1, AT + 9, success), takenUp(AT + 100), started("b", 1, AT + 102)];
  assert.deepEqual((await historyOf(t, [...first, ...between])).pauses, [{ from: AT + 9, to: AT + 100 }]);
});

test("a compacted journal has every attempt, and goes on with others", async (t) => {
  const over: JobEvent = { type: "job-ended", at: AT + 80, state: "completed", error: null };
  const paths = await journalOf(t, [...events, over]);
  const before = readHistory(paths)!;
  const { picture } = readPicture(paths)!;
  const again: readonly JobEvent[] = [
    { type: "tasks-reset", at: AT + 100, tasks: ["c"], edited: [] },
    started("c", 2, AT + 110),
    ended("c", 2, AT + 120, success),
  ];
  await (await writeNewJournal(paths, compacted(picture, before, AT + 80))).close();
  assert.deepEqual(readHistory(paths), before);
  await (await writeNewJournal(paths, [...compacted(picture, before, AT + 80), ...again])).close();
  const after = readHistory(paths)!;
  assert.deepEqual(inShort(after, "c"), [
    [1, 70, 75, 80],
    [2, 100, 110, 120],
  ]);
  assert.deepEqual(inShort(after, "a"), inShort(before, "a"));
});

test("the journal of an ended job that has grown long is compacted, and not one that can't be read whole", async (t) => {
  const attempts = Array.from({ length: 600 }, (_, index): readonly JobEvent[] => [
    started("a", index + 1, AT + 10 * index),
    ended("a", index + 1, AT + 10 * index + 5, failure, index === 599 ? null : AT + 10 * index + 7),
  ]).flat();
  const over: JobEvent = { type: "job-ended", at: AT + 9_000, state: "failed", error: "why" };
  const all = [taken, added(AT, task("a")), ...attempts, over];
  const paths = await journalOf(t, all);
  const { picture } = readPicture(paths)!;
  const before = readHistory(paths)!;
  assert.equal(before.tasks[0]!.attempts.length, 600);
  const bytes = readFileSync(paths.journal);
  writeFileSync(paths.journal, Buffer.concat([bytes, Buffer.from("no line of ours\n")]));
  await compactLong(paths, picture, all.length);
  assert.ok(readFileSync(paths.journal).length > bytes.length, "nothing is lost with what is damaged");
  writeFileSync(paths.journal, bytes);
  await compactLong(paths, picture, all.length);
  assert.ok(readFileSync(paths.journal, "utf8").split("\n").length < 20);
  assert.deepEqual(readHistory(paths), before);
});

test("of a damaged journal the history tells what stands before the damage, and that there is some", async (t) => {
  const paths = await journalOf(t, events);
  const lines = readFileSync(paths.journal, "utf8").split("\n");
  lines[5] = lines[5]!.replace('"pending"', '"PENDING"');
  writeFileSync(paths.journal, lines.join("\n"));
  const history = readHistory(paths)!;
  assert.match(history.damage ?? "", /line 6 is damaged/);
  assert.deepEqual(inShort(history, "b"), [[1, 1, 6, 20]]);
  assert.deepEqual(inShort(history, "a"), [[1, 1, 5, null]]);
});

test("a torn end is no damage; no journal, and one without a whole line, have no history", async (t) => {
  const paths = await journalOf(t, events);
  const whole = readHistory(paths);
  appendFileSync(paths.journal, '{"seq":11,"at":"2026-01-');
  assert.deepEqual(readHistory(paths), whole);
  writeFileSync(paths.journal, '{"seq":1,"at":');
  assert.equal(readHistory(paths), null);
  assert.equal(readHistory({ journal: `${paths.journal}-of-nobody` }), null);
});

test("an attempt began when its runner saw it begin, and took what the runner measured, also after compaction", async (t) => {
  const usage = { userMs: 7, systemMs: 2, maxRssKb: 1_500 };
  const end: JobEvent = { ...(ended("a", 1, AT + 30, success) as AttemptEnded), begunAt: AT + 12.25, usage };
  const told = [taken, added(AT, task("a")), started("a", 1, AT + 5), end];
  const history = new History();
  for (const event of told) history.apply(event);
  const whole = history.tell(null);
  assert.deepEqual(inShort(whole, "a"), [[1, 0, 12.25, 30]]);
  assert.deepEqual(whole.tasks[0]!.attempts[0]!.usage, usage);
  const paths = await journalOf(t, told);
  await (await writeNewJournal(paths, compacted(readPicture(paths)!.picture, whole, AT + 40))).close();
  assert.deepEqual(readHistory(paths)?.tasks[0]!.attempts, whole.tasks[0]!.attempts);
});

test("how many tasks the engine ran at once is on record, of several engines the most, also after compaction", async (t) => {
  const oneAfterTheOther: JobEvent[] = [
    taken,
    added(AT, task("a"), task("b")),
    { type: "job-taken-up", at: AT, slots: 4 },
    started("a", 1, AT + 10),
    ended("a", 1, AT + 20, success),
    { type: "job-interrupted", at: AT + 30 },
    { type: "job-taken-up", at: AT + 50, slots: 2 },
    started("b", 1, AT + 60),
    ended("b", 1, AT + 70, success),
    { type: "job-ended", at: AT + 70, state: "completed", error: null },
  ];
  const paths = await journalOf(t, oneAfterTheOther);
  const history = readHistory(paths)!;
  assert.deepEqual([history.slots, history.pauses], [4, [{ from: AT + 30, to: AT + 50 }]]);
  const { picture } = readPicture(paths)!;
  assert.equal((await historyOf(t, [...compacted(picture, history, AT + 99)])).slots, 4);
  assert.equal((await historyOf(t, [taken])).slots, null, "an older version has not said it");
});
