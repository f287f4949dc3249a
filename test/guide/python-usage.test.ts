/**
 * The guide's Python code, taken out of the guide and executed word for word: one real python3 session, one real manager, real commands.
 * The reader's own scripts and data are in project/.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { codeBlocks } from "./code-blocks.js";
import { Manager, readJob, readLog, type JobOnDisk, type TaskOnDisk } from "./manager.js";
import { guidePath, projectPath, sessionPath } from "./places.js";
import { canImport, findPython, withPexpect, type Python } from "./python.js";
import { Workspace } from "./workspace.js";

const python3 = findPython();

interface SessionReport {
  readonly first: Record<string, { state: string; total_tasks: number; completed: number; failed: number; pending: number }>;
  readonly failure: { state: string; completed: number; failed: number };
  readonly retry: { state: string; total_tasks: number; completed: number };
  readonly polls: number;
}

describe("the guide, word for word", { skip: python3 === null ? "there is no python3 on PATH" : false }, () => {
  let workspace: Workspace;
  let manager: Manager;
  let python: Python;
  let report: SessionReport;

  const job = (name: string): JobOnDisk => {
    const found = readJob(join(workspace.cwd, ".air-executor", "jobs", name));
    assert.ok(found !== null, `${name} was not created`);
    return found;
  };

  before(async () => {
    workspace = new Workspace();
    python = withPexpect(python3 ?? "", workspace.path("venv"));
    for (const name of ["python", "python3"]) workspace.addCommand(name, python.path);
    cpSync(projectPath, workspace.cwd, { recursive: true });
    workspace.env["PATH"] = [join(workspace.cwd, "bin"), workspace.env["PATH"]].join(delimiter);
    workspace.removeCommand("docker");
    manager = new Manager(workspace);
    writeFileSync(workspace.path("blocks.json"), JSON.stringify(codeBlocks(readFileSync(guidePath, "utf8"), "python")));
    await runSession();
    report = JSON.parse(readFileSync(join(workspace.cwd, "session.json"), "utf8"));
  });

  after(async () => {
    await manager.stop();
    workspace.remove();
  });

  async function runSession(): Promise<void> {
    const session = spawn(python.path, ["-W", "ignore::DeprecationWarning", sessionPath, workspace.path("blocks.json")], {
      cwd: workspace.cwd,
      env: workspace.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    session.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    await once(session, "close");
    manager.assertRuns();
    assert.equal(session.exitCode, 0, `${errors}\nthe manager said: ${manager.said}`);
  }

  test("the first example says Hello and completes", () => {
    assert.deepEqual(pick(report.first["my-job"]), { state: "completed", total: 2, completed: 2, failed: 0, pending: 0 });
  });

  test("an earlier run of a name is kept with its logs when the job is written again", () => {
    const runs = join(workspace.cwd, ".air-executor", "jobs", "my-job", "runs");
    const earlier = readJob(join(runs, readdirSync(runs)[0] ?? ""));
    assert.equal(earlier?.state, "completed");
    assert.equal(readLog(earlier, "task-1"), "Hello\n");
  });

  test("the data pipeline extracts, transforms and loads in this order", () => {
    const pipeline = job("etl-pipeline");
    assertCompletedInOrder(pipeline);
    assert.equal(readLog(pipeline, "load"), "total 1200\n");
  });

  test("parallel processing merges what its shards made", () => {
    const processing = job("parallel-processing");
    assertCompletedInOrder(processing);
    assert.equal(readLog(processing, "merge"), `total ${10 ** 2 + 20 ** 2 + 30 ** 2}\n`);
  });

  test("a command that is not installed fails with that reason, and what depends on it is skipped naming the culprit", () => {
    const { state, tasks } = job("deployment");
    assert.equal(state, "failed");
    assert.deepEqual(
      tasks.map(({ id, status }) => `${id} ${status}`),
      ["build failed", "test skipped", "push skipped"],
    );
    assert.match(tasks[0]?.error ?? "", /docker.*not found|not found.*docker/i);
    assert.match(tasks[1]?.error ?? "", /build/);
    assert.match(tasks[2]?.error ?? "", /build|test/);
  });

  test("inline Python runs with all its lines, with pandas or with the reason why not", (t) => {
    const inline = job("inline-python");
    const hasPandas = canImport(python.path, "pandas");
    t.diagnostic(hasPandas ? "with the real pandas" : "without pandas: the real ModuleNotFoundError");
    assert.equal(inline.state, hasPandas ? "completed" : "failed");
    assert.match(readLog(inline, "analyze"), hasPandas ? /^Analysis complete!\n$/m : /No module named 'pandas'/);
    if (hasPandas) assert.match(readFileSync(join(workspace.cwd, "summary.csv"), "utf8"), /^mean,4\.0$/m);
    else assert.equal(inline.tasks[0]?.exit_code, 1);
  });

  test("an interactive command gets its answer through pexpect", (t) => {
    if (python.withoutPexpect !== null) {
      t.skip(python.withoutPexpect);
      return;
    }
    const interactive = job("interactive-job");
    assert.equal(interactive.state, "completed", readLog(interactive, "task-1"));
    assert.equal(readFileSync(join(workspace.cwd, "answer.txt"), "utf8"), "secret\n");
  });

  test("generated tasks fan out and merge", () => {
    const generated = job("dynamic-job");
    assertCompletedInOrder(generated);
    assert.equal(generated.tasks.length, 12);
    assert.equal(readLog(generated, "merge"), "total 285\n");
  });

  test("failed tasks are retried under a new name with the guide's own lines", () => {
    assert.deepEqual([report.failure.state, report.failure.completed, report.failure.failed], ["failed", 1, 1]);
    assert.deepEqual([report.retry.state, report.retry.total_tasks, report.retry.completed], ["completed", 1, 1]);
  });

  test("get_job_status in a loop never met a torn file", (t) => {
    assert.ok(report.polls > 10, `${report.polls} polls`);
    t.diagnostic(`${report.polls} polls of all jobs`);
  });
});

function pick(status: SessionReport["first"][string] | undefined): object {
  assert.ok(status !== undefined);
  const { state, total_tasks: total, completed, failed, pending } = status;
  return { state, total, completed, failed, pending };
}

/** Timestamps are ISO 8601 in one zone and of one length, so their order is that of the texts. */
function assertCompletedInOrder({ state, tasks, dir }: JobOnDisk): void {
  assert.equal(state, "completed", dir);
  const byId = new Map<string, TaskOnDisk>(tasks.map((task) => [task.id, task]));
  for (const task of tasks)
    for (const dependency of task.dependencies) {
      const ended = byId.get(dependency)?.completed_at;
      assert.ok(
        task.started_at !== null && ended !== null && ended !== undefined && ended <= task.started_at,
        `${task.id} after ${dependency}`,
      );
    }
}
