/** A map on disk: its picture without what has ended, the text of all its tasks, and what its journal is read as. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { test, type TestContext } from "node:test";
import type { JobEvent } from "../../src/domain/events.js";
import { IdSet } from "../../src/store/picture/id-set.js";
import { readJournal } from "../../src/store/journal/journal-reader.js";
import { jobPaths, type JobPaths } from "../../src/store/layout.js";
import { MapLines } from "../../src/store/snapshot/map-lines.js";
import { mapText } from "../../src/store/snapshot/map-text.js";
import { writeNewJournal } from "../../src/store/journal/new-journal.js";
import { Picture } from "../../src/store/picture/picture.js";
import { readPicture } from "../../src/store/journal/recovery.js";
import { Snapshots } from "../../src/store/snapshot/snapshot.js";
import { TaskChunks } from "../../src/store/snapshot/task-chunks.js";
import { AT, taken, task, temporaryDirectory } from "./sample-job.js";

const mapTaken = { ...taken, owner: "map" } as JobEvent;
const added = (...ids: string[]): JobEvent => ({ type: "tasks-added", at: AT + 1, tasks: ids.map((id) => task(id)) });
const started = (id: string): JobEvent => ({ type: "attempt-started", at: AT + 2, task: id, attempt: 1, claim: "s", key: 1 });
const ended = (id: string, exitCode = 0): JobEvent => ({
  type: "attempt-ended",
  at: AT + 3,
  task: id,
  attempt: 1,
  outcome: { kind: "exited", exitCode },
  status: exitCode === 0 ? "completed" : "failed",
  error: exitCode === 0 ? null : `exit code ${exitCode}`,
  retryAt: null,
});

/** The first task ends last of all; `d` never runs. */
const events: readonly JobEvent[] = [
  mapTaken,
  added("a", "b"),
  started("a"),
  started("b"),
  ended("b", 4),
  added("c"),
  started("c"),
  added("d", "e"),
  ended("c"),
  started("e"),
  ended("e"),
  ended("a"),
];
const jobEnded: JobEvent = { type: "job-ended", at: AT + 9, state: "failed", error: "some" };

async function journalOf(t: TestContext, all: readonly JobEvent[]): Promise<JobPaths> {
  const paths = jobPaths(temporaryDirectory(t));
  await (await writeNewJournal(paths, all)).close();
  return paths;
}

test("the picture of a map keeps what has not ended, counts the rest, and tells of each task that leaves", () => {
  const picture = new Picture();
  const left: string[] = [];
  picture.onTaskLeft.push(({ id }, { status }) => left.push(`${id} ${status}`));
  for (const event of events) picture.apply(event);
  assert.deepEqual(left, ["b failed", "c completed", "e completed", "a completed"]);
  assert.deepEqual([picture.tasks.map(({ id }) => id), [...picture.ids]], [["d"], [["d", 0]]]);
  const { total, pending, completed, failed } = picture.counts;
  assert.deepEqual([total, pending, completed, failed, picture.firstFailure], [5, 1, 3, 1, "b"]);
  const loaded = picture.load();
  assert.deepEqual([loaded.failures.size, loaded.inFlight.length, loaded.map?.counts.total], [0, 0, 5]);
  for (const id of ["a", "b", "c", "d", "e"]) assert.ok(picture.had?.has(id));
});

test("the text of a map has all tasks as they came, however many lines may wait for an earlier one", async (t) => {
  const { journal } = await journalOf(t, events);
  const whole = new Picture({ keepsAll: true });
  for (const event of events) whole.apply(event);
  const expected = [...new TaskChunks(whole).text()].join("");
  for (const mostWaiting of [0, 1, 2, 100]) {
    assert.equal([...mapText(journal, whole.name, new Map(), mostWaiting)].join(""), expected, `${mostWaiting} may wait`);
  }
  const empty = await journalOf(t, [mapTaken]);
  assert.equal([...mapText(empty.journal, "m", new Map())].join(""), "[\n]\n");
});

test("the lines of many tasks don't wait in memory for one that came before them and ran for long", async (t) => {
  const ids = Array.from({ length: 3000 }, (_, index) => `task ${index}`);
  const all = [
    mapTaken,
    added("first"),
    started("first"),
    ...ids.flatMap((id) => [added(id), started(id), ended(id)]),
    ended("first"),
  ];
  const { journal } = await journalOf(t, all);
  const pieces = [...mapText(journal, "m", new Map(), 100)];
  const rows = JSON.parse(pieces.join("")) as { id: string; status: string }[];
  assert.deepEqual(
    rows.map(({ id, status }) => `${id} ${status}`),
    ["first", ...ids].map((id) => `${id} completed`),
  );
  assert.ok(Math.max(...pieces.map(({ length }) => length)) < 100_000);
});

test("what became of many tasks that ran for long is looked up in one reading", async (t) => {
  const long = Array.from({ length: 40 }, (_, index) => `long ${index}`);
  const short = Array.from({ length: 3000 }, (_, index) => `short ${index}`);
  const all = [
    mapTaken,
    ...long.flatMap((id) => [added(id), started(id)]),
    ...short.flatMap((id) => [added(id), started(id), ended(id)]),
    // The last one is still at it.
    ...long
      .slice(0, -1)
      .toReversed()
      .map((id) => ended(id)),
  ];
  const { journal } = await journalOf(t, all);
  const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
  const before = existsSync("/proc/self/io") ? bytesRead() : 0;
  const text = [...mapText(journal, "m", new Map(), 100)].join("");
  if (before > 0) assert.ok(bytesRead() - before < 5 * statSync(journal).size);
  assert.deepEqual(
    (JSON.parse(text) as { id: string; status: string }[]).map(({ id, status }) => `${id} ${status}`),
    [...long, ...short].map((id) => `${id} ${id === "long 39" ? "running" : "completed"}`),
  );
});

