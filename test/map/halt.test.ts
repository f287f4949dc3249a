import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { MapHalt, MapResult, MapSummary, MapTask } from "../../src/index.js";
import { journalLines } from "../support/journal-lines.js";
import { readWitness, witnessed } from "../support/witness.js";
import { Counter, mapPlace, type MapPlace } from "./support.js";

const shell = (text: string): MapTask => ({ command: "sh", args: ["-c", text] });

interface Mapped {
  readonly results: readonly MapResult<number>[];
  readonly summary: MapSummary;
}

async function drain(map: AsyncGenerator<MapResult<number>, MapSummary, void>): Promise<Mapped> {
  const results: MapResult<number>[] = [];
  for (;;) {
    const next = await map.next();
    if (next.done === true) return { results, summary: next.value };
    results.push(next.value);
  }
}

async function halted(place: MapPlace, halt: MapHalt, toTask: (input: number) => MapTask): Promise<Mapped & { pulled: number }> {
  const inputs = new Counter();
  const mapped = await drain(place.executor.map(inputs, toTask, { name: "halted", halt, window: 16 }));
  assert.equal(inputs.isClosed, true);
  return { ...mapped, pulled: inputs.pulled };
}

test("a map stops early at so many failures: nothing more starts, what runs may end, and it is unfinished", async (t) => {
  const place = await mapPlace(t);
  const { view, witness } = place;
  const toTask = (input: number): MapTask => witnessed(witness, "true", input === 1 || input > 3 ? "exit 1" : "exit 0");
  const { results, summary, pulled } = await halted(place, { when: "soon", failed: 2 }, toTask);
  assert.deepEqual([summary.halted, summary.isInterrupted, summary.state], ["2 tasks failed", true, "waiting"]);
  // The other slot may have had one.
  const failed = results.filter(({ status }) => status === "failed").length;
  assert.ok(failed === 2 || failed === 3, `${failed} failed`);
  assert.ok(pulled <= 5 + 16, `${pulled} pulled`);
  const seen = readWitness(witness);
  assert.equal(seen.filter(({ what }) => what === "start").length, results.length);
  assert.equal(seen.filter(({ what }) => what === "end").length, results.length);
  assert.deepEqual([view("halted").counts?.skipped, view("halted").counts?.running], [0, 0]);
});

test("a map that is to stop now ends what runs, which is run again when it goes on", async (t) => {
  const place = await mapPlace(t);
  const { executor, view, witness } = place;
  const toTask = (input: number): MapTask => (input === 0 ? witnessed(witness, "exec sleep 60") : shell("exit 1"));
  const { summary } = await halted(place, { when: "now", failed: 1 }, toTask);
  assert.deepEqual([summary.halted, summary.isInterrupted], ["1 task failed", true]);
  assert.deepEqual([view("halted").counts?.running, view("halted").counts?.failed], [0, 1]);
  assert.equal(view("halted").tasks?.[0]?.status, "pending");
  await executor.cancel("halted");
});

test("a map stops early at so many that completed, or ended", async (t) => {
  const place = await mapPlace(t, { concurrency: 1 });
  const { executor } = place;
  const toTask = (input: number): MapTask => shell(`exit ${input % 2}`);
  const completed = await halted(place, { when: "soon", completed: 2 }, toTask);
  assert.deepEqual([completed.summary.halted, completed.results.length], ["2 tasks completed", 3]);
  const ended = await drain(executor.map(new Counter(), toTask, { name: "ended", halt: { when: "soon", ended: 4 } }));
  assert.deepEqual([ended.summary.halted, ended.results.length], ["4 tasks ended", 4]);
});

test("an unfinished map goes on past a failure limit, to its end", async (t) => {
  const { executor, view } = await mapPlace(t, { concurrency: 1 });
  const inputs = [0, 1, 2, 3, 4, 5];
  const toTask = (input: number): MapTask => shell(input === 1 ? "exit 1" : "true");
  const first = await drain(executor.map(inputs, toTask, { name: "limited", maxFailures: 1 }));
  assert.deepEqual([first.summary.halted, first.results.length], ["1 task failed", 2]);
  const second = await drain(executor.map(inputs, toTask, { name: "limited", maxFailures: 1 }));
  assert.deepEqual(
    [second.summary.halted, second.summary.state, second.results.map(({ input }) => input).toSorted((one, other) => one - other)],
    [null, "failed", [2, 3, 4, 5]],
  );
  const { state, counts } = view("limited");
  assert.deepEqual([state?.["first_failure"], counts?.completed, counts?.failed], ["task-2", 5, 1]);
});

test("with a delay tasks are handed over no closer together than that", async (t) => {
  const { executor, dir } = await mapPlace(t);
  const { results } = await drain(executor.map([0, 1, 2, 3], () => shell("true"), { name: "paced", delayMs: 60 }));
  assert.equal(results.length, 4);
  // When the runner has them is on record; when they then begin is up to the machine.
  const starts = journalLines(join(dir, "jobs/paced/journal.ndjson"))
    .filter(({ type }) => type === "attempt-started")
    .map(({ at }) => Date.parse(at));
  assert.equal(starts.length, 4);
  for (let index = 1; index < starts.length; index++) {
    assert.ok(starts[index]! - starts[index - 1]! >= 59, `${starts[index]! - starts[index - 1]!} ms`);
  }
});
