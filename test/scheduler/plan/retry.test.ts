import assert from "node:assert/strict";
import { test } from "node:test";
import { AirError } from "../../../src/domain/errors.js";
import type { LoadedJob, RetryWish } from "../../../src/domain/job.js";
import type { TaskSpec, TaskStatus } from "../../../src/domain/task.js";
import { Plan } from "../../../src/scheduler/plan/plan.js";
import { selectRetry } from "../../../src/scheduler/plan/select-retry.js";
import { Chance } from "../support/chance.js";
import { Engine, eventsOf } from "../support/engine.js";
import { job, record, settings, startReady, task } from "../support/jobs.js";
import { fc } from "../../support/properties.js";

/** A job in which every task has the status that stands beside it. */
function standing(tasks: readonly (readonly [TaskSpec, TaskStatus])[], changes: Partial<LoadedJob> = {}): LoadedJob {
  return job(
    tasks.map(([spec]) => spec),
    { records: tasks.map(([, status], index) => record({ status, attempts: 1, completedAt: index })), ...changes },
  );
}

function randomTasks(chance: Chance, count: number): TaskSpec[] {
  const ids = Array.from({ length: count }, (_, index) => `t${index}`);
  return ids.map((id, index) =>
    task(id, chance.some(ids.slice(0, index), 0.25), { triggerRule: chance.pick(["all_success", "all_done", "any_failed"]) }),
  );
}

/** Which tasks were skipped; for what reason a recovery knows less well. */
function skipsOf(plan: Plan): string[] {
  return plan.takeEvents().flatMap((event) => (event.type === "task-ended" ? [`${event.task} ${event.isHarmless}`] : []));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof AirError ? error.code : String(error);
  }
  return "none";
}

const pipeline = standing([
  [task("a"), "completed"],
  [task("b", ["a"]), "failed"],
  [task("c", ["b"]), "skipped"],
  [task("d", ["c"]), "skipped"],
  [task("x"), "cancelled"],
  [task("y", ["x"]), "skipped"],
]);

test("a retry takes what failed, was skipped or was cancelled, and leaves what completed", () => {
  assert.deepEqual(selectRetry(pipeline, {}), ["b", "c", "d", "x", "y"]);
});

test("a retry of some tasks takes the skipped ones behind them, however far", () => {
  assert.deepEqual(selectRetry(pipeline, { tasks: ["b"] }), ["b", "c", "d"]);
  assert.deepEqual(selectRetry(pipeline, { tasks: ["x"] }), ["x", "y"]);
});

test("a retry from a task takes it and all behind it, completed ones too", () => {
  assert.deepEqual(selectRetry(pipeline, { from: "a" }), ["a", "b", "c", "d"]);
});

test("a retry refuses what makes no sense and says so", () => {
  const cases: [RetryWish, string][] = [
    [{ tasks: ["nobody"] }, "AIR_NOT_FOUND"],
    [{ tasks: ["a"] }, "AIR_CONFLICT"],
    [{ tasks: ["b"], from: "a" }, "AIR_USAGE"],
  ];
  for (const [wish, code] of cases)
    assert.equal(
      codeOf(() => selectRetry(pipeline, wish)),
      code,
    );
  const live = standing([
    [task("a"), "completed"],
    [task("b", ["a"]), "running"],
  ]);
  assert.equal(
    codeOf(() => selectRetry(live, { from: "a" })),
    "AIR_CONFLICT",
  );
});

test("in a live job a failed task runs again with a fresh budget, and what was skipped for it comes back", () => {
  const engine = new Engine();
  const { handle, recorder } = engine.add(job([task("a", [], { retries: 1 }), task("b", ["a"]), task("long")]));
  for (let round = 0; round < 2; round++) engine.runner.end(["a"], { kind: "exited", exitCode: 1 });
  assert.deepEqual([handle.counts.failed, handle.counts.skipped, handle.firstFailure], [1, 1, "a"]);

  handle.reset(["a", "b"], []);
  assert.deepEqual([handle.counts.failed, handle.counts.skipped, handle.firstFailure], [0, 0, null]);
  engine.runner.end(["a"], { kind: "exited", exitCode: 1 });
  assert.deepEqual(engine.runner.tasks, ["long", "a"], "its retry is there again");
  engine.runner.end(["a"]);
  engine.runner.end(["b", "long"]);
  assert.equal(eventsOf(recorder.events, "job-ended")[0]?.state, "completed");
  assert.deepEqual(
    eventsOf(recorder.events, "attempt-started").flatMap(({ task: id, attempt }) => (id === "a" ? [attempt] : [])),
    [1, 2, 3, 4],
    "attempts go on counting",
  );
});

