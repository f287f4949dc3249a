import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { main, makePlayground, type Playground, type Result } from "../cli/support/cli.js";
import { killAll, processesOf, runnersOf, signal } from "../support/processes.js";
import { waitUntil } from "../support/wait-until.js";
import { untilHolds } from "../support/shell-loops.js";

const TASKS = ["a", "b", "c"];
/** It waits for a gate: by itself, in a shell that dies of TERM, in one that passes it on as an exit code. */
const waiting = (id: string) => {
  const traps: Record<string, string> = { b: "trap 'exit 143' TERM;", c: "trap 'exit 1' TERM;" };
  return { id, command: "sh", args: ["-c", `${traps[id] ?? ""} touch began-${id}; ${untilHolds("test -e gate")}`] };
};

interface Scene extends Playground {
  readonly base: string;
  readonly ended: Promise<Result>;
  /** To the engine. */
  readonly toEngine: (name: NodeJS.Signals) => void;
  /** To everything of this directory but the engine: runners and tasks. */
  readonly toOthers: (name: NodeJS.Signals) => void;
  readonly statuses: () => Record<string, string>;
}

async function begin(context: TestContext, env: NodeJS.ProcessEnv = {}): Promise<Scene> {
  const playground = makePlayground(context);
  const base = join(playground.dir, ".air-executor");
  context.after(() => killAll(base));
  playground.write("job.json", [...TASKS.map(waiting), { id: "behind", command: "true", dependencies: TASKS }]);
  const args = ["run", "job.json", "-q", "-j", "4", "--grace-period", "2"];
  const { process: engine, ended } = playground.start(args, { env });
  assert.ok(await waitUntil(() => TASKS.every((id) => existsSync(join(playground.dir, `began-${id}`))), 20_000));
  return {
    ...playground,
    base,
    ended,
    toEngine: (name) => engine.kill(name),
    toOthers: (name) => {
      for (const { pid } of processesOf(base)) if (pid !== engine.pid) signal(pid, name);
    },
    statuses: () => {
      const text = readFileSync(join(base, "jobs/job/tasks.json"), "utf8");
      return Object.fromEntries((JSON.parse(text) as { id: string; status: string }[]).map(({ id, status }) => [id, status]));
    },
  };
}

async function goOn({ dir, run, statuses }: Scene): Promise<void> {
  writeFileSync(join(dir, "gate"), "");
  const { code, stderr } = await run(["run", "job.json", "-q", "-j", "4"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(statuses(), { a: "completed", b: "completed", c: "completed", behind: "completed" });
}

const PENDING = { a: "pending", b: "pending", c: "pending", behind: "pending" };

for (const [order, apartMs] of [
  ["the engine first", 20],
  ["the engine first", 0],
  ["the tasks first", 0],
] as const) {
  test(`TERM to everybody, ${order}, ${apartMs} ms apart, fails nothing: the next run goes on`, async (context) => {
    const scene = await begin(context);
    const acts = [() => scene.toEngine("SIGTERM"), () => scene.toOthers("SIGTERM")];
    for (const act of order === "the engine first" ? acts : acts.toReversed()) {
      act();
      if (apartMs > 0) await pause(apartMs);
    }
    const { code, stderr } = await scene.ended;
    assert.equal(code, 143, stderr);
    assert.deepEqual(scene.statuses(), PENDING);
    await goOn(scene);
  });
}

test("a task that TERM ended 20 ms before the engine heard of it was interrupted, whatever a shell made of it", async (context) => {
  const scene = await begin(context);
  for (const { pid, task } of processesOf(scene.base)) if (task === "a" || task === "b") signal(pid, "SIGTERM");
  await pause(20);
  scene.toEngine("SIGTERM");
  assert.equal((await scene.ended).code, 143);
  assert.deepEqual(scene.statuses(), PENDING);
  await goOn(scene);
});

for (const kind of ["native", "portable"]) {
  test(`a task that answers TERM with an exit code of its own was interrupted, if its ${kind} runner was told, too`, async (context) => {
    const scene = await begin(context, { AIR_EXECUTOR_RUNNER: kind });
    const [runner] = runnersOf(scene.base);
    signal(runner!, "SIGTERM");
    for (const { pid, task } of processesOf(scene.base)) if (task === "c") signal(pid, "SIGTERM");
    await pause(20);
    scene.toEngine("SIGTERM");
    assert.equal((await scene.ended).code, 143);
    assert.deepEqual(scene.statuses(), PENDING);
    await goOn(scene);
  });
}

test("TERM to everybody and a KILL to the engine, which never said anything, fails nothing either", async (context) => {
  const scene = await begin(context);
  scene.toOthers("SIGTERM");
  await pause(20);
  scene.toEngine("SIGKILL");
  await scene.ended;
  await goOn(scene);
});

test("a task that somebody kills while its engine goes on has failed", async (context) => {
  const scene = await begin(context);
  for (const { pid, task } of processesOf(scene.base)) if (task === "a") signal(pid, "SIGTERM");
  writeFileSync(join(scene.dir, "gate"), "");
  assert.equal((await scene.ended).code, 1);
  assert.deepEqual(scene.statuses(), { a: "failed", b: "completed", c: "completed", behind: "skipped" });
});

test("a manager that is told to stop with everybody leaves its jobs unfinished, and the next one goes on", async (context) => {
  const playground = makePlayground(context);
  const base = join(playground.dir, ".air-executor");
  context.after(() => killAll(base));
  playground.write("job.json", [...TASKS.map(waiting), { id: "behind", command: "true", dependencies: TASKS }]);
  assert.equal((await playground.run(["submit", "job.json", "-q"])).code, 0);
  const { process: manager, ended } = playground.start(["start", "--foreground", "-q", "-j", "4", "--grace-period", "2"]);
  assert.ok(await waitUntil(() => TASKS.every((id) => existsSync(join(playground.dir, `began-${id}`))), 20_000));
  for (const { pid } of processesOf(base)) if (pid !== manager.pid) signal(pid, "SIGTERM");
  manager.kill("SIGTERM");
  assert.equal((await ended).code, 0);
  const tasks = (): Record<string, string> => {
    const text = readFileSync(join(base, "jobs/job/tasks.json"), "utf8");
    return Object.fromEntries((JSON.parse(text) as { id: string; status: string }[]).map(({ id, status }) => [id, status]));
  };
  assert.deepEqual(tasks(), PENDING);
  writeFileSync(join(playground.dir, "gate"), "");
  const next = spawn(process.execPath, [main, "start", "--foreground", "-q"], { cwd: playground.dir, stdio: "ignore" });
  assert.ok(await waitUntil(() => tasks()["behind"] === "completed", 20_000));
  next.kill("SIGTERM");
  await once(next, "exit");
});