test("an unfinished map is read without what has ended, one that has ended with all its tasks, also if some run again", async (t) => {
  const had = (paths: JobPaths): unknown => {
    const { picture } = readPicture(paths)!;
    return [!picture.isRunningMap, picture.tasks.length, picture.state];
  };
  assert.deepEqual(had(await journalOf(t, events)), [false, 1, "working"]);
  assert.deepEqual(had(await journalOf(t, [...events, jobEnded])), [true, 5, "failed"]);
  const reset: JobEvent = { type: "tasks-reset", at: AT + 10, tasks: ["b"], edited: [] };
  assert.deepEqual(had(await journalOf(t, [...events, jobEnded, reset])), [true, 5, "waiting"]);
});

test("a journal is read from any line on, and no further than is wanted", async (t) => {
  const { journal } = await journalOf(t, events);
  const places = new Map<string, { offset: number; seq: number }>();
  readJournal(journal, (event, place) => places.set(`${event.type} ${"task" in event ? event.task : ""}`, place));
  const seen: JobEvent[] = [];
  const from = places.get("attempt-started c")!;
  readJournal(journal, (event) => seen.push(event) === 3, { from, memory: Buffer.alloc(7) });
  assert.deepEqual(seen, events.slice(6, 9));
});

test("a set of ids knows what was added, and numbers that come in turn take no room", () => {
  const ids = new IdSet();
  const names = Array.from({ length: 3000 }, (_, index) => `file ${index}.txt`);
  for (const name of names) {
    assert.equal(ids.has(name), false);
    ids.add(name);
  }
  for (const number of [2, 1, 3, 7]) ids.add(`task-${number}`);
  for (const id of [...names, "task-1", "task-2", "task-3", "task-7"]) assert.ok(ids.has(id), id);
  for (const id of ["file 3000.txt", "task-4", "task-8", "task-0", "task-01", "task-"]) assert.equal(ids.has(id), false, id);
  assert.equal(ids.size, 3004);
});

test("a map that has ended is not said to have ended before all its tasks are in its files", async (t) => {
  const paths = await journalOf(t, [...events, jobEnded]);
  const picture = new Picture();
  for (const event of events) picture.apply(event);
  const snapshots = new Snapshots(paths, picture, null);
  const seen = (): [string, number] => {
    const { state } = JSON.parse(readFileSync(paths.state, "utf8")) as { state: string };
    return [state, (JSON.parse(readFileSync(paths.tasks, "utf8")) as unknown[]).length];
  };
  await snapshots.write();
  assert.deepEqual(seen(), ["working", 1]);
  picture.apply(jobEnded);
  assert.deepEqual([await snapshots.write(), snapshots.writeState()], ["unsettled", "unsettled"]);
  assert.deepEqual(seen(), ["working", 1]);
  await snapshots.writeSynced(async () => {});
  assert.deepEqual(seen(), ["failed", 5]);
});

test("what a task of a map left behind is in the text, however long after its end that was told", async (t) => {
  const outlived: JobEvent = { type: "attempt-outlived", at: AT + 8, task: "c", attempt: 1, processes: 2 };
  const picture = new Picture();
  for (const event of [...events, outlived]) picture.apply(event);
  const { journal } = await journalOf(t, [...events, outlived]);
  for (const mostWaiting of [0, 1, 100]) {
    const text = [...mapText(journal, "m", picture.leftOfMap, mostWaiting)].join("");
    const left = (JSON.parse(text) as { left_behind?: { processes: number } }[]).map((row) => row.left_behind?.processes);
    assert.deepEqual(left, [undefined, undefined, 2, undefined, undefined], `${mostWaiting} may wait`);
  }
});

test("the lines of a small map are kept as its tasks end, and make the same text as its journal", async (t) => {
  const { journal } = await journalOf(t, events);
  const picture = new Picture();
  const [first, ...others] = events;
  picture.apply(first!);
  const lines = new MapLines(picture);
  for (const event of others) picture.apply(event);
  const text = [...mapText(journal, picture.name, picture.leftOfMap)].join("");
  assert.equal([...lines.take()!].join(""), text);
  assert.equal((JSON.parse(text) as unknown[]).length, 5);
  assert.equal(lines.take(), null);
});

test("the journal has to tell the tasks of a map that is large, was taken up, or of which something was told later", () => {
  const linesOf = (all: readonly JobEvent[], before: number, most?: number): MapLines => {
    const picture = new Picture();
    for (const event of all.slice(0, before)) picture.apply(event);
    const lines = new MapLines(picture, most);
    for (const event of all.slice(before)) picture.apply(event);
    return lines;
  };
  const outlived: JobEvent = { type: "attempt-outlived", at: AT + 8, task: "c", attempt: 1, processes: 2 };
  assert.notEqual(linesOf(events, 1).take(), null);
  assert.equal(linesOf(events, 1, 300).take(), null);
  assert.equal(linesOf(events, 2).take(), null);
  assert.equal(linesOf([...events, outlived], 1).take(), null);
});
