/** What holds a job back, in a line, and what `watch` shows of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heldBackLines } from "../../src/cli/render/held-back-lines.js";
import { plainStyle } from "../../src/cli/render/style.js";
import { widthOf } from "../../src/cli/render/text-width.js";
import { watchText, type WatchOptions } from "../../src/cli/render/watch-text.js";
import type { Hold, JobView, TaskView } from "../../src/index.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");

function hold(given: Partial<Hold>): Hold {
  const usual = { pool: "licence", isOwn: true, size: 2, free: 0, task: "next", amount: 1, since: NOW - 5000, holders: [] };
  return { ...usual, ...given };
}

const linesOf = (...holds: Hold[]): string[] => heldBackLines({ holds, trouble: null }, "job", NOW);

test("a full pool is told with who has it, of this job and of others, and with what waits for it", () => {
  const holders = [
    { job: "job", task: "a", amount: 1 },
    { job: "other", task: "b", amount: 1 },
  ];
  assert.deepEqual(linesOf(hold({ holders })), [
    'held back for 5.0 s: licence (2 in all), taken by "a" and "b" of job other; next is "next"',
  ]);
  const large = { pool: "memory", isOwn: false, size: 8e9, free: 2e9, amount: 4e9 };
  assert.deepEqual(linesOf(hold({ ...large, holders: [{ job: "job", task: "a", amount: 6e9 }] })), [
    'held back for 5.0 s: memory (8.0 GB in all), taken by "a", so that 2.0 GB is free where 4.0 GB is needed; next is "next"',
  ]);
});

test("that all slots are taken is told where other jobs have them, or where some are idle, and else goes without saying", () => {
  const cpu = { pool: "cpu", isOwn: false, size: 4 };
  assert.deepEqual(linesOf(hold(cpu), hold({ pool: "concurrency" })), []);
  assert.deepEqual(linesOf(hold({ ...cpu, holders: [{ job: "other", task: null, amount: 3 }] })), [
    'held back for 5.0 s: the 4 at once, taken by job other (3); next is "next"',
  ]);
  assert.deepEqual(linesOf(hold({ ...cpu, free: 1, amount: 3 })), [
    'held back for 5.0 s: the 4 at once, so that 1 is free where 3 is needed; next is "next"',
  ]);
});

test("GPUs that nobody here has are with other engines", () => {
  const gpu = { pool: "gpu", isOwn: false, size: 2 };
  assert.match(linesOf(hold(gpu))[0]!, /gpu \(2 in all\), taken by other engines, or what they left running; /);
  assert.doesNotMatch(linesOf(hold({ ...gpu, holders: [{ job: "job", task: "a", amount: 2 }] }))[0]!, /other engines/);
});

test("trouble comes first, and what has lasted less than a second is not told", () => {
  const told = heldBackLines({ holds: [hold({}), hold({ since: NOW - 900 })], trouble: "the disk\nis full" }, "job", NOW);
  assert.deepEqual([told.length, told[0]], [2, "held back: the disk is full"]);
});

function view(tasks: readonly TaskView[]): JobView {
  const state = { id: "job-1", state: "working", started_at: new Date(NOW - 60_000).toISOString() };
  return {
    name: "job",
    dir: "/d",
    state,
    isOver: false,
    tasks,
    counts: null,
    problem: null,
    isRefused: false,
    engine: "unknown",
  } as JobView;
}

function options(rows: number | null): WatchOptions {
  const room = rows === null ? null : { columns: 80, rows };
  return { nowMs: NOW, waitsFor: () => "", isEveryTask: false, heldBack: ["held back: " + "x".repeat(200)], room };
}

const tasks = (count: number): TaskView[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `task-${index}`,
    command: "sleep",
    args: ["9"],
    status: index < 30 ? "running" : "pending",
    started_at: index < 30 ? new Date(NOW - 10_000 - 1000 * index).toISOString() : null,
  }));

test("watch shows what runs ahead of the rest, the longest first, where not all tasks fit, and no more than the screen holds", () => {
  const text = watchText(view(tasks(1000)), options(24), plainStyle);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => /^ +39\.0 s {2}task-29 {2}sleep 9$/.test(line));
  assert.ok(first > 0 && first < 10, text);
  assert.match(lines[first + 1]!, /38\.0 s {2}task-28 /);
  const more = lines.findIndex((line) => / {2}and \d+ more$/.test(line));
  assert.ok(more > first && more < 22, text);
  for (const line of lines) assert.ok(widthOf(line) < 80, line);
  assert.equal((text.match(/task-29/g) ?? []).length, 1, "a task stands there once");
});

test("where each task has a row, these say what runs; so they do where there is no screen", () => {
  for (const text of [
    watchText(view(tasks(12)), options(40), plainStyle),
    watchText(view(tasks(40)), options(null), plainStyle),
  ]) {
    assert.match(text, /task-0 +running +10\.0 s/);
    assert.equal((text.match(/task-0 /g) ?? []).length, 1, "a task stands there once");
  }
});
