/** The helper scripts as a user calls them: by their path, in a directory of the user's, with the real command behind them. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, test } from "node:test";
import { initFiles } from "../../src/cli/init-files.js";
import { readJob, readLog, untilEnded } from "./manager.js";
import { cliPath, rootPath } from "./places.js";
import { findPython } from "./python.js";
import { Workspace } from "./workspace.js";

let workspace: Workspace;
/** Where the jobs are, unless the test says otherwise. */
let base = "";
/** Directories for which a manager was started: each is stopped. */
let started: string[] = [];

beforeEach(() => {
  workspace = new Workspace();
  base = join(workspace.cwd, ".air-executor");
  started = [];
});

afterEach(async () => {
  for (const dir of started) await call(join(rootPath, "stop-dev.sh"), [], { AIR_EXECUTOR_DIR: dir });
  workspace.remove();
});

interface Called {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function call(script: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Called> {
  const child = spawn(script, args, {
    cwd: workspace.cwd,
    env: { ...workspace.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  const exited = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
  const [code, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

const script = (name: string): string => join(rootPath, name);

async function start(path = script("start-dev.sh"), dir = base): Promise<void> {
  started.push(dir);
  const { code, err } = await call(path, [], dir === base ? {} : { AIR_EXECUTOR_DIR: dir });
  assert.equal(code, 0, err);
  assert.match(err, /create_job\.sh NAME.*status\.sh.*stop-dev\.sh/);
}

describe("create_job.sh", () => {
  test("makes a job of three tasks in a chain, with the keys of the guide and for nobody else's eyes", async () => {
    assert.equal((await call(script("create_job.sh"), ["demo"])).code, 0);
    const dir = join(base, "jobs", "demo");
    assert.deepEqual(readdirSync(dir).toSorted(), ["logs", "state.json", "tasks.json"]);
    const state: Record<string, string> = JSON.parse(readFileSync(join(dir, "state.json"), "utf8"));
    assert.deepEqual(Object.keys(state), ["id", "name", "state", "created_at", "updated_at"]);
    assert.match(state["id"] ?? "", /^demo-\d+$/);
    assert.deepEqual([state["name"], state["state"]], ["demo", "waiting"]);
    const shared = {
      job_name: "demo",
      status: "pending",
      created_at: state["created_at"],
      started_at: null,
      completed_at: null,
      error: null,
    };
    assert.deepEqual(JSON.parse(readFileSync(join(dir, "tasks.json"), "utf8")), [
      { id: "task-1", command: "echo", args: ["Starting job: demo"], dependencies: [], ...shared },
      { id: "task-2", command: "sleep", args: ["1"], dependencies: ["task-1"], ...shared },
      { id: "task-3", command: "echo", args: ["Job demo completed!"], dependencies: ["task-2"], ...shared },
    ]);
    for (const path of [base, join(base, "jobs"), dir, join(dir, "logs"), join(dir, "state.json"), join(dir, "tasks.json")])
      assert.equal(statSync(path).mode & 0o077, 0, path);
  });

  test("refuses what can't be a job's name and leaves nothing behind", async () => {
    for (const name of ["", ".", "..", ".hidden", "../x", "a/b", "a b", "a\nb", "é", 'a"b', "a".repeat(101)]) {
      const { code, err } = await call(script("create_job.sh"), [name]);
      assert.equal(code, 2, JSON.stringify(name));
      assert.match(err, /^create_job\.sh: the name/);
    }
    assert.equal((await call(script("create_job.sh"))).code, 2);
    assert.equal((await call(script("create_job.sh"), ["a", "b"])).code, 2);
    assert.equal(existsSync(base), false);
  });

  test("takes every name that a dropped job may have", async () => {
    const names = ["a", "A.b-c_d", "-x", "_x", "9", "a".repeat(100)];
    for (const name of names) assert.equal((await call(script("create_job.sh"), [name])).code, 0, name);
    assert.deepEqual(readdirSync(join(base, "jobs")).toSorted(), names.toSorted());
  });

  test("leaves an unfinished job alone, and makes a new run in the place of an ended one", async () => {
    await call(script("create_job.sh"), ["demo"]);
    const path = join(base, "jobs", "demo", "state.json");
    const first = readFileSync(path, "utf8");
    const refused = await call(script("create_job.sh"), ["demo"]);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /job 'demo' that has not ended \(waiting\)/);
    assert.equal(readFileSync(path, "utf8"), first);

    for (const state of ["completed", "failed", "cancelled"]) {
      const ended = first.replace('"waiting"', `"${state}"`);
      writeFileSync(path, ended);
      assert.equal((await call(script("create_job.sh"), ["demo"])).code, 0);
      assert.match(readFileSync(path, "utf8"), /"waiting"/);
      assert.notEqual(idOf(readFileSync(path, "utf8")), idOf(ended));
    }
  });

  test("goes where AIR_EXECUTOR_DIR says", async () => {
    const dir = workspace.path("else where");
    assert.equal((await call(script("create_job.sh"), ["demo"], { AIR_EXECUTOR_DIR: dir })).code, 0);
    assert.equal(readJob(join(dir, "jobs", "demo"))?.state, "waiting");
    assert.equal(existsSync(base), false);
  });
});

describe("the scripts together", () => {
  test("start the manager, run a created job, show it, and stop the manager", async () => {
    await start();
    await call(script("create_job.sh"), ["demo"]);
    const job = await untilEnded(base, "demo");
    assert.equal(job.state, "completed");
    assert.equal(readLog(job, "task-1") + readLog(job, "task-3"), "Starting job: demo\nJob demo completed!\n");
    assert.match((await call(script("status.sh"))).out, /demo.*completed/);
    assert.equal((await call(script("stop-dev.sh"))).code, 0);

    await call(script("create_job.sh"), ["later"]);
    assert.match((await call(script("status.sh"))).out, /later.*waiting/);
    await start();
    assert.equal((await untilEnded(base, "later")).state, "completed");
  });

  test("work for the directory that AIR_EXECUTOR_DIR names", async () => {
    const dir = workspace.path("elsewhere");
    await start(script("start-dev.sh"), dir);
    await call(script("create_job.sh"), ["demo"], { AIR_EXECUTOR_DIR: dir });
    assert.equal((await untilEnded(dir, "demo")).state, "completed");
    assert.match((await call(script("status.sh"), ["--json"], { AIR_EXECUTOR_DIR: dir })).out, /"demo"/);
    assert.equal(existsSync(base), false);
  });

  test("work in a directory made by init, with the package in its node_modules, also when called from elsewhere", async () => {
    const home = workspace.path("home");
    await initFiles(home);
    mkdirSync(join(home, "node_modules", ".bin"), { recursive: true });
    symlinkSync(cliPath, join(home, "node_modules", ".bin", "air-executor"));
    await start(join(home, "start-dev.sh"));
    await call(join(home, "create_job.sh"), ["demo"]);
    assert.equal((await untilEnded(base, "demo")).state, "completed");
    assert.match((await call(join(home, "status.sh"))).out, /demo/);
    assert.equal((await call(join(home, "stop-dev.sh"))).code, 0);
  });

  test("find the command on PATH where nothing else is, and say what to do where there is none", async () => {
    const home = workspace.path("home");
    await initFiles(home);
    workspace.removeCommand("air-executor");
    const missing = await call(join(home, "status.sh"));
    assert.equal(missing.code, 3);
    assert.match(missing.err, /npm install air-executor/);
    workspace.addCommand("air-executor", cliPath);
    assert.equal((await call(join(home, "status.sh"))).code, 0);
  });

  test("build a clone that is not built before they start the manager, and say so until then", async () => {
    const clone = workspace.path("clone");
    const leftOut = new Set(["node_modules", "dist", "coverage", ".git", ".air-executor"]);
    cpSync(rootPath, clone, { recursive: true, filter: (source) => !leftOut.has(basename(source)) });
    symlinkSync(join(rootPath, "node_modules"), join(clone, "node_modules"));
    const early = await call(join(clone, "status.sh"));
    assert.equal(early.code, 3);
    assert.match(early.err, /not built yet: run .*start-dev\.sh first/);
    await start(join(clone, "start-dev.sh"));
    assert.ok(existsSync(join(clone, "dist", "bundle", "air-executor.cjs")));
    assert.equal((await call(join(clone, "stop-dev.sh"))).code, 0);
  });

  test("find the command in the same way, word for word", () => {
    const finders = ["status.sh", "start-dev.sh", "stop-dev.sh"].map(
      (name) => /# The CLI:[\s\S]*?^\}$/m.exec(readFileSync(script(name), "utf8"))?.[0],
    );
    assert.ok(finders[0] !== undefined);
    assert.deepEqual(new Set(finders).size, 1);
  });
});

describe("example_python_usage.py", { skip: findPython() === null ? "there is no python3 on PATH" : false }, () => {
  test("follows its three jobs to their end", async () => {
    await start();
    const { code, out, err } = await call(script("example_python_usage.py"));
    assert.equal(code, 0, out + err);
    for (const [name, count] of Object.entries({ "example-pipeline": 3, "example-parallel": 6, "example-python": 2 }))
      assert.match(out, new RegExp(`^Job ${name}: completed, ${count}/${count} tasks completed$`, "m"));
    assert.match(out, /^There are 2262 primes below 20000$/m);
  });

  test("gives up when nothing moves and says that no manager runs", async () => {
    const { code, err } = await call(script("example_python_usage.py"), ["--patience", "0.2"]);
    assert.equal(code, 1);
    assert.match(err, /No manager runs for .*start-dev\.sh/);
  });
});

function idOf(state: string): string | undefined {
  return /"id": "(.*)"/.exec(state)?.[1];
}
