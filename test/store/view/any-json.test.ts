/** Whatever JSON stands in the two files of a job: who looks at it is never thrown at, and who opens it only with errors for users. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { toData, toDot, toMermaid } from "../../../src/analysis/graph-export.js";
import { buildTaskGraph } from "../../../src/analysis/task-graph.js";
import { logPathOf } from "../../../src/cli/log-file.js";
import { jobText, jobsTable } from "../../../src/cli/render/status-table.js";
import { plainStyle } from "../../../src/cli/render/style.js";
import { AirError } from "../../../src/domain/errors.js";
import { fitsItself } from "../../../src/store/text/demand-faults.js";
import { openDropped } from "../../../src/store/directory/job-directory.js";
import { rejectDropped } from "../../../src/store/directory/rejection.js";
import { jobPaths } from "../../../src/store/layout.js";
import { RECORD_SHAPES, TASK_SHAPES } from "../../../src/store/text/task-keys.js";
import { glanceAt } from "../../../src/store/view/job-glance.js";
import { viewJob } from "../../../src/store/view/job-view.js";
import { fc } from "../../support/properties.js";

const base = mkdtempSync(join(tmpdir(), "air-executor-test-"));
after(() => rmSync(base, { recursive: true, force: true }));

const STATE_KEYS =
  "id name state created_at updated_at started_at completed_at error owner counts first_failure warnings rejected_file cwd env concurrency max_failures".split(
    " ",
  );

/** Right ones among them, so that the wrong ones are not all that is looked at. */
const plausible = fc.constantFrom<unknown>(
  "completed",
  "failed",
  "running",
  "working",
  "waiting",
  "manager",
  "run",
  "2026-01-31T12:00:00.000Z",
  "",
  "\ud800",
  "a\0b",
  "../../x",
  0,
  1,
  -1,
  1e300,
  true,
  null,
  [],
  ["a"],
  [1, null],
  {},
  { A: 5 },
  { A: "5" },
  { total: 1, pending: 1, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
  { total: "x" },
);
const anything = fc.oneof(plausible, fc.jsonValue({ maxDepth: 2 }));
const objectWith = (keys: readonly string[]): fc.Arbitrary<unknown> =>
  fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.constantFrom("__proto__", "toString", "other")), anything);
const state = fc.oneof({ weight: 8, arbitrary: objectWith(STATE_KEYS) }, anything);
const task = fc.oneof({ weight: 8, arbitrary: objectWith([...TASK_SHAPES.keys(), ...RECORD_SHAPES.keys()]) }, anything);
const tasks = fc.oneof({ weight: 8, arbitrary: fc.array(task, { maxLength: 3 }) }, anything);

let number = 0;

function write(stateValue: unknown, tasksValue: unknown): { readonly name: string; readonly dir: string } {
  const name = `job-${number++}`;
  const dir = join(base, "jobs", name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "state.json"), JSON.stringify(stateValue));
  writeFileSync(join(dir, "tasks.json"), JSON.stringify(tasksValue));
  return { name, dir };
}

test("status, logs and graph show any files", () => {
  fc.assert(
    fc.property(state, tasks, (stateValue, tasksValue) => {
      const { name, dir } = write(stateValue, tasksValue);
      glanceAt(base, name);
      const job = viewJob(jobPaths(dir), name, { withTasks: true });
      const options = { nowMs: 0, waitsFor: () => "" };
      for (const isEveryTask of [true, false]) jobText(job, { ...options, isEveryTask }, plainStyle);
      jobsTable([job], options, plainStyle);
      JSON.stringify(job);
      const rows = job.tasks ?? [];
      for (const row of rows) logPathOf(job, row);
      const graph = buildTaskGraph(
        name,
        rows.map(({ id, dependencies = [], status = "pending" }) => ({ id, dependencies, status })),
      );
      for (const draw of [toData, toDot, toMermaid]) draw(graph);
    }),
    { numRuns: 500 },
  );
});

test("any files are taken in or refused with faults, and refusing them leaves a reason", async () => {
  await fc.assert(
    fc.asyncProperty(state, tasks, async (stateValue, tasksValue) => {
      const { name, dir } = write(stateValue, tasksValue);
      try {
        const opened = await openDropped(dir, "manager", { nowMs: Date.now(), socket: null, fit: fitsItself });
        const { run, settings } = opened.picture;
        assert.ok(run.id !== "" && run.createdAt !== "" && settings.cwd.startsWith("/"));
        // What we write of it is right, and is this run.
        await opened.bringUpToDate();
        await opened.giveBack();
        const again = await openDropped(dir, "manager", { nowMs: Date.now(), socket: null, fit: fitsItself });
        assert.deepEqual([again.picture.run, again.isSuperseded], [run, false]);
        await again.giveBack();
        assert.equal(viewJob(jobPaths(dir), name, { withTasks: true }).problem, null);
      } catch (error) {
        if (!(error instanceof AirError)) throw error;
        assert.equal(error.code, "AIR_INVALID_JOB", error.message);
        await rejectDropped(dir, error, Date.now(), glanceAt(base, name).tasks);
        const { state: shown, problem } = viewJob(jobPaths(dir), name, { withTasks: false });
        assert.equal(shown?.state, "failed");
        assert.ok(typeof shown.error === "string" && shown.error.length > 0);
        assert.ok(problem === null || problem.includes("tasks.json"), problem ?? "");
        assert.equal(glanceAt(base, name).kind, "ended");
      }
    }),
    { numRuns: 300 },
  );
});
