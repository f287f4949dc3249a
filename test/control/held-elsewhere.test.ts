import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TaskInput } from "../../src/index.js";
import { atGate, makePlace, run, until } from "./support.js";

test("tasks are added to a job that another process runs, depending on what it has and on each other", async (context) => {
  const { executor, runElsewhere, openGate, statuses } = await makePlace(context);
  const { ended } = await runElsewhere([run("done", "true"), atGate("hold")]);
  const added = await executor.add("job", [run("b", "true", ["a"]), run("a", "true", ["done", "hold"])]);
  assert.deepEqual(added, { added: ["b", "a"], present: [], isRunning: true });
  openGate();
  assert.equal((await ended).code, 0);
  assert.deepEqual(statuses(), { done: "completed", hold: "completed", b: "completed", a: "completed" });
});

test("adding the same twice changes nothing; faults come back to the adder, and then nothing is added", async (context) => {
  const { executor, runElsewhere, openGate, tasks } = await makePlace(context);
  const { ended } = await runElsewhere([atGate("hold")]);
  await executor.add("job", [run("a", "true")]);
  assert.deepEqual(await executor.add("job", [run("a", "true"), run("b", "true")]), {
    added: ["b"],
    present: ["a"],
    isRunning: true,
  });
  const refused = async (added: readonly TaskInput[], place: string, message: string): Promise<void> => {
    const faults = [{ place, message }];
    await assert.rejects(executor.add("job", added), { code: "AIR_INVALID_JOB", faults });
  };
  const fine = run("fine", "true");
  await refused([fine, run("a", "false")], 'tasks[1] ("a").id', 'duplicate id "a": the job has such a task already');
  const unknown = 'unknown dependency "holt": did you mean "hold"?';
  await refused([fine, run("c", "true", ["holt"])], 'tasks[1] ("c").dependencies[0]', unknown);
  const cycle = "the dependencies form a cycle: c → d → c";
  await refused([run("c", "true", ["d"]), run("d", "true", ["c"])], 'tasks[0] ("c").dependencies[0]', cycle);
  openGate();
  await ended;
  assert.deepEqual(
    tasks().map(({ id }) => id),
    ["hold", "a", "b"],
  );
});

test("a task and a whole job are cancelled where another process runs them", async (context) => {
  const { executor, runElsewhere, statuses, state } = await makePlace(context);
  const { ended } = await runElsewhere([atGate("one"), atGate("two"), run("behind", "true", ["one"])]);
  await executor.cancel("job", ["one"]);
  await until(() => statuses()["behind"] === "skipped");
  await assert.rejects(executor.cancel("job", ["nobody"]), { code: "AIR_NOT_FOUND" });
  await executor.cancel("job");
  assert.equal((await ended).code, 1);
  assert.deepEqual(statuses(), { one: "cancelled", two: "cancelled", behind: "skipped" });
  assert.equal(state()["state"], "cancelled");
});

test("a failed task of a running job is retried there, and what was skipped for it comes back", async (context) => {
  const { executor, runElsewhere, openGate, statuses, tasks, write } = await makePlace(context);
  const { ended } = await runElsewhere([
    { id: "picky", command: "test", args: ["-e", "ready"] },
    run("behind", "true", ["picky"]),
    atGate("hold"),
  ]);
  await until(() => statuses()["behind"] === "skipped");
  write("ready", "");
  const { tasks: again, job } = await executor.retry("job");
  assert.deepEqual([again, job], [["picky", "behind"], null]);
  openGate();
  assert.equal((await ended).code, 0);
  assert.deepEqual(
    tasks().map(({ status, attempts }) => [status, attempts]),
    [
      ["completed", 2],
      ["completed", 1],
      ["completed", 1],
    ],
  );
});

test("a running job is removed: its tasks are ended first", async (context) => {
  const { executor, runElsewhere, jobDir, base } = await makePlace(context);
  const { ended } = await runElsewhere([atGate("hold")]);
  await executor.remove("job");
  assert.equal(existsSync(jobDir()), false);
  assert.deepEqual(readdirSync(join(base, "removed")), []);
  assert.equal((await ended).code, 1);
});

test("the path may be longer than a socket's", async (context) => {
  const below = Array.from({ length: 4 }, (_, index) => `${index}-a-directory-with-a-löng-name`).join("/");
  const { executor, runElsewhere, openGate, statuses, base } = await makePlace(context, { below });
  assert.ok(Buffer.byteLength(base) > 107);
  const { ended } = await runElsewhere([atGate("hold")]);
  assert.deepEqual(await executor.add("job", [run("more", "true")]), { added: ["more"], present: [], isRunning: true });
  openGate();
  assert.equal((await ended).code, 0);
  assert.equal(statuses()["more"], "completed");
  await executor.close();
  assert.deepEqual(readdirSync(join(base, "control")), []);
});

test("the socket is closed to others, named by the lock, and gone with its engine", async (context) => {
  const { runElsewhere, openGate, base, jobDir } = await makePlace(context);
  const { ended } = await runElsewhere([atGate("hold")]);
  const { socket } = JSON.parse(readFileSync(join(jobDir(), "lock"), "utf8")) as { socket: string };
  const stats = lstatSync(join(base, "control", socket));
  assert.ok(stats.isSocket());
  assert.equal(stats.mode & 0o777, 0o600);
  assert.equal(statSync(join(base, "control")).mode & 0o777, 0o700);
  openGate();
  await ended;
  assert.equal(existsSync(join(base, "control", socket)), false);
});