test("a task that was ready although its dependency had failed waits for it again", () => {
  const plan = new Plan(job([task("a"), task("cleanup", ["a"], { triggerRule: "all_done" })]), () => 0, 0);
  assert.deepEqual(startReady(plan), ["a"]);
  plan.end(plan.indexOf("a"), { kind: "exited", exitCode: 1 }, 1, 1);
  assert.equal(plan.ready.size, 1);
  plan.reset(["a"], [], 2);
  assert.deepEqual(startReady(plan), ["a"]);
  plan.end(plan.indexOf("a"), { kind: "exited", exitCode: 0 }, 3, 3);
  assert.deepEqual(startReady(plan), ["cleanup"]);
});

test("a further attempt waits for a dependency that was reset while the one before ran", () => {
  const plan = new Plan(job([task("a"), task("cleanup", ["a"], { triggerRule: "all_done", retries: 2 })]), () => 0, 0);
  const end = (id: string, exitCode: number): number => plan.end(plan.indexOf(id), { kind: "exited", exitCode }, 1, 1);
  startReady(plan);
  end("a", 1);
  startReady(plan);
  plan.reset(["a"], [], 2);
  end("cleanup", 1);
  assert.deepEqual(startReady(plan), ["a"]);
  end("a", 0);
  assert.deepEqual(startReady(plan), ["cleanup"]);
});

test("a task that was cancelled while it waited for its next attempt doesn't wait any more", () => {
  const plan = new Plan(job([task("a", [], { retries: 1, retryDelayMs: 60_000 })]), () => 0, 0);
  startReady(plan);
  plan.end(plan.indexOf("a"), { kind: "exited", exitCode: 1 }, 1, 1);
  plan.cancelTask(plan.indexOf("a"), 2);
  plan.reset(["a"], [], 3);
  assert.deepEqual(startReady(plan), ["a"]);
});

test("the failure limit counts anew after a retry", () => {
  const tasks = [[task("a"), "failed"] as const, [task("b"), "skipped"] as const];
  const plan = new Plan(standing(tasks, { settings: settings({ maxFailures: 1 }) }), () => 0, 0);
  plan.reset(["a", "b"], [], 1);
  assert.equal(plan.ready.size, 2);
});

test("a plan after a retry is the plan that a recovery at that moment makes", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const chance = new Chance(seed);
      const tasks = randomTasks(chance, 12);
      const loaded = job(tasks);
      const plan = new Plan(loaded, () => 0, 0);
      const running = new Set<string>();
      for (let turn = 0; turn < chance.below(30); turn++) {
        const next = chance.happens(0.5) ? plan.ready.take(0) : undefined;
        if (next !== undefined) {
          plan.start(next);
          running.add(plan.taskAt(next).id);
        } else if (running.size > 0) {
          const id = chance.pick([...running]);
          running.delete(id);
          plan.end(plan.indexOf(id), { kind: "exited", exitCode: chance.below(2) }, turn, turn);
        }
      }
      const harmless = new Set<string>();
      const records = new Map(tasks.map(({ id }) => [id, record({ status: running.has(id) ? "running" : "pending" })]));
      for (const event of plan.takeEvents()) {
        if (event.type === "attempt-ended" || event.type === "task-ended") records.get(event.task)!.status = event.status;
        if (event.type === "task-ended" && event.isHarmless) harmless.add(event.task);
      }
      const reset = chance.some(selectRetry({ ...loaded, records: [...records.values()] }, {}), 0.7);
      plan.reset(reset, [], 99);
      for (const id of reset) {
        records.get(id)!.status = "pending";
        harmless.delete(id);
      }
      const inFlight = [...running].map((id) => ({
        task: id,
        attempt: 1,
        startedAt: 0,
        claim: "s",
        key: 0,
        takes: { cpu: 1 },
        isQueued: false,
        stopping: null,
      }));
      const recovered = new Plan({ ...loaded, records: [...records.values()], inFlight, harmless }, () => 0, 99);
      assert.deepEqual(skipsOf(plan), skipsOf(recovered));
      assert.deepEqual(plan.counts, recovered.counts);
      assert.deepEqual(startReady(plan), startReady(recovered));
    }),
    { numRuns: 300 },
  );
});

test("an edited task runs as it is now", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a"), task("long")]));
  engine.runner.end(["a"], { kind: "exited", exitCode: 1 });
  handle.reset(["a"], [task("a", [], { command: "better" })]);
  assert.deepEqual(
    [...engine.runner.running.values()].flatMap((attempt) =>
      "command" in attempt && attempt.task === "a" ? [attempt.command] : [],
    ),
    ["better"],
  );
});

test("a job that is over or being cancelled takes no retry", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a"), task("b")]));
  engine.runner.end(["a"], { kind: "exited", exitCode: 1 });
  handle.cancel();
  assert.equal(
    codeOf(() => handle.reset(["a"], [])),
    "AIR_CONFLICT",
  );
  engine.runner.end(["b"], { kind: "signaled", signal: "SIGTERM" }, { wasStopped: true });
  assert.equal(
    codeOf(() => handle.reset(["a"], [])),
    "AIR_CLOSED",
  );
});
