/**
 * Played in a pid namespace of its own, where the next pid can be chosen: an engine and its runner die, and a stranger gets the runner's pid,
 * even as the leader of a group of that number. Run by pid-reuse.test.ts; exits with 0 if all went as promised, 77 if it can't be played.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describeEnd, Engine } from "./engine.js";
import { judgeRun } from "./judge-run.js";
import { runnersOf, processesOf, signal } from "./processes.js";
import { waitUntil } from "./wait-until.js";
import { readWitness, witnessed } from "./witness.js";

const [dir, witness] = process.argv.slice(2) as [string, string];
// The first attempt lasts, the second does not.
const tasks = [{ id: "task", ...witnessed(witness, '[ "$AIR_EXECUTOR_ATTEMPT" != 1 ] || sleep 30') }];

const engine = new Engine(dir, "reuse", tasks, { concurrency: 1 });
assert.ok(await waitUntil(() => readWitness(witness).length === 1));
const [runner] = runnersOf(dir);
engine.kill("SIGKILL");
await engine.ended;
for (const { pid } of processesOf(dir)) signal(pid, "SIGKILL");
assert.ok(await waitUntil(() => processesOf(dir).length === 0));

/** A shell, since a thread of ours would take the next pid for itself. */
function startStranger(): number {
  const script = `echo ${runner! - 1} >/proc/sys/kernel/ns_last_pid || exit 77; setsid sleep 60 >/dev/null 2>&1 & echo $!`;
  const { status, stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  if (status === 77) {
    process.stdout.write("the next pid can't be chosen here\n");
    process.exit(77);
  }
  return Number(stdout);
}

let stranger = 0;
// A pid is free only when the process that had it has been reaped, with all whose group or session has its number.
const hasItsPid = (): boolean => {
  if (stranger !== 0) signal(stranger, "SIGKILL");
  stranger = startStranger();
  return stranger === runner;
};
assert.ok(await waitUntil(hasItsPid), "the stranger has the runner's pid");
const isAlive = (): boolean => readFileSync(`/proc/${stranger}/stat`, "latin1").includes("(sleep) S");
assert.ok(await waitUntil(isAlive));

const end = await new Engine(dir, "reuse", tasks, { concurrency: 1 }).ended;
assert.equal(end.code, 0, describeEnd(end));
assert.ok(isAlive(), "the stranger was left alone");
const expected = [{ id: "task", dependencies: [], status: "completed", attempts: 1 }] as const;
const { violations, lostAttempts } = judgeRun(dir, "reuse", witness, expected);
assert.deepEqual({ violations, lostAttempts }, { violations: [], lostAttempts: 1 });
signal(stranger, "SIGKILL");
